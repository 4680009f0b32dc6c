"""Drop shipping: a purchase order to the supplier, his answers, his carrier. And third-party logistics."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.stock.units import Position
from orderwright.persistence import locks
from orderwright.persistence.tables import FulfillmentOrder, Inbox, PurchaseOrder
from orderwright.services import events
from orderwright.services.fulfillment import handing, purchasing, shipping
from orderwright.services.orders import cancellation
from tests.shop import NOW, STORE, Shop, all_try

PARCEL = {"carrier": "DPD", "tracking_code": "0150", "tracking_url": "https://tracking.example/0150"}


async def stocked(shop: Shop, *skus: str, role: str = "supplier") -> None:
    """Goods that only a supplier in Berlin has, the first at 3.50."""
    await shop.catalog(*skus, at=("BER", "PAR"))
    kind = "supplier" if role == "supplier" else "http"
    await shop.execute("UPDATE locations SET role = :r, kind = :k WHERE code = 'BER'", r=role, k=kind)
    for sku in skus:
        await shop.receive(sku, 5, at="BER")
    await shop.execute("UPDATE stock_levels SET unit_cost = 350 WHERE sku = :s", s=skus[0])


async def ordered(shop: Shop, *lines: tuple[str, int]) -> tuple[UUID, FulfillmentOrder]:
    """An order whose part the supplier has."""
    await stocked(shop, *dict(lines))
    order_id = await shop.planned(*lines)
    part = await shop.live_part(order_id)
    assert await shop.do(lambda session: handing.order_from(session, part.id))
    return order_id, await shop.live_part(order_id)


async def said(shop: Shop, part: FulfillmentOrder, kind: str, **data: Any) -> None:
    """His event, applied. Any: JSON."""
    event = Inbox(
        source="supplier", event_id=kind, kind=f"warehouse.{kind}", reference=str(part.id), occurred_at=NOW,
        data=data,
    )  # fmt: skip
    await shop.do(lambda session: events.apply(session, event))


async def purchases(shop: Shop) -> list[PurchaseOrder]:
    query = select(PurchaseOrder).order_by(PurchaseOrder.number)
    return list(await shop.do(lambda session: _all(session, query)))


async def _all(session: Any, query: Any) -> Any:  # Any: rows of one table
    return (await session.scalars(query)).all()


async def test_a_supplier_gets_a_purchase_order_at_his_costs_and_no_label(shop: Shop) -> None:
    order_id, part = await ordered(shop, ("MUG", 2), ("CUP", 1))

    (purchase,) = await purchases(shop)
    assert (purchase.number, purchase.supplier, purchase.state) == ("PO-000001", "BER", PurchaseState.SENT)
    assert (purchase.currency, purchase.total) == ("EUR", 700)
    terms = await shop.do(lambda session: purchasing.terms(session, part.id))
    assert terms is not None
    assert terms.unit_costs == {"CUP": 0, "MUG": 350}
    assert (part.state, part.needs_label) == (FulfillmentState.RELEASED, False)
    assert not await shop.do(lambda session: shipping.may_ship(session, part.id))
    assert not (await shop.position(order_id)).part(part.id).needs_label


async def test_released_twice_it_is_ordered_once_and_numbers_have_no_gap(shop: Shop) -> None:
    _, part = await ordered(shop, ("MUG", 1))

    again = await shop.do(lambda session: handing.order_from(session, part.id))
    other = await shop.live_part(await shop.planned(("MUG", 1)))
    with pytest.raises(ZeroDivisionError):
        await shop.do(lambda session: _ordered_and_lost(session, other.id))
    await shop.do(lambda session: handing.order_from(session, other.id))

    assert again is True
    assert [one.number for one in await purchases(shop)] == ["PO-000001", "PO-000002"]


async def _ordered_and_lost(session: Any, part_id: UUID) -> None:  # Any: a session
    await handing.order_from(session, part_id)
    raise ZeroDivisionError


async def test_a_purchase_in_two_currencies_is_refused(shop: Shop) -> None:
    await stocked(shop, "MUG", "CUP")
    order_id = await shop.planned(("MUG", 1), ("CUP", 1))
    part = await shop.live_part(order_id)
    await shop.execute("UPDATE products SET currency = 'USD' WHERE sku = 'CUP'")

    with pytest.raises(Invalid, match="two currencies"):
        await shop.do(lambda session: handing.order_from(session, part.id))

    assert await purchases(shop) == []
    assert (await shop.live_part(order_id)).state is FulfillmentState.OPEN


async def test_he_accepts_ships_with_his_carrier_and_says_when_it_arrived(shop: Shop) -> None:
    order_id, part = await ordered(shop, ("MUG", 2))

    await said(shop, part, "accepted")
    accepted = (await purchases(shop))[0].state
    await said(shop, part, "shipped", parcel=PARCEL)
    parcel = await shop.shipment(part.id)
    position = await shop.position(order_id)
    await said(shop, part, "delivered")

    assert accepted is PurchaseState.ACCEPTED
    assert (await purchases(shop))[0].state is PurchaseState.SHIPPED
    assert (parcel.carrier, parcel.tracking_code, parcel.tracking_url) == tuple(PARCEL.values())
    assert (parcel.state, parcel.amount) == (ShipmentState.HANDED_OVER, None)
    assert position.part(part.id).capture_due
    assert f"shipped:{part.id}" in position.stages_due
    assert (await shop.lines(order_id))[0].delivered == 2
    assert await shop.level("MUG", "BER") == Position(3, 0)
    await shop.check_books()


async def test_delivered_before_shipped_is_the_same_in_the_end(shop: Shop) -> None:
    order_id, part = await ordered(shop, ("MUG", 2))

    await said(shop, part, "delivered")
    await said(shop, part, "shipped", parcel=PARCEL)

    parcel = await shop.shipment(part.id)
    assert (parcel.state, parcel.tracking_code) == (ShipmentState.DELIVERED, "0150")
    assert (await shop.lines(order_id))[0].delivered == 2
    assert await shop.level("MUG", "BER") == Position(3, 0)


async def test_a_warehouse_that_names_a_parcel_does_not_change_the_one_we_bought(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    part = await shop.live_part(await shop.released(("MUG", 1)))

    await said(shop, part, "shipped", parcel=PARCEL)

    assert (await shop.shipment(part.id)).tracking_code == f"TR-{part.id}"


async def test_he_rejects_and_the_units_look_elsewhere(shop: Shop) -> None:
    order_id, part = await ordered(shop, ("MUG", 2))
    await shop.receive("MUG", 5, at="PAR")

    await said(shop, part, "rejected", reason="discontinued")
    await shop.reserve(order_id)
    await shop.plan(order_id)

    (purchase,) = await purchases(shop)
    assert (purchase.state, purchase.reason) == (PurchaseState.REJECTED, "discontinued")
    again = await shop.live_part(order_id)
    assert (again.location, again.needs_label) == ("PAR", True)


async def test_he_gives_back_what_he_has_not_begun(shop: Shop) -> None:
    order_id, part = await ordered(shop, ("MUG", 2))

    await shop.do(lambda session: cancellation.request(session, order_id, STORE, "changed my mind"))
    await said(shop, part, "recall_accepted")

    assert (await purchases(shop))[0].state is PurchaseState.CANCELED
    assert (await shop.get(order_id)).state.value == "canceled"
    assert (await shop.lines(order_id))[0].canceled == 2


async def test_third_party_logistics_is_a_warehouse_of_another_role(shop: Shop) -> None:
    """Asked, accepted, rejected, recalled: all of it as our own warehouse; the role changes nothing."""
    await stocked(shop, "MUG", role="third_party")
    rejected = await shop.live_part(await shop.released(("MUG", 1)))
    recalled = await shop.live_part(await shop.released(("MUG", 1)))
    shipped = await shop.live_part(await shop.released(("MUG", 1)))

    await said(shop, shipped, "accepted")
    accepted = (await shop.live_part(shipped.order_id)).partner
    await said(shop, shipped, "shipped")
    await said(shop, rejected, "rejected", reason="no room")
    await shop.do(lambda session: cancellation.request(session, recalled.order_id, STORE, "no"))
    await said(shop, recalled, "recall_accepted")

    assert accepted is PartnerState.ACCEPTED
    assert rejected.needs_label
    assert await purchases(shop) == []
    assert (await shop.lines(shipped.order_id))[0].shipped == 1
    assert (await shop.lines(rejected.order_id))[0].unallocated == 1
    assert (await shop.lines(recalled.order_id))[0].canceled == 1
    assert (await shop.parts(rejected.order_id))[0].partner is PartnerState.REJECTED


async def test_orders_handed_over_at_once_get_numbers_without_a_gap(shop: Shop) -> None:
    await stocked(shop, "MUG")
    await shop.receive("MUG", 20, at="BER")
    parts = [await shop.live_part(await shop.planned(("MUG", 1))) for _ in range(12)]

    def hand_over(part: FulfillmentOrder) -> Callable[[], Awaitable[bool]]:
        async def locked(session: AsyncSession) -> bool:
            await locks.order_of(session, part.id)
            return await handing.order_from(session, part.id)

        return lambda: shop.do(locked)

    outcomes = await all_try([hand_over(part) for part in parts for _ in range(2)], at_once=12)

    assert outcomes == [True] * 24
    assert [one.number for one in await purchases(shop)] == [f"PO-{n:06}" for n in range(1, 13)]
