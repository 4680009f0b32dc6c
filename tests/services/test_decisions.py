"""A question is answered once: by somebody who may, or by its deadline as it was when the timer was set."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from orderwright.domain.access import Actor
from orderwright.domain.failures import AlreadyDecided, Conflict, Exists, Forbidden, NotFound
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import (
    AtDeadline,
    Decision,
    HoldOutcome,
    HoldState,
    HoldType,
    OrderState,
    Scope,
    TaskKind,
    TaskState,
)
from orderwright.messages.orders import HoldDeadline, Typed
from orderwright.persistence import holds
from orderwright.persistence.tables import Hold, Task
from orderwright.ports.failures import Refused
from orderwright.services.fulfillment import shipping
from orderwright.services.orders import decisions, holding, signals
from tests.shop import NOW, STAFF, STORE, Shop, all_try

BOB = Actor("bob", frozenset({Scope.OPERATIONS}))


async def asked(shop: Shop) -> tuple[UUID, UUID, UUID]:
    """A dear order that a person must approve: its id, the hold's, the task's."""
    await shop.catalog("RING", price=200_000)
    await shop.receive("RING", 3)
    order_id = await shop.order(("RING", 1))
    for step in (shop.verify, shop.reserve, shop.authorize):
        await step(order_id)
    (hold,) = await shop.do(lambda s: holds.active(s, order_id))
    await shop.read_all()
    return order_id, hold.id, await task_of(shop, hold.id)


async def task_of(shop: Shop, hold_id: UUID) -> UUID:
    """The question that goes with a hold."""
    task_id = await shop.do(lambda s: s.scalar(select(Task.id).where(Task.hold_id == hold_id)))
    assert task_id is not None
    return task_id


async def decide(shop: Shop, task_id: UUID, decision: Decision, actor: Actor = STAFF) -> Task:
    return await shop.do(lambda s: decisions.decide(s, task_id, decision, actor))


async def pass_deadline(shop: Shop, order_id: UUID, hold_id: UUID, deadline: datetime) -> None:
    message = HoldDeadline(order_id=order_id, hold_id=hold_id, deadline=deadline)
    await shop.do(lambda s: decisions.pass_deadline(s, message))


async def hold_of(shop: Shop, hold_id: UUID) -> Hold:
    return await shop.do(lambda s: s.get_one(Hold, hold_id))


async def test_an_approved_order_goes_on(shop: Shop) -> None:
    order_id, hold_id, task_id = await asked(shop)

    task = await decide(shop, task_id, Decision.APPROVE)

    hold = await hold_of(shop, hold_id)
    assert (task.state, task.decision, task.decided_by) == (TaskState.DECIDED, "approve", "ann")
    assert (hold.state, hold.outcome) == (HoldState.RELEASED, HoldOutcome.APPROVED)
    assert (await shop.get(order_id)).state is OrderState.SUBMITTED
    assert await shop.wakes(order_id) == 1


async def test_a_rejected_order_ends_and_its_units_are_canceled(shop: Shop) -> None:
    order_id, hold_id, task_id = await asked(shop)

    await decide(shop, task_id, Decision.REJECT)

    order, (line,) = await shop.get(order_id), await shop.lines(order_id)
    assert (order.state, order.failure) == (OrderState.REJECTED, "approval_rejected")
    assert (await hold_of(shop, hold_id)).outcome is HoldOutcome.REJECTED
    assert (line.canceled, line.allocated) == (1, 0)
    assert [undo.kind for undo in (await shop.position(order_id)).undo] == ["stock", "payment"]


@pytest.mark.parametrize("actor", [STORE, Actor("nobody"), Actor("floor", frozenset({Scope.WAREHOUSE}))])
async def test_who_may_not_decide_changes_nothing(shop: Shop, actor: Actor) -> None:
    order_id, hold_id, task_id = await asked(shop)

    with pytest.raises(Forbidden):
        await decide(shop, task_id, Decision.APPROVE, actor)

    assert (await hold_of(shop, hold_id)).state is HoldState.ACTIVE
    assert await shop.wakes(order_id) == 0


async def test_of_ten_people_one_decides(shop: Shop) -> None:
    order_id, _, task_id = await asked(shop)
    people = [Actor(f"p{n}", frozenset({Scope.OPERATIONS})) for n in range(10)]
    answers = [Decision.APPROVE, Decision.REJECT] * 5

    outcomes = await all_try(
        [lambda a=a, d=d: decide(shop, task_id, d, a) for a, d in zip(people, answers, strict=True)],  # type: ignore[misc]  # bound now
        at_once=10,
    )

    (won,) = [one for one in outcomes if isinstance(one, Task)]
    lost = [one for one in outcomes if isinstance(one, AlreadyDecided)]
    assert len(lost) == 9
    assert {one.more["decided_by"] for one in lost} == {won.decided_by}
    rejected = won.decision == "reject"
    assert ((await shop.get(order_id)).state is OrderState.REJECTED) is rejected
    assert await shop.wakes(order_id) == 1


async def test_a_question_that_nobody_asked_is_not_found(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))

    with pytest.raises(NotFound):
        await decide(shop, uuid4(), Decision.APPROVE)
    with pytest.raises(Conflict):
        await shop.do(lambda s: decisions.decide_order(s, order_id, Decision.APPROVE, STAFF))


# --- deadlines


async def test_at_its_deadline_the_order_is_rejected(shop: Shop) -> None:
    order_id, hold_id, task_id = await asked(shop)
    deadline = (await hold_of(shop, hold_id)).deadline
    assert deadline is not None

    await pass_deadline(shop, order_id, hold_id, deadline)

    order = await shop.get(order_id)
    assert (order.state, order.failure) == (OrderState.REJECTED, "approval_deadline")
    assert (await hold_of(shop, hold_id)).outcome is HoldOutcome.DEADLINE
    assert (await shop.do(lambda s: s.get_one(Task, task_id))).state is TaskState.EXPIRED
    with pytest.raises(AlreadyDecided):
        await decide(shop, task_id, Decision.APPROVE)


async def test_a_timer_set_for_another_deadline_changes_nothing(shop: Shop) -> None:
    order_id, hold_id, _ = await asked(shop)
    deadline = (await hold_of(shop, hold_id)).deadline
    assert deadline is not None

    await pass_deadline(shop, order_id, hold_id, deadline - timedelta(seconds=1))

    assert (await hold_of(shop, hold_id)).state is HoldState.ACTIVE
    assert (await shop.get(order_id)).state is OrderState.SUBMITTED


async def test_person_and_deadline_at_once_one_of_them_decides(shop: Shop) -> None:
    order_id, hold_id, task_id = await asked(shop)
    deadline = (await hold_of(shop, hold_id)).deadline
    assert deadline is not None

    decided, _ = await asyncio.gather(
        decide(shop, task_id, Decision.APPROVE), pass_deadline(shop, order_id, hold_id, deadline),
        return_exceptions=True,
    )  # fmt: skip

    approved = not isinstance(decided, Exception)
    state = OrderState.SUBMITTED if approved else OrderState.REJECTED
    assert (await shop.get(order_id)).state is state
    assert (await hold_of(shop, hold_id)).outcome is (
        HoldOutcome.APPROVED if approved else HoldOutcome.DEADLINE
    )


async def test_an_overdue_hold_that_may_stay_keeps_its_stock(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    order_id = await shop.order(("MUG", 1))
    await shop.reserve(order_id)
    hold = await shop.do(lambda s: holding.open_manual(s, order_id, STAFF, "look", NOW + timedelta(days=1)))

    await pass_deadline(shop, order_id, hold.id, NOW + timedelta(days=1))

    after = await hold_of(shop, hold.id)
    assert (after.state, after.deadline) == (HoldState.ACTIVE, None)
    assert [row.expires_at for row in await shop.reservations(order_id)] == [None]
    assert "hold.overdue" in await shop.events(order_id)


async def test_a_deadline_cannot_end_what_a_warehouse_has(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    order_id = await shop.released(("MUG", 1))
    deadline = NOW + timedelta(days=1)
    hold_id = await shop.do(
        lambda s: holds.open_hold(
            s, order_id, HoldType.PAYMENT, reason="payment_action_required", deadline=deadline,
            at_deadline=AtDeadline.EXPIRE,
        )
    )  # fmt: skip
    assert hold_id is not None

    await pass_deadline(shop, order_id, hold_id, deadline)

    hold = await hold_of(shop, hold_id)
    assert (hold.state, hold.deadline) == (HoldState.ACTIVE, None)
    assert (await shop.get(order_id)).state is OrderState.IN_FULFILLMENT
    await decide(shop, await task_of(shop, hold_id), Decision.APPROVE)
    assert (await hold_of(shop, hold_id)).outcome is HoldOutcome.RESOLVED


# --- holds by hand


async def test_a_hold_by_hand_is_there_once_and_ends_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))
    await shop.read_all()
    hold = await shop.do(lambda s: holding.open_manual(s, order_id, STAFF, "look", None))

    with pytest.raises(Exists):
        await shop.do(lambda s: holding.open_manual(s, order_id, BOB, "me too", None))
    await shop.do(lambda s: holding.release(s, hold.id, BOB))
    with pytest.raises(AlreadyDecided):
        await shop.do(lambda s: holding.release(s, hold.id, STAFF))

    assert await shop.wakes(order_id) == 1
    with pytest.raises(Forbidden):
        await shop.do(lambda s: holding.open_manual(s, order_id, STORE, "look", None))
    with pytest.raises(NotFound):
        await shop.do(lambda s: holding.release(s, uuid4(), STAFF))


async def test_nobody_holds_an_order_at_its_end(shop: Shop) -> None:
    order_id, _, task_id = await asked(shop)
    await decide(shop, task_id, Decision.REJECT)

    with pytest.raises(Conflict):
        await shop.do(lambda s: holding.open_manual(s, order_id, STAFF, "look", None))


# --- what no carrier takes


async def no_carrier(shop: Shop) -> tuple[UUID, UUID]:
    """An order of two parts; no carrier takes the first. Its id and the task's."""
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 1)
    await shop.receive("CUP", 1, at="PAR")
    order_id = await shop.planned(("MUG", 1), ("CUP", 1))
    first, _ = await shop.parts(order_id)
    no = Refused("too_large", "no service for 3 m")
    await shop.do(lambda s: shipping.refused_by_all(s, order_id, first.id, no, NOW))
    (hold,) = await shop.do(lambda s: holds.active(s, order_id))
    return order_id, await task_of(shop, hold.id)


