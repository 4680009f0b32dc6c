"""An order is changed line by line: units, money and parts agree afterwards, or nothing has happened."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from orderwright.domain.addresses import Address
from orderwright.domain.changes.wishes import ChangeKind, NotEnough, StalePreview, Wish
from orderwright.domain.failures import Failure, Forbidden, Invalid, PastPivot
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.money import Money
from orderwright.domain.orders import CancelState, OrderState
from orderwright.domain.payments import PaymentState
from orderwright.domain.stock.units import Position
from orderwright.messages.orders import HoldDeadline
from orderwright.persistence.tables import OrderChange
from orderwright.ports.payments import Authorization
from orderwright.services import kits
from orderwright.services.changes import asking
from orderwright.services.changes.applying import Made
from orderwright.services.changes.asking import Asked
from orderwright.services.fulfillment import partner
from orderwright.services.orders import cancellation, decisions
from orderwright.services.payments import paying
from orderwright.services.stock import stocking
from tests.shop import NOW, STAFF, STORE, Shop, all_try

CUP = Wish(ChangeKind.ADD_LINE, sku="CUP", units=1)


async def stocked(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 50)
    await shop.receive("CUP", 50)


def less(units: int, line: str = "MUG") -> Wish:
    return Wish(ChangeKind.QUANTITY, line=line, units=units)


async def preview(shop: Shop, order_id: UUID, *wishes: Wish, **other: Any) -> Made:
    """Any: fields of Asked."""
    asked = Asked(wishes, **{"actor": STAFF, **other})
    return await shop.do(lambda s: asking.preview(s, order_id, asked))


async def change(shop: Shop, order_id: UUID, *wishes: Wish, **other: Any) -> OrderChange:
    """Any: fields of Asked. Confirmed as it was shown."""
    made = await preview(shop, order_id, *wishes, **other)
    asked = Asked(wishes, **{"actor": STAFF, **other})
    return await shop.do(lambda s: asking.confirm(s, order_id, asked, made.fingerprint))


async def cancel(shop: Shop, order_id: UUID, **units: int) -> CancelState:
    named: dict[UUID | str, int] = {sku: count for sku, count in units.items()}
    return await shop.do(lambda s: asking.cancel(s, order_id, STAFF, "too many", named))


async def units(shop: Shop, order_id: UUID) -> list[dict[str, int]]:
    """Where each line's units are, without the places that have none."""
    names = ("canceled", "removed", "unallocated", "backordered", "allocated", "released", "shipped")
    rows = await shop.lines(order_id)
    return [{name: n for name in names if (n := getattr(row, name))} for row in rows]


async def go_on(shop: Shop, order_id: UUID) -> None:
    """What the run does until every part is planned."""
    await shop.do(lambda s: stocking.give_back(s, order_id))
    await shop.authorize(order_id)
    await shop.plan(order_id)


async def ship_all(shop: Shop, order_id: UUID) -> Sequence[int]:
    """Hand every part over and ship it: what each takes."""
    for part in await shop.parts(order_id):
        if part.state is FulfillmentState.OPEN:
            await shop.hand_over(part.id)
            await shop.ship(part.id)
    return [part.amount for part in await shop.parts(order_id) if part.state is FulfillmentState.CLOSED]


# --- cancel by line


async def test_units_of_a_line_are_canceled_before_anything_is_planned(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 3), ("CUP", 1))

    state = await cancel(shop, order_id, MUG=2)

    order = await shop.get(order_id)
    assert state is CancelState.PARTLY
    assert await units(shop, order_id) == [
        {"canceled": 2, "removed": 2, "unallocated": 1},
        {"unallocated": 1},
    ]
    assert (order.subtotal, order.shipping, order.total) == (2000, 500, 2500)
    await shop.check_books()


async def test_a_planned_part_is_made_anew_with_what_is_left_and_its_money_is_enough(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 3), ("CUP", 1))

    await cancel(shop, order_id, MUG=2)

    position = await shop.position(order_id)
    assert [undo.kind.value for undo in position.undo] == ["label"]
    assert await shop.level("MUG") == Position(50, 1)
    await go_on(shop, order_id)
    assert await units(shop, order_id) == [{"canceled": 2, "removed": 2, "allocated": 1}, {"allocated": 1}]
    assert [payment.amount for payment in await shop.payments(order_id)] == [4500]
    assert await ship_all(shop, order_id) == [2500]
    assert (await shop.get(order_id)).total == 2500
    await shop.check_books()


