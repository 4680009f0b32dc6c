"""Returned goods go back to their vendor: each unit once, and what becomes of it is in stock and margin."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.books.margin import MarginBy
from orderwright.domain.failures import AlreadyDecided, Conflict, Forbidden, Invalid
from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, TaskKind
from orderwright.domain.returns.states import Condition, Disposition
from orderwright.domain.returns.vendors import Becomes, Named, RefusedUnits, VendorReturnState
from orderwright.persistence.tables import Task, VendorReturn
from orderwright.reporting import margin
from orderwright.services.orders import decisions
from orderwright.services.returns import coming, inspecting
from orderwright.services.returns.coming import Came
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.vendors import gathering, overdue, reading, settling
from orderwright.services.vendors.settling import Sent, Settled
from tests.services.test_returns import FLOOR, ask, delivered, now
from tests.shop import STAFF, Shop, all_try


async def waiting(shop: Shop, units: int = 5) -> UUID:
    """So many mugs have come back broken and wait in London: their order."""
    order_id = await delivered(shop, units)
    row = await ask(shop, order_id, units)
    await shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", units)], FLOOR, now()))
    found = [Inspected("MUG", units, Condition.DAMAGED, Disposition.TO_VENDOR)]
    await shop.do(lambda s: inspecting.inspect(s, row.id, found, FLOOR, now()))
    return order_id


async def gather(shop: Shop, *wanted: Named) -> VendorReturn:
    return await shop.do(
        lambda s: gathering.gather(
            s, vendor="MAKER", location="LON", wanted=wanted, note="", actor=FLOOR
        )
    )  # fmt: skip


async def ship(shop: Shop, row: VendorReturn, days: int = 30) -> VendorReturn:
    sent = Sent("RMA-9", "UPS", "1Z99", days)
    return await shop.do(lambda s: settling.ship(s, row.id, sent, FLOOR, now()))


async def settle(shop: Shop, row: VendorReturn, credit: int, *refused: RefusedUnits) -> VendorReturn:
    answer = Settled(Money(credit, "EUR"), "CN-77", refused)
    return await shop.do(lambda s: settling.settle(s, row.id, answer, STAFF, now()))


async def still_waiting(shop: Shop) -> int:
    return sum(one.units for one in await shop.do(lambda s: reading.waiting(s, "LON")))


async def test_twenty_gather_at_once_and_each_unit_is_on_one_vendor_return(shop: Shop) -> None:
    await waiting(shop, 5)

    outcomes = await all_try([lambda: gather(shop, Named("MUG", 2))] * 20, at_once=20)

    made = [one for one in outcomes if isinstance(one, VendorReturn)]
    assert len(made) == 2
    assert {type(one) for one in outcomes if not isinstance(one, VendorReturn)} == {Conflict}
    assert len({row.number for row in made}) == 2
    assert await shop.count("select sum(units) from vendor_return_lines") == 4
    assert await still_waiting(shop) == 1
    await shop.check_books()


async def test_twenty_gather_all_at_once_and_one_has_all(shop: Shop) -> None:
    await waiting(shop, 5)

    outcomes = await all_try([lambda: gather(shop)] * 20, at_once=20)

    (row,) = [one for one in outcomes if isinstance(one, VendorReturn)]
    assert row.number.startswith("RTV-")
    assert await shop.count("select count(*) from vendor_returns") == 1
    assert await still_waiting(shop) == 0


async def test_what_is_called_off_waits_again_and_what_has_left_is_not_called_off(shop: Shop) -> None:
    await waiting(shop, 5)
    row = await gather(shop, Named("MUG", 3))

    outcomes = await all_try(
        [
            *[lambda: shop.do(lambda s: gathering.cancel(s, row.id, FLOOR))] * 5,
            *[lambda: ship(shop, row)] * 5,
        ],
        at_once=10,
    )

    (won,) = [one for one in outcomes if isinstance(one, VendorReturn)]
    assert {type(one) for one in outcomes if not isinstance(one, VendorReturn)} == {Conflict}
    assert await still_waiting(shop) == (5 if won.state is VendorReturnState.CANCELED else 2)
    await shop.check_books()


async def test_a_credit_lowers_the_cost_and_refused_units_are_on_the_shelf_again(shop: Shop) -> None:
    await waiting(shop, 5)
    await shop.execute("UPDATE fulfillment_lines SET unit_cost = 400, cost_currency = 'EUR'")
    before = await shop.level("MUG")
    row = await ship(shop, await gather(shop))

    with pytest.raises(Forbidden):
        await shop.do(lambda s: settling.settle(s, row.id, Settled(Money(1, "EUR")), FLOOR, now()))
    with pytest.raises(Invalid):
        await settle(shop, row, 800, RefusedUnits("MUG", 6, Becomes.RESTOCK))
    refused = (RefusedUnits("MUG", 2, Becomes.RESTOCK), RefusedUnits("MUG", 1, Becomes.WRITE_OFF))
    outcomes = await all_try([lambda: settle(shop, row, 800, *refused)] * 5, at_once=5)

    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 4 + ["VendorReturn"]
    record = await shop.do(lambda s: reading.one(s, row.id))
    (line,) = [one.row for one in record.lines]
    assert (line.units, line.refused, line.restocked, line.credit) == (5, 3, 2, 800)
    assert (record.row.state.value, record.row.credit, record.row.reference) == ("settled", 800, "CN-77")
    assert (await shop.level("MUG")).on_hand == before.on_hand + 2
    (earned,) = await shop.do(lambda s: margin.earned(s, MarginBy.PRODUCT))
    assert (earned.key, earned.product_cost) == ("MUG", 5 * 400 - 800)
    await shop.check_books()


async def test_a_credit_for_nothing_taken_is_refused_and_changes_nothing(shop: Shop) -> None:
    await waiting(shop, 2)
    before = await shop.level("MUG")
    row = await ship(shop, await gather(shop))

    with pytest.raises(Invalid):
        await settle(shop, row, 1, RefusedUnits("MUG", 2, Becomes.RESTOCK))

    assert (await shop.do(lambda s: reading.one(s, row.id))).row.state is VendorReturnState.SHIPPED
    assert (await shop.level("MUG")).on_hand == before.on_hand


@pytest.fixture
async def late(shop: Shop) -> tuple[VendorReturn, Task]:
    """A vendor return that is past its day, and the question about it."""
    await waiting(shop, 2)
    row = await ship(shop, await gather(shop))
    assert await overdue.sweep(shop.db) == 0
    await shop.execute("UPDATE vendor_returns SET due_at = now() - interval '1 minute'")
    assert [await overdue.sweep(shop.db), await overdue.sweep(shop.db)] == [1, 0]
    async with shop.db.transaction() as session:
        task = (await session.scalars(select(Task).where(Task.kind == TaskKind.VENDOR_RETURN))).one()
    assert row.number in task.question
    return row, task


async def test_who_waits_for_a_vendor_longer_is_asked_again(
    shop: Shop, late: tuple[VendorReturn, Task]
) -> None:
    row, task = late

    await shop.do(lambda s: decisions.decide(s, task.id, Decision.APPROVE, STAFF))
    with pytest.raises(AlreadyDecided):
        await shop.do(lambda s: decisions.decide(s, task.id, Decision.REJECT, STAFF))

    after = (await shop.do(lambda s: reading.one(s, row.id))).row
    assert after.state is VendorReturnState.SHIPPED
    assert after.due_at is not None
    assert timedelta(days=29) < after.due_at - now() < timedelta(days=31)


async def test_who_gives_a_vendor_up_gets_nothing_of_him(shop: Shop, late: tuple[VendorReturn, Task]) -> None:
    row, task = late

    decided = await shop.do(lambda s: decisions.decide(s, task.id, Decision.REJECT, STAFF, "no answer"))

    after = (await shop.do(lambda s: reading.one(s, row.id))).row
    assert (decided.decision, after.state.value, after.credit, after.reference) == (
        "reject", "settled", 0, "no answer",
    )  # fmt: skip


async def test_a_vendor_who_answers_after_all_ends_the_question(
    shop: Shop, late: tuple[VendorReturn, Task]
) -> None:
    row, task = late

    await settle(shop, row, 500)

    assert (await shop.do(lambda s: s.get_one(Task, task.id))).state.value == "withdrawn"
    with pytest.raises(AlreadyDecided):
        await shop.do(lambda s: decisions.decide(s, task.id, Decision.REJECT, STAFF))
