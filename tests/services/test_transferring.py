"""Units between two places: what left is what came, less what is missing, with its reason; never twice."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from orderwright.domain.failures import Conflict, InsufficientStock, Invalid, NotFound, UnknownProduct
from orderwright.domain.stock.supply import AdjustReason, TransferLineState, TransferState
from orderwright.domain.stock.units import ExpectedKind, ExpectedState, Position
from orderwright.persistence.tables import ExpectedReceipt, TransferLine
from orderwright.services.supply import expecting, reconciling, transferring
from orderwright.services.supply.transferring import Arrival, Wanted
from tests.shop import STAFF, Shop, all_try

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
GONE = UUID("0199a7b2-0000-7000-8000-000000000000")


async def requested(shop: Shop, **units: int) -> UUID:
    """A transfer from London to Paris, each SKU with ten units in London."""
    await shop.catalog(*units, at=("LON", "PAR"))
    for sku in units:
        await shop.receive(sku, 10)
    return await again(shop, **units)


async def again(shop: Shop, **units: int) -> UUID:
    wanted = Wanted("LON", "PAR", FRIDAY, units)
    row, _ = await shop.do(lambda s: transferring.request(s, wanted, STAFF))
    return row.id


async def shipped(shop: Shop, **units: int) -> UUID:
    transfer_id = await requested(shop, **units)
    await shop.do(lambda s: transferring.ship(s, transfer_id, STAFF))
    return transfer_id


async def receive(shop: Shop, transfer_id: UUID, *arrivals: Arrival) -> None:
    await shop.do(lambda s: transferring.receive(s, transfer_id, arrivals, STAFF))


async def state(shop: Shop, transfer_id: UUID) -> TransferState:
    return (await shop.do(lambda s: transferring.transfer(s, transfer_id)))[0].state


async def lines(shop: Shop, transfer_id: UUID) -> dict[str, TransferLine]:
    _, found = await shop.do(lambda s: transferring.transfer(s, transfer_id))
    return {line.sku: line for line in found}


async def expected(shop: Shop, transfer_id: UUID) -> list[ExpectedReceipt]:
    return list(
        await shop.do(
            lambda s: expecting.listed(
                s, state=None, sku=None, location=None, reference=transferring.reference(transfer_id),
                after=None, limit=9,
            )
        )
    )  # fmt: skip


async def check(shop: Shop) -> None:
    """After every story the books agree."""
    await shop.check_books()
    assert (await shop.do(reconciling.reconcile)).open == 0


async def test_nothing_moves_until_it_is_shipped(shop: Shop) -> None:
    transfer_id = await requested(shop, MUG=4)

    assert await state(shop, transfer_id) is TransferState.REQUESTED
    assert await shop.level("MUG") == Position(10, 0)
    assert await expected(shop, transfer_id) == []
    await check(shop)


async def test_what_is_shipped_leaves_the_origin_and_is_expected_at_the_other_end(shop: Shop) -> None:
    transfer_id = await requested(shop, MUG=4)

    await shop.do(lambda s: transferring.ship(s, transfer_id, STAFF, MONDAY))

    (coming,) = await expected(shop, transfer_id)
    assert await shop.level("MUG") == Position(6, 0)
    assert (coming.kind, coming.location, coming.units, coming.due_on) == (
        ExpectedKind.TRANSFER, "PAR", 4, MONDAY,
    )  # fmt: skip
    await check(shop)


async def test_it_is_received_as_it_was_shipped_and_closed(shop: Shop) -> None:
    transfer_id = await shipped(shop, MUG=4, CUP=2)

    await receive(shop, transfer_id, Arrival("MUG", 4))
    between = await state(shop, transfer_id)
    await receive(shop, transfer_id, Arrival("CUP", 2))

    assert (between, await state(shop, transfer_id)) == (TransferState.SHIPPED, TransferState.CLOSED)
    assert (await shop.level("MUG", "PAR"), await shop.level("CUP", "PAR")) == (
        Position(4, 0),
        Position(2, 0),
    )
    assert {row.state for row in await expected(shop, transfer_id)} == {ExpectedState.CLOSED}
    await check(shop)


@pytest.mark.parametrize(
    ("came", "short", "over", "reason"),
    [
        (3, 1, 0, AdjustReason.DAMAGED),
        (0, 4, 0, AdjustReason.LOST),
        (6, 0, 2, AdjustReason.FOUND),
    ],
)
async def test_a_gap_is_kept_as_figures_with_its_reason(
    shop: Shop, came: int, short: int, over: int, reason: AdjustReason
) -> None:
    transfer_id = await shipped(shop, MUG=4)

    await receive(shop, transfer_id, Arrival("MUG", came, reason, "wet box"))

    line = (await lines(shop, transfer_id))["MUG"]
    assert (line.received, line.short, line.over, line.reason) == (came, short, over, reason)
    assert line.units == line.received + line.short - line.over
    assert await state(shop, transfer_id) is TransferState.CLOSED
    assert await shop.count("SELECT coalesce(sum(on_hand), 0) FROM stock_levels") == 6 + came
    await check(shop)


@pytest.mark.parametrize(
    ("arrivals", "failure"),
    [
        ([Arrival("MUG", 3)], Invalid),
        ([Arrival("MUG", 3, AdjustReason.FOUND)], Invalid),
        ([Arrival("MUG", 5, AdjustReason.THEFT)], Invalid),
        ([Arrival("JUG", 1)], Invalid),
        ([Arrival("MUG", 4), Arrival("MUG", 4)], Invalid),
        ([], Invalid),
    ],
)
async def test_what_does_not_fit_is_not_received(
    shop: Shop, arrivals: list[Arrival], failure: type[Exception]
) -> None:
    transfer_id = await shipped(shop, MUG=4, CUP=1)

    with pytest.raises(failure):
        await receive(shop, transfer_id, *arrivals)

    found = await lines(shop, transfer_id)
    assert {line.state for line in found.values()} == {TransferLineState.OPEN}
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE kind = 'transfer_in'") == 0
    await check(shop)


async def test_of_eight_who_receive_a_line_at_once_one_does(shop: Shop) -> None:
    transfer_id = await shipped(shop, MUG=4, CUP=1)

    outcomes = await all_try([lambda: receive(shop, transfer_id, Arrival("MUG", 4))] * 8, at_once=8)

    refused = [one for one in outcomes if one is not None]
    assert [type(one) for one in refused] == [Conflict] * 7
    assert str(refused[0]) == "ann has received 4 of MUG already"
    assert await shop.level("MUG", "PAR") == Position(4, 0)
    await check(shop)


async def test_lines_received_at_once_by_different_people_close_it(shop: Shop) -> None:
    skus = {f"S{n}": 2 for n in range(8)}
    transfer_id = await shipped(shop, **skus)

    outcomes = await all_try(
        [lambda sku=sku: receive(shop, transfer_id, Arrival(sku, 2)) for sku in skus],  # type: ignore[misc]  # bound now
        at_once=8,
    )

    assert outcomes == [None] * 8
    assert await state(shop, transfer_id) is TransferState.CLOSED
    await check(shop)


async def test_of_eight_who_ship_it_at_once_one_does(shop: Shop) -> None:
    transfer_id = await requested(shop, MUG=4)

    outcomes = await all_try(
        [lambda: shop.do(lambda s: transferring.ship(s, transfer_id, STAFF))] * 8, at_once=8
    )

    assert [type(one) for one in outcomes].count(Conflict) == 7
    assert await shop.level("MUG") == Position(6, 0)
    assert len(await expected(shop, transfer_id)) == 1
    await check(shop)


async def test_shipped_or_canceled_whoever_is_first(shop: Shop) -> None:
    for _ in range(5):
        await shop.empty()
        transfer_id = await requested(shop, MUG=4)

        ship, cancel = await all_try(
            [
                lambda: shop.do(lambda s: transferring.ship(s, transfer_id, STAFF)),  # noqa: B023 - at once
                lambda: shop.do(lambda s: transferring.cancel(s, transfer_id)),  # noqa: B023
            ],
            at_once=2,
        )

        went = await state(shop, transfer_id) is TransferState.SHIPPED
        assert isinstance(cancel if went else ship, Conflict)
        assert await shop.level("MUG") == Position(6 if went else 10, 0)
        await check(shop)


async def test_reserved_units_are_not_shipped_elsewhere_and_nothing_else_of_it_is(shop: Shop) -> None:
    transfer_id = await requested(shop, MUG=4, CUP=4)
    order_id = await shop.order(("MUG", 7))
    await shop.verify(order_id)
    await shop.reserve(order_id)

    with pytest.raises(InsufficientStock):
        await shop.do(lambda s: transferring.ship(s, transfer_id, STAFF))

    assert (await shop.level("MUG"), await shop.level("CUP")) == (Position(10, 7), Position(10, 0))
    assert await state(shop, transfer_id) is TransferState.REQUESTED
    assert await expected(shop, transfer_id) == []
    await check(shop)


async def test_an_order_that_waits_is_woken_when_a_transfer_comes(shop: Shop) -> None:
    transfer_id = await shipped(shop, MUG=10)
    order_id = await shop.order(("MUG", 2))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.read_all()

    await receive(shop, transfer_id, Arrival("MUG", 10))

    assert await shop.wakes(order_id) == 1


async def test_a_canceled_one_is_not_shipped_and_a_requested_one_not_received(shop: Shop) -> None:
    transfer_id = await requested(shop, MUG=4)

    with pytest.raises(Conflict):
        await receive(shop, transfer_id, Arrival("MUG", 4))
    await shop.do(lambda s: transferring.cancel(s, transfer_id))
    with pytest.raises(Conflict):
        await shop.do(lambda s: transferring.ship(s, transfer_id, STAFF))

    assert await state(shop, transfer_id) is TransferState.CANCELED
    assert await shop.level("MUG") == Position(10, 0)
    await check(shop)


async def test_its_expected_receipt_is_changed_in_its_day_only(shop: Shop) -> None:
    transfer_id = await shipped(shop, MUG=4)
    (coming,) = await expected(shop, transfer_id)

    later = await shop.do(lambda s: expecting.change(s, coming.id, due_on=MONDAY, units=None))
    for refused in (
        lambda s: expecting.change(s, coming.id, due_on=None, units=9),
        lambda s: expecting.give_up(s, coming.id),
        lambda s: expecting.receive(s, coming.id, 4, STAFF),
    ):
        with pytest.raises(Conflict, match="belongs to transfer/"):
            await shop.do(refused)

    assert later.due_on == MONDAY
    assert [(row.units, row.received) for row in await expected(shop, transfer_id)] == [(4, 0)]
    await check(shop)


@pytest.mark.parametrize(
    ("wrong", "failure"),
    [
        ({"destination": "LON"}, Invalid),
        ({"destination": "MARS"}, Invalid),
        ({"units": {"JUG": 1}}, UnknownProduct),
        ({"units": {}}, Invalid),
    ],
)
async def test_what_cannot_go_is_not_asked_for(
    shop: Shop, wrong: dict[str, Any], failure: type[Exception]
) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    wanted = replace(Wanted("LON", "PAR", FRIDAY, {"MUG": 1}), **wrong)

    with pytest.raises(failure):
        await shop.do(lambda s: transferring.request(s, wanted, STAFF))

    assert await shop.count("SELECT count(*) FROM transfers") == 0


async def test_they_are_listed_by_state_and_either_end(shop: Shop) -> None:
    first = await shipped(shop, MUG=1)
    second = await again(shop, MUG=2)

    async def found(**filters: Any) -> list[UUID]:
        """Any: filters of the list."""
        given = {"state": None, "location": None, "after": None} | filters
        return [row.id for row, _ in await shop.do(lambda s: transferring.transfers(s, **given, limit=9))]

    assert await found() == [first, second]
    assert await found(state=TransferState.SHIPPED) == [first]
    assert await found(location="PAR", after=first) == [second]
    assert await found(location="BER") == []
    with pytest.raises(NotFound):
        await shop.do(lambda s: transferring.transfer(s, GONE))