async def test_all_units_that_are_left_are_a_cancel_of_the_order(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    state = await cancel(shop, order_id, MUG=2)

    assert state is CancelState.ACCEPTED
    assert (await shop.get(order_id)).state is OrderState.CANCELED
    await shop.check_books()


async def test_a_line_that_is_picked_stays_and_one_that_is_not_begun_goes(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 5)
    await shop.receive("CUP", 5, at="PAR")
    order_id = await shop.planned(("MUG", 2), ("CUP", 2))
    first, _ = await shop.parts(order_id)
    await shop.hand_over(first.id)
    await shop.do(lambda s: partner.picking(s, first.id, by="lon"))

    with pytest.raises(PastPivot) as refused:
        await cancel(shop, order_id, MUG=1)
    state = await cancel(shop, order_id, CUP=1)

    assert refused.value.more["units"] == {"MUG": 0}
    assert state is CancelState.PARTLY
    await go_on(shop, order_id)
    assert await units(shop, order_id) == [{"released": 2}, {"canceled": 1, "removed": 1, "allocated": 1}]
    parts = [part for part in await shop.parts(order_id) if part.state is not FulfillmentState.CANCELED]
    assert sum(part.amount for part in parts) == (await shop.get(order_id)).total == 3500
    await shop.check_books()


async def test_units_that_are_not_there_are_refused_and_nothing_has_happened(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    before = await shop.events(order_id)

    for named in ({"MUG": 3}, {"CUP": 1}, {"MUG": 0}):
        with pytest.raises(Failure):
            await cancel(shop, order_id, **named)

    assert await shop.events(order_id) == before
    assert await units(shop, order_id) == [{"allocated": 2}]


# --- a change


async def test_a_preview_shows_the_change_and_makes_nothing(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    before = await shop.events(order_id)

    made = await preview(shop, order_id, CUP, less(1))

    assert (made.before.total, made.after.total, made.further) == (2500, 2500, 0)
    assert (made.anew, made.freed) == ([1], {"MUG": 1})
    assert await shop.events(order_id) == before
    assert await shop.count("SELECT count(*) FROM order_changes") == 0
    assert await units(shop, order_id) == [{"allocated": 2}]
    assert await shop.level("CUP") == Position(50, 0)


async def test_added_units_are_held_at_once_and_the_difference_is_asked_for(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    row = await change(shop, order_id, Wish(ChangeKind.ADD_LINE, sku="CUP", units=2))

    assert (row.state.value, row.total_before, row.total_after) == ("applied", 2500, 4500)
    assert await shop.level("CUP") == Position(50, 2)
    assert [(p.amount, p.state) for p in await shop.payments(order_id)] == [
        (2500, PaymentState.AUTHORIZED),
        (2000, PaymentState.CREATED),
    ]
    await go_on(shop, order_id)
    part = await shop.live_part(order_id)
    assert sorted(amount for _, amount in await shop.shares(part.id)) == [2000, 2500]
    assert not (await shop.position(order_id)).undo[1:]
    assert await ship_all(shop, order_id) == [4500]
    await shop.check_books()


async def test_more_units_than_there_are_change_nothing(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    with pytest.raises(NotEnough) as refused:
        await preview(shop, order_id, Wish(ChangeKind.ADD_LINE, sku="CUP", units=51))
    assert refused.value.more == {"available": {"CUP": 50}}
    assert await shop.level("CUP") == Position(50, 0)


async def test_a_confirmation_of_an_old_preview_is_refused(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 3))
    old = await preview(shop, order_id, less(2))
    await change(shop, order_id, less(1))

    with pytest.raises(StalePreview):
        await shop.do(lambda s: asking.confirm(s, order_id, Asked([less(2)], STAFF), old.fingerprint))

    assert await units(shop, order_id) == [{"canceled": 2, "removed": 2, "allocated": 1}]


async def test_a_swap_is_one_change_of_lines_and_money(shop: Shop) -> None:
    await stocked(shop)
    await shop.execute("UPDATE products SET price = 1500 WHERE sku = 'CUP'")
    order_id = await shop.planned(("MUG", 2))

    await change(shop, order_id, Wish(ChangeKind.SWAP, line="MUG", sku="CUP"))
    await go_on(shop, order_id)

    assert await units(shop, order_id) == [{"canceled": 2, "removed": 2}, {"allocated": 2}]
    assert (await shop.get(order_id)).total == 3500
    assert await ship_all(shop, order_id) == [3500]
    await shop.check_books()


async def test_an_agreed_price_needs_operations_and_a_reason(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    cheaper = Wish(ChangeKind.PRICE, line="MUG", unit_price=800)

    with pytest.raises(Forbidden):
        await preview(shop, order_id, cheaper, actor=STORE, reason="scratched")
    with pytest.raises(Invalid):
        await preview(shop, order_id, cheaper)
    await change(shop, order_id, cheaper, reason="scratched")
    await go_on(shop, order_id)

    assert (await shop.get(order_id)).total == 2100
    assert await ship_all(shop, order_id) == [2100]
    await shop.check_books()


async def test_another_service_is_priced_anew_and_the_parcel_rated_anew(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    await change(shop, order_id, Wish(ChangeKind.SERVICE, service="express"))
    await go_on(shop, order_id)

    order = await shop.get(order_id)
    assert (order.service, order.shipping, order.total) == ("express", 1500, 3500)
    assert [part.state.value for part in await shop.parts(order_id)] == ["canceled", "open"]
    await shop.check_books()


async def test_another_address_after_the_label_makes_the_part_anew(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    there = Address(name="Ana Novak", line1="2 Low Road", city="Leeds", postal_code="LS1 1AA", country="GB")

    await change(shop, order_id, Wish(ChangeKind.ADDRESS, ship_to=there), actor=STORE)

    order = await shop.get(order_id)
    assert order.ship_to["city"] == "Leeds"
    assert order.verified_at is None
    assert await shop.count("SELECT count(*) FROM order_changes WHERE delta::text LIKE '%Leeds%'") == 0
    await shop.check_books()


async def test_taking_away_never_makes_the_shipping_dearer_and_adding_may_make_it_free(shop: Shop) -> None:
    await stocked(shop)
    free = await shop.planned(("MUG", 5))
    paid = await shop.planned(("MUG", 2))

    await change(shop, free, less(1))
    await change(shop, paid, Wish(ChangeKind.QUANTITY, line="MUG", units=6))

    assert [(order.shipping, order.total) for order in [await shop.get(free), await shop.get(paid)]] == [
        (0, 1000),
        (0, 6000),
    ]
    await shop.check_books()


# --- what a warehouse has


async def test_a_released_part_is_asked_for_first_and_the_change_follows_its_answer(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 3))
    (part,) = await shop.parts(order_id)

    row = await change(shop, order_id, less(1))

    assert row.state.value == "awaiting_recall"
    assert await units(shop, order_id) == [{"released": 3}]
    assert [undo.kind.value for undo in (await shop.position(order_id)).undo] == ["recall"]
    await shop.do(lambda s: partner.recall_accepted(s, part.id, by="lon"))
    await go_on(shop, order_id)
    assert await units(shop, order_id) == [{"canceled": 2, "removed": 2, "allocated": 1}]
    assert await shop.count("SELECT count(*) FROM order_changes WHERE state = 'applied'") == 1
    assert await ship_all(shop, order_id) == [1500]
    await shop.check_books()


@pytest.mark.parametrize("answer", ["refused", "picking", "shipped"])
async def test_a_recall_that_is_refused_refuses_the_change_and_the_part_goes_on(
    shop: Shop, answer: str
) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 3))
    (part,) = await shop.parts(order_id)
    await change(shop, order_id, less(1))

    if answer == "refused":
        await shop.do(lambda s: partner.recall_refused(s, part.id, by="lon", reason="on its way"))
    elif answer == "picking":
        await shop.do(lambda s: partner.picking(s, part.id, by="lon"))
    else:
        await shop.ship(part.id)

    assert await shop.count("SELECT count(*) FROM order_changes WHERE state = 'refused'") == 1
    assert await units(shop, order_id) == [{"shipped" if answer == "shipped" else "released": 3}]
    assert (await shop.get(order_id)).total == 3500
    assert (await shop.live_part(order_id)).partner is PartnerState.CANCEL_REJECTED
    assert "change.refused" in await shop.events(order_id)
    await shop.check_books()


async def test_a_cancel_of_the_order_ends_a_change_that_waits(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 3))
    (part,) = await shop.parts(order_id)
    await change(shop, order_id, less(1))

    state = await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "all of it"))
    await shop.do(lambda s: partner.recall_accepted(s, part.id, by="lon"))

    assert state is CancelState.REQUESTED
    assert (await shop.get(order_id)).state is OrderState.CANCELED
    assert await shop.count("SELECT count(*) FROM order_changes WHERE state = 'refused'") == 1
    await shop.check_books()


# --- money that does not come


async def test_a_declined_difference_never_rejects_the_order(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    await change(shop, order_id, CUP)
    (_, further) = await shop.payments(order_id)

    await shop.do(lambda s: paying.declined(s, further.id, "card_declined"))

    assert (await shop.get(order_id)).state is OrderState.ACCEPTED
    page = (await shop.payments(order_id))[-1]
    assert (page.amount, page.source, page.change_id) == (1000, None, further.change_id)


async def test_less_again_before_it_is_paid_makes_the_further_payment_unwanted(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    await change(shop, order_id, CUP)

    await cancel(shop, order_id, CUP=1)

    assert [undo.kind.value for undo in (await shop.position(order_id)).undo] == ["label", "payment"]
    await shop.check_books()


async def test_what_was_added_and_is_not_paid_in_time_goes_again(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    await change(shop, order_id, CUP)
    (_, further) = await shop.payments(order_id)
    waits = Authorization("pi_page", Money(1000, "EUR"), None, action_url="https://pay.example/1")
    await shop.do(lambda s: paying.authorized(s, further.id, waits, NOW))
    (hold,) = (await shop.position(order_id)).holds
    assert hold.deadline is not None
    ring = HoldDeadline(order_id=order_id, hold_id=hold.id, deadline=hold.deadline)

    await shop.do(lambda s: decisions.pass_deadline(s, ring))

    position = await shop.position(order_id)
    assert (hold.at_deadline.value, position.holds) == ("stay", ())
    assert [undo.kind.value for undo in position.undo] == ["label", "payment"]
    assert {"changed:2", "change_undone:1"} <= set(position.stages_due)
    assert await units(shop, order_id) == [{"allocated": 2}, {"canceled": 1, "removed": 1}]
    assert (await shop.get(order_id)).total == 2500
    assert await shop.level("CUP") == Position(50, 0)
    await shop.check_books()


# --- kits, other currencies, everything at once


async def test_of_a_kit_whole_ones_go_and_its_components_not_alone(shop: Shop) -> None:
    await stocked(shop)
    await shop.catalog("SET", price=3000)
    await shop.do(lambda s: kits.put(s, "SET", {"MUG": 2, "CUP": 1}))
    order_id = await shop.planned(("SET", 3))

    with pytest.raises(Invalid):
        await cancel(shop, order_id, MUG=1)
    await cancel(shop, order_id, SET=1)
    await go_on(shop, order_id)

    assert await units(shop, order_id) == [
        {"canceled": 1, "removed": 1, "allocated": 2},
        {"canceled": 2, "removed": 2, "allocated": 4},
    ]
    assert (await shop.get(order_id)).subtotal == 6000
    assert await ship_all(shop, order_id) == [6000]
    await shop.check_books()


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
async def test_any_edits_cancels_and_shipments_sum_to_the_minor_unit(shop: Shop, currency: str) -> None:
    dice = random.Random(f"changes {currency}")
    await stocked(shop)
    await shop.catalog("PIN", price=333)
    await shop.receive("PIN", 500)
    await shop.execute("UPDATE products SET currency = :c, price = price - 1", c=currency)
    for _ in range(6):
        order_id = await shop.planned(("MUG", 3), ("CUP", 2), ("PIN", 7))
        for _ in range(8):
            await one_step(shop, order_id, dice)
            lines, order = await shop.lines(order_id), await shop.get(order_id)
            assert all(sum(line.values()) - line.get("removed", 0) == row.ordered for line, row in zip(
                await units(shop, order_id), lines, strict=True))  # fmt: skip
            charges = order.shipping + order.shipping_tax_added
            assert order.total == sum(line.total for line in lines) + charges
        await go_on(shop, order_id)
        await ship_all(shop, order_id)
        order = await shop.get(order_id)
        gone = [part for part in await shop.parts(order_id) if part.state is FulfillmentState.CLOSED]
        assert sum(part.amount for part in gone) == order.total
        for part in gone:
            assert sum(amount for _, amount in await shop.shares(part.id)) == part.amount
    await shop.check_books()


async def one_step(shop: Shop, order_id: UUID, dice: random.Random) -> None:
    """Something that somebody does to the order; what the rules refuse is no step."""
    sku = dice.choice(["MUG", "CUP", "PIN"])
    wishes = [
        Wish(ChangeKind.ADD_LINE, sku=sku, units=dice.randint(1, 3)),
        Wish(ChangeKind.QUANTITY, line=sku, units=dice.randint(0, 6)),
        Wish(ChangeKind.SERVICE, service=dice.choice(["standard", "express"])),
        Wish(ChangeKind.SWAP, line=sku, sku=dice.choice(["MUG", "CUP", "PIN"])),
    ]
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: change(shop, order_id, dice.choice(wishes), reason="dice"),
        lambda: change(shop, order_id, dice.choice(wishes), reason="dice"),
        lambda: cancel(shop, order_id, **{sku: 1}),
        lambda: go_on(shop, order_id),
    ]
    try:
        await dice.choice(steps)()
    except Failure:
        return


@pytest.mark.parametrize("count", [50, pytest.param(300, marks=pytest.mark.faults)])
async def test_change_cancel_and_ship_at_the_same_instant_have_one_outcome_each(
    shop: Shop, count: int
) -> None:
    await stocked(shop)
    await shop.execute("UPDATE products SET currency = 'EUR'")
    await shop.receive("MUG", 1000)
    orders = [await shop.planned(("MUG", 2)) for _ in range(count)]
    parts = [(await shop.parts(order_id))[0].id for order_id in orders]
    attempts: list[Callable[[], Awaitable[object]]] = []
    for order_id, part_id in zip(orders, parts, strict=True):
        attempts += [
            lambda o=order_id: change(shop, o, less(1)),  # type: ignore[misc]  # bound now
            lambda o=order_id: cancel(shop, o, MUG=1),  # type: ignore[misc]
            lambda o=order_id: shop.do(lambda s: cancellation.request(s, o, STAFF, "no")),  # type: ignore[misc]
            lambda p=part_id: shop.hand_over(p),  # type: ignore[misc]
        ]
    random.Random(6).shuffle(attempts)

    outcomes = await all_try(attempts, at_once=16)

    broken = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Failure)]
    assert broken == []
    for order_id in orders:
        (line,) = await shop.lines(order_id)
        places = (await units(shop, order_id))[0]
        assert sum(places.values()) - places.get("removed", 0) == line.ordered
    await shop.check_books()


async def test_an_order_that_cost_nothing_is_paid_for_what_is_added(shop: Shop) -> None:
    await stocked(shop)
    await shop.catalog("GIFT", price=0)
    await shop.receive("GIFT", 5)
    order_id = await shop.planned(("GIFT", 1))
    assert await shop.payments(order_id) == []

    await change(shop, order_id, CUP)
    await go_on(shop, order_id)

    (payment,) = await shop.payments(order_id)
    order = await shop.get(order_id)
    assert payment.amount == order.total == 1500
    assert await ship_all(shop, order_id) == [1500]
    await shop.check_books()
