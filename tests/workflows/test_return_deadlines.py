"""Every wait of a return has an end that is stated; on the server that skips time."""

from datetime import timedelta

from sqlalchemy import text

from orderwright.domain.access import Actor
from orderwright.domain.orders import Decision, Scope, TaskKind
from orderwright.domain.returns.rules import (
    AtApprovalDeadline,
    ReasonRule,
    ReturnPolicy,
    SegmentRule,
)
from orderwright.domain.returns.states import Condition, Disposition, ReturnMethod, ReturnReason
from orderwright.services.orders import decisions
from orderwright.services.returns import policies
from tests.workflows.conftest import Clock
from tests.workflows.returning import asked, delivered
from tests.workflows.world import PRICE, STAFF, World

DAY = timedelta(days=1)


async def rules(world: World, **more: object) -> None:
    """A window longer than the server's clock will ever be ahead of the record's."""
    policy = ReturnPolicy(
        window_days=3650,
        reasons=(ReasonRule(ReturnReason.OTHER, by_person=True, customer_pays=False),),
        **more,  # type: ignore[arg-type]  # fields by name
    )
    async with world.shop.db.transaction() as session:
        await policies.put(session, policy, Actor("ann", frozenset({Scope.OPERATIONS})))


async def test_nobody_decides_and_nothing_is_sent(skipping: World, clock: Clock) -> None:
    await rules(skipping)
    order, sku = await delivered(skipping)
    back = await asked(skipping, order, sku, 1, ReturnReason.OTHER)

    await clock.skip(3 * DAY + timedelta(minutes=1))
    await back.until("approved")
    await back.until_labeled()
    await clock.skip(21 * DAY + timedelta(minutes=1))
    row = await back.until_closed("canceled")

    assert row.why == "expired"
    assert (await back.parcel()).state.value == "voided"
    (line,) = await order.lines()
    assert (line.coming_back, line.returned) == (0, 0)
    story = await order.story()
    assert [kind for kind in story if kind.startswith("return.")] == [
        "return.requested", "return.approved", "return.labeled", "return.expired", "return.label_voided",
    ]  # fmt: skip
    await skipping.books_balance()


async def test_a_policy_may_decline_what_nobody_decides(skipping: World, clock: Clock) -> None:
    await rules(skipping, at_approval_deadline=AtApprovalDeadline.DECLINE)
    order, sku = await delivered(skipping)
    back = await asked(skipping, order, sku, 1, ReturnReason.OTHER)

    await clock.skip(3 * DAY + timedelta(minutes=1))
    row = await back.until_closed("declined")

    assert row.why == "declined"
    assert await order.tasks() == []


async def test_money_goes_back_at_the_first_scan_and_a_parcel_that_never_comes_is_a_persons_task(
    skipping: World, clock: Clock
) -> None:
    await rules(skipping, segments=(SegmentRule("gold", instant_refund=True, free_return=True),))
    order, sku = await delivered(skipping)
    async with skipping.shop.db.transaction() as session:
        await session.execute(text("update customers set segment = 'gold'"))
    back = await asked(skipping, order, sku)
    await back.until_labeled()

    await back.scan("in_transit")

    async def refunded() -> bool:
        return await back.refunds() == [(2 * PRICE, "succeeded")]

    await skipping.until(refunded, "refunded at the first scan")
    assert (await back.row()).state.value == "in_transit"
    await clock.skip(21 * DAY + timedelta(minutes=1))
    task = await order.until_task(TaskKind.RETURN.value)
    async with skipping.shop.db.transaction() as session:
        await decisions.decide(session, task.id, Decision.APPROVE, STAFF)
    row = await back.until_closed("resolved")

    assert row.why == "never_arrived"
    await skipping.books_balance()


async def test_what_lies_uninspected_is_a_persons_task(skipping: World, clock: Clock) -> None:
    await rules(skipping)
    order, sku = await delivered(skipping)
    back = await asked(skipping, order, sku, 2, method=ReturnMethod.OWN_TRANSPORT)
    await back.receive(2)
    await back.until("received")

    await clock.skip(5 * DAY + timedelta(minutes=1))
    task = await order.until_task(TaskKind.RETURN.value)
    await back.inspect((2, Condition.AS_NEW, Disposition.RESTOCK, 0))
    await back.until_closed("resolved")

    assert "not inspected" in task.question
    assert await back.refunds() == [(2 * PRICE, "succeeded")]
    await skipping.books_balance()
