"""Fewer units than a part has: they leave it with their money and stock, and look for another place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Forbidden, Invalid
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, Scope, TaskKind
from orderwright.domain.stock.units import Position
from orderwright.messages.orders import UndoKind
from orderwright.persistence.tables import FulfillmentOrder, Inbox
from orderwright.ports.payments import Capture
from orderwright.reporting import books
from orderwright.services import events
from orderwright.services.fulfillment import partner, shorting
from orderwright.services.orders import cancellation, decisions, reading
from orderwright.services.payments import paying
from orderwright.services.stock import stocking
from tests.shop import NOW, STAFF, STORE, Shop

PICKER = Actor("picker", frozenset({Scope.WAREHOUSE}))


async def picking(shop: Shop, *lines: tuple[str, int], **other: Any) -> tuple[UUID, FulfillmentOrder]:
    """Any: fields of NewOrder. An order of London's, past its pivot; Paris has as much."""
    await shop.catalog(*dict(lines), at=("LON", "PAR"))
    for sku in dict(lines):
        await shop.receive(sku, 6)
        await shop.receive(sku, 6, at="PAR")
    order_id = await shop.released(*lines, **other)
    part = await shop.live_part(order_id)
    await shop.do(lambda session: partner.picking(session, part.id, by="warehouse"))
    return order_id, await shop.live_part(order_id)


async def short(shop: Shop, part: FulfillmentOrder, **found: int) -> None:
    """The picker says so."""
    await shop.do(lambda session: shorting.short_at_station(session, part.id, PICKER, found, "broken"))


async def said(shop: Shop, part: FulfillmentOrder, kind: str, found: Mapping[str, int] | None = None) -> None:
    """The warehouse's event, applied."""
    lines = [{"sku": sku, "units": units} for sku, units in (found or {}).items()]
    event = Inbox(
        source="warehouse", event_id=kind, kind=f"warehouse.{kind}", reference=str(part.id), occurred_at=NOW,
        data={"lines": lines} if lines else {},
    )  # fmt: skip
    await shop.do(lambda session: events.apply(session, event))


async def capture(shop: Shop, part: FulfillmentOrder) -> int:
    """What is due for the part is taken."""

    async def take(session: Any) -> int:  # Any: a session
        due = await paying.due(session, part.id)
        if due is None:
            return 0
        await paying.captured(session, due, Capture("ch_1", Money(due.amount, due.payment.currency)))
        return due.amount

    return await shop.do(take)


async def books_balance(shop: Shop) -> None:
    async with shop.db.transaction() as session:
        found = await books.examine(session, minutes=10)
    labels = "what has shipped had one label, or needed none"  # the test shop buys none
    assert [(one.rule, one.reason) for one in found.faults if one.rule != labels] == []


async def test_past_the_pivot_the_missing_units_leave_with_their_money_and_stock(shop: Shop) -> None:
    order_id, before = await picking(shop, ("MUG", 3), ("CUP", 1))
    await short(shop, before, MUG=1)

    part = await shop.live_part(order_id)
    mug, cup = await shop.lines(order_id)
    assert part.state is FulfillmentState.IN_PROGRESS
    assert (mug.unallocated, mug.released, cup.released) == (2, 1, 1)
    assert (before.amount, before.shipping, before.tax) == (4500, 500, 667)
    assert (part.amount, part.shipping, part.tax) == (2250, 250, 334)
    assert await shop.level("MUG") == Position(4, 1)
    assert [(row.sku, row.units) for row in await shop.reservations(order_id)] == [("MUG", 1), ("CUP", 1)]
    assert "fulfillment.short" in await shop.events(order_id)
    await shop.check_books()
    await books_balance(shop)


async def test_they_are_sourced_elsewhere_and_all_parts_together_are_the_total(shop: Shop) -> None:
    order_id, first = await picking(shop, ("MUG", 3))

    await short(shop, first, MUG=1)
    await shop.reserve(order_id)
    await shop.plan(order_id)

    kept, added = await shop.parts(order_id)
    assert (kept.location, added.location) == ("LON", "PAR")
    assert kept.amount + added.amount == (await shop.get(order_id)).total
    assert kept.tax + added.tax == (await shop.get(order_id)).tax
    assert kept.payment_id == added.payment_id
    assert await shop.level("MUG", "PAR") == Position(6, 2)
    await books_balance(shop)


async def test_the_place_that_was_short_is_not_asked_again(shop: Shop) -> None:
    """London still has three by the record, which nobody found; where Paris has none, a person is asked."""
    order_id, part = await picking(shop, ("MUG", 3))
    await stock_taken(shop, "PAR")

    await short(shop, part, MUG=1)
    await shop.reserve(order_id)

    (hold,) = (await shop.position(order_id)).holds
    assert hold.type.value == "routing"
    assert await shop.level("MUG") == Position(4, 1)


async def stock_taken(shop: Shop, place: str) -> None:
    """All that is free there is sold."""
    await shop.do(lambda session: stocking.receive(session, "MUG", place, -6, STAFF))


async def test_an_unroutable_rest_waits_for_a_person_and_retry_looks_again(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3))
    await stock_taken(shop, "PAR")
    await short(shop, part, MUG=1)
    await shop.reserve(order_id)

    rows = await shop.do(
        lambda session: reading.tasks(
            session, state=None, kind=TaskKind.ROUTING, order_id=None, after=None, limit=9
        )
    )
    ((task, *_),) = rows
    assert "2 of MUG" in task.question
    await shop.receive("MUG", 6, at="PAR")
    await shop.do(lambda session: decisions.decide(session, task.id, Decision.APPROVE, STAFF))
    await shop.reserve(order_id)
    await shop.plan(order_id)

    assert [row.location for row in await shop.parts(order_id)] == ["LON", "PAR"]


