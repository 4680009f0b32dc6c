"""Returns on a real database: never more units than were delivered, whoever asks at the same time."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, Stale
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import Scope
from orderwright.domain.returns.rules import ProductRule, ReturnPolicy
from orderwright.domain.returns.states import Condition, Disposition, ReturnMethod, ReturnReason
from orderwright.persistence import locks, returns
from orderwright.persistence.tables import Refund, Return
from orderwright.ports.payments import Capture, Refunded
from orderwright.services.payments import capturing, giving_back, refunding
from orderwright.services.payments.giving_back import LineWanted
from orderwright.services.returns import coming, deciding, inspecting, judging, policies, requesting
from orderwright.services.returns import refunding as returning
from orderwright.services.returns.coming import Came
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.returns.judging import Wanted, WantedLine
from orderwright.services.returns.requesting import ReturnRefused
from tests.shop import STAFF, STORE, Shop, all_try

FLOOR = Actor("dock", frozenset({Scope.WAREHOUSE}))


def now() -> datetime:
    return datetime.now(UTC)


async def delivered(shop: Shop, units: int = 5) -> UUID:
    """Shipped, charged and arrived; the shelf has five more."""
    await shop.catalog("MUG")
    await shop.receive("MUG", units + 5)
    order_id = await shop.released(("MUG", units))
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
        await shop.scan(part.id, ShipmentState.DELIVERED)
        async with shop.db.transaction() as session:
            await locks.lock(session, order_id)
            for due in await capturing.due(session, part.id):
                answer = Capture(f"ch_{part.id}", Money(due.amount, due.payment.currency))
                await capturing.captured(session, due, answer)
    return order_id


def wanted(units: int, reason: ReturnReason = ReturnReason.CHANGED_MIND) -> Wanted:
    return Wanted([WantedLine("MUG", units, reason)], method=ReturnMethod.OWN_TRANSPORT)


async def ask(shop: Shop, order_id: UUID, units: int = 1, actor: Actor = STORE) -> Return:
    return await shop.do(lambda s: requesting.request(s, order_id, wanted(units), actor, now()))


async def test_twenty_ask_at_once_for_five_units_and_five_get_one(shop: Shop) -> None:
    order_id = await delivered(shop)

    outcomes = await all_try([lambda: ask(shop, order_id)] * 20, at_once=20)

    opened = [one for one in outcomes if isinstance(one, Return)]
    assert len(opened) == 5
    assert {type(one) for one in outcomes if not isinstance(one, Return)} == {Conflict}
    assert len({row.number for row in opened}) == 5
    (line,) = await shop.lines(order_id)
    assert (line.delivered, line.coming_back, line.returned) == (5, 5, 0)


async def test_units_called_off_may_be_asked_for_again_and_received_ones_may_not(shop: Shop) -> None:
    order_id = await delivered(shop)
    first, second = await ask(shop, order_id, 3), await ask(shop, order_id, 2)

    await shop.do(lambda s: deciding.cancel(s, first.id, STORE))
    await shop.do(lambda s: coming.receive(s, second.id, [Came("MUG", 2)], FLOOR, now()))
    with pytest.raises(Conflict) as more:
        await ask(shop, order_id, 4)
    await ask(shop, order_id, 3)

    assert more.value.more["returnable_units"] == 3
    with pytest.raises(Conflict):
        await shop.do(lambda s: deciding.cancel(s, first.id, STORE))
    with pytest.raises(Conflict):
        await shop.do(lambda s: deciding.cancel(s, second.id, STORE))


async def test_a_receipt_and_reads_of_the_run_do_not_wait_for_each_other(shop: Shop) -> None:
    """A row updated twice has its foreign keys checked: that met whoever held the order."""
    order_id = await delivered(shop)
    row = await ask(shop, order_id, 5)

    outcomes = await all_try(
        [
            *[lambda: shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", 1)], FLOOR, now()))] * 5,
            *[lambda: shop.do(lambda s: returns.position(s, row.id))] * 15,
        ],
        at_once=20,
    )

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    (line,) = await shop.lines(order_id)
    assert (line.coming_back, line.returned) == (0, 5)


async def test_approve_decline_and_cancel_at_once_have_one_outcome(shop: Shop) -> None:
    order_id = await delivered(shop)
    other = wanted(1, ReturnReason.OTHER)
    row = await shop.do(lambda s: requesting.request(s, order_id, other, STAFF, now()))

    outcomes = await all_try(
        [
            lambda: shop.do(lambda s: deciding.decline(s, row.id, STAFF)),
            lambda: shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", 1)], FLOOR, now())),
            *[lambda: shop.do(lambda s: deciding.approve(s, row.id, STAFF, now()))] * 4,
        ],
        at_once=6,
    )

    state = (await fresh(shop, row.id)).state.value
    assert state in ("approved", "declined", "received")
    assert sum(isinstance(one, Return) for one in outcomes) == (2 if state == "received" else 1)
    assert await shop.count("select count(*) from tasks where kind = 'return' and state = 'open'") == 0


async def fresh(shop: Shop, return_id: UUID) -> Return:
    return await shop.do(lambda session: returns.locked(session, return_id))


async def test_what_is_inspected_is_placed_and_given_back_once(shop: Shop) -> None:
    order_id = await delivered(shop)
    before = await shop.level("MUG")
    row = await ask(shop, order_id, 3)
    await shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", 2, wrong=1)], FLOOR, now()))
    found = [
        Inspected("MUG", 1, Condition.AS_NEW, Disposition.RESTOCK),
        Inspected("MUG", 1, Condition.DAMAGED, Disposition.WRITE_OFF, 500_000, photos=("a.jpg",)),
    ]

    with pytest.raises(Invalid):
        await shop.do(lambda s: inspecting.inspect(s, row.id, found[:1], FLOOR, now()))
    await shop.do(lambda s: inspecting.inspect(s, row.id, found, FLOOR, now()))
    for _ in range(2):
        await shop.do(lambda s: returning.refund(s, row.id))

    assert (await shop.level("MUG")).on_hand == before.on_hand + 1
    amounts = "select sum(amount)::int from refunds where return_id = :id and state = 'requested'"
    assert await shop.count(amounts, id=row.id) == 1500
    assert await shop.count("select count(*) from tasks where subject like 'return-wrong/%'") == 1
    position = await shop.do(lambda s: returns.position(s, row.id))
    assert (position.resolvable, position.refunds_open) == (False, 1)
    await _give(shop, row.id)
    await shop.do(lambda s: returning.resolve(s, row.id))
    assert (await fresh(shop, row.id)).state.value == "resolved"
    await shop.check_books()


async def _give(shop: Shop, return_id: UUID) -> None:
    """The provider has given back what was asked for."""
    async with shop.db.transaction() as session:
        query = select(Refund.id, Refund.amount).where(Refund.return_id == return_id)
        for refund_id, amount in (await session.execute(query)).all():
            await refunding.refunded(session, refund_id, Refunded("re", Money(amount, "EUR")))


async def test_a_refusal_of_the_rules_changes_nothing_and_says_why(shop: Shop) -> None:
    order_id = await delivered(shop)
    strict = ReturnPolicy(products=(ProductRule("MUG", final_sale=True),))
    row = await shop.do(lambda s: policies.put(s, strict, STAFF))

    with pytest.raises(ReturnRefused) as refused:
        await ask(shop, order_id)
    seen = await shop.do(lambda s: judging.preview(s, order_id, wanted(1), now()))

    assert (row.version, refused.value.more["why"], seen.judgment.why) == (1, "final_sale", "final_sale")
    assert await shop.count("select count(*) from returns") == 0
    (line,) = await shop.lines(order_id)
    assert line.coming_back == 0


async def test_two_versions_at_once_are_two_versions_or_one_is_told(shop: Shop) -> None:
    outcomes = await all_try(
        [lambda: shop.do(lambda s: policies.put(s, ReturnPolicy(), STAFF))] * 8, at_once=8
    )

    written = [one.version for one in outcomes if not isinstance(one, Exception)]
    assert sorted(written) == list(range(1, len(written) + 1))
    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {Stale}


async def test_nothing_comes_back_before_it_has_arrived(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.released(("MUG", 2))

    with pytest.raises(Conflict) as refused:
        await ask(shop, order_id)

    assert refused.value.more["returnable_units"] == 0


async def test_what_was_kept_of_one_unit_is_not_given_back_with_the_next(shop: Shop) -> None:
    order_id = await delivered(shop, 3)
    await _damaged(shop, order_id)

    seen = await shop.do(lambda s: judging.preview(s, order_id, wanted(1), now()))

    assert [(line.value, line.refund) for line in seen.reckoning.lines] == [(1000, 1000)]
    units = giving_back.Wanted(lines=[LineWanted("MUG", 2)])
    (refund,) = await shop.do(lambda s: giving_back.request(s, order_id, STAFF, units))
    assert refund.amount == 2000
    await shop.check_books()


async def test_what_was_kept_may_be_given_back_after_all_and_takes_nothing_from_the_others(
    shop: Shop,
) -> None:
    order_id = await delivered(shop, 3)
    await _damaged(shop, order_id)
    goodwill = giving_back.Wanted(lines=[LineWanted("MUG", amount=500)])

    await shop.do(lambda s: giving_back.request(s, order_id, STAFF, goodwill))
    seen = await shop.do(lambda s: judging.preview(s, order_id, wanted(2), now()))

    assert [line.value for line in seen.reckoning.lines] == [2000]


async def _damaged(shop: Shop, order_id: UUID) -> None:
    """One unit came back broken, and half of its 1000 was kept."""
    row = await ask(shop, order_id, 1)
    await shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", 1, damaged=1)], FLOOR, now()))
    found = [Inspected("MUG", 1, Condition.DAMAGED, Disposition.WRITE_OFF, 500_000)]
    await shop.do(lambda s: inspecting.inspect(s, row.id, found, FLOOR, now()))
    await shop.do(lambda s: returning.refund(s, row.id))
    await _give(shop, row.id)