async def test_what_no_carrier_takes_may_be_tried_again(shop: Shop) -> None:
    order_id, task_id = await no_carrier(shop)

    await decide(shop, task_id, Decision.APPROVE)

    assert await shop.do(lambda s: holds.active(s, order_id)) == []
    assert [part.state for part in await shop.parts(order_id)] == [FulfillmentState.OPEN] * 2


async def test_or_given_up_and_the_rest_goes_on(shop: Shop) -> None:
    order_id, task_id = await no_carrier(shop)

    await decide(shop, task_id, Decision.REJECT)

    assert [part.state for part in await shop.parts(order_id)] == [
        FulfillmentState.CANCELED, FulfillmentState.OPEN,
    ]  # fmt: skip
    assert [line.canceled for line in await shop.lines(order_id)] == [1, 0]
    assert (await shop.get(order_id)).state is OrderState.ACCEPTED


# --- typed at Temporal


@pytest.mark.parametrize(
    ("said", "login"),
    [("[]", ""), ('["ann"]', "ann"), ('[{"by": "ann"}]', "ann"), ("[null]", ""), ('[{"by": null}]', "")],
)
def test_a_login_is_read_in_every_form_people_type(said: str, login: str) -> None:
    assert signals.read_login(said) == login


@pytest.mark.parametrize(
    "said",
    ["", "nonsense", "{}", "[1]", "[[]]", '["a", "b"]', '[{"by": "a", "why": "b"}]', '[{"who": "a"}]',
     '[{"by": {"by": "a"}}]', '["a\\nb"]', f'["{"x" * 81}"]', "[true]", "12",
     '["4242 4242 4242 4242"]'],
)  # fmt: skip
def test_what_is_no_login_is_not_guessed(said: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one too
        signals.read_login(said)


async def typed(
    shop: Shop, order_id: UUID, signal: str, said: str = "[]", rights: str = "operations"
) -> None:
    message = Typed(order_id=order_id, signal=signal, said=said, run_id="r", nth=1)
    await shop.do(lambda s: signals.obey(s, message, rights))  # type: ignore[arg-type]  # of the three words


async def test_a_typed_approval_is_one_by_that_login(shop: Shop) -> None:
    order_id, hold_id, task_id = await asked(shop)

    await typed(shop, order_id, "approve", '["ann"]')

    assert (await hold_of(shop, hold_id)).outcome is HoldOutcome.APPROVED
    assert (await shop.do(lambda s: s.get_one(Task, task_id))).decided_by == "temporal:ann"


async def test_a_typed_cancel_ends_the_order(shop: Shop) -> None:
    order_id, _, _ = await asked(shop)

    await typed(shop, order_id, "cancel")

    assert (await shop.get(order_id)).state is OrderState.CANCELED


@pytest.mark.parametrize("signal", ["approve", "reject", "cancel"])
async def test_without_rights_a_typed_signal_is_only_told(shop: Shop, signal: str) -> None:
    order_id, hold_id, _ = await asked(shop)

    await typed(shop, order_id, signal, rights="none")

    assert (await hold_of(shop, hold_id)).state is HoldState.ACTIVE
    assert (await shop.get(order_id)).state is OrderState.SUBMITTED
    assert (await shop.events(order_id))[-1] == "signal.refused"


async def test_what_cannot_be_read_becomes_a_question(shop: Shop) -> None:
    order_id, hold_id, _ = await asked(shop)

    for _ in range(2):
        await typed(shop, order_id, "approve", "nonsense")

    assert (await hold_of(shop, hold_id)).state is HoldState.ACTIVE
    unread = "SELECT count(*) FROM tasks WHERE kind = :k AND state = 'open'"
    assert await shop.count(unread, k=TaskKind.UNREADABLE_SIGNAL) == 1