async def test_given_up_the_rest_is_canceled_and_the_order_charges_what_ships(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3))
    await stock_taken(shop, "PAR")
    await short(shop, part, MUG=1)
    await shop.reserve(order_id)
    ((task, *_),) = await shop.do(
        lambda session: reading.tasks(session, state=None, kind=None, order_id=order_id, after=None, limit=9)
    )

    await shop.do(lambda session: decisions.decide(session, task.id, Decision.REJECT, STAFF))
    await shop.ship(part.id)

    mug = (await shop.lines(order_id))[0]
    assert (mug.canceled, mug.shipped) == (2, 1)
    kept = await shop.live_part(order_id)
    assert await capture(shop, kept) == kept.amount
    await books_balance(shop)


async def test_where_nothing_is_left_the_part_ends_and_its_label_is_undone(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3))

    await short(shop, part, MUG=0)

    (dropped,) = await shop.parts(order_id)
    assert (dropped.state, dropped.partner_reason) == (FulfillmentState.CANCELED, "broken")
    position = await shop.position(order_id)
    assert [undo.kind for undo in position.undo] == [UndoKind.LABEL]
    assert position.unallocated == 3
    assert await shop.reservations(order_id) == []
    assert await shop.level("MUG") == Position(3, 0)
    await shop.reserve(order_id)
    await shop.plan(order_id)
    assert (await shop.live_part(order_id)).amount == (await shop.get(order_id)).total
    await books_balance(shop)


async def test_where_money_is_captured_once_it_waits_for_the_rest(shop: Shop) -> None:
    shop.multicapture = False
    order_id, part = await picking(shop, ("MUG", 3))
    await short(shop, part, MUG=1)
    await shop.ship(part.id)

    early = await capture(shop, part)
    await shop.reserve(order_id)
    await shop.plan(order_id)
    added = (await shop.parts(order_id))[1]
    await shop.hand_over(added.id)
    await shop.ship(added.id)

    assert early == 0
    assert await capture(shop, added) == (await shop.get(order_id)).total
    assert len(await shop.payments(order_id)) == 1
    await books_balance(shop)
    shop.multicapture = True


async def test_told_twice_it_is_short_once(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3))

    await said(shop, part, "short", {"MUG": 1})
    await said(shop, part, "short", {"MUG": 1})

    assert (await shop.lines(order_id))[0].unallocated == 2
    assert await shop.level("MUG") == Position(4, 1)
    assert (await shop.events(order_id)).count("fulfillment.short") == 1


async def test_shipped_with_fewer_units_is_short_too_and_a_late_word_changes_nothing(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3), ("CUP", 1))

    await said(shop, part, "shipped", {"MUG": 1})
    await said(shop, part, "short", {"MUG": 1, "CUP": 0})

    mug, cup = await shop.lines(order_id)
    assert (mug.shipped, mug.unallocated) == (1, 2)
    assert (cup.shipped, cup.unallocated) == (0, 1)
    assert (await shop.parts(order_id))[0].state is FulfillmentState.CLOSED
    assert (await shop.position(order_id)).asked == ()
    await books_balance(shop)


async def test_short_after_all_of_it_was_said_to_have_left_is_a_persons_question(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3))
    await shop.ship(part.id)

    await said(shop, part, "short", {"MUG": 1})

    assert (await shop.position(order_id)).asked == (f"short/{part.id}",)
    assert (await shop.lines(order_id))[0].shipped == 3


async def test_before_the_pivot_of_a_recalled_part_the_missing_units_are_canceled(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.released(("MUG", 3))
    part = await shop.live_part(order_id)
    await shop.do(lambda session: cancellation.request(session, order_id, STORE, "changed my mind"))

    await said(shop, part, "short", {"MUG": 0})

    assert (await shop.get(order_id)).state.value == "canceled"
    assert (await shop.lines(order_id))[0].canceled == 3
    assert await shop.level("MUG") == Position(2, 0)


@pytest.mark.parametrize(
    ("found", "failure"),
    [({"TEA": 1}, Invalid), ({"MUG": -1}, Invalid), ({"MUG": 3}, Conflict), ({"TEA": 0}, Conflict)],
)
async def test_what_cannot_be_meant_changes_nothing(
    shop: Shop, found: dict[str, int], failure: type[Exception]
) -> None:
    order_id, part = await picking(shop, ("MUG", 3))

    with pytest.raises(failure):
        await short(shop, part, **found)

    assert (await shop.live_part(order_id)).amount == part.amount
    assert await shop.level("MUG") == Position(6, 3)


async def test_nobody_but_the_floor_says_so_and_not_of_what_has_left(shop: Shop) -> None:
    order_id, part = await picking(shop, ("MUG", 3))
    with pytest.raises(Forbidden):
        await shop.do(lambda session: shorting.short_at_station(session, part.id, STORE, {"MUG": 1}, "no"))
    await shop.ship(part.id)
    with pytest.raises(Conflict, match="closed"):
        await short(shop, part, MUG=1)

    assert (await shop.lines(order_id))[0].shipped == 3
