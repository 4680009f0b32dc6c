"""Fulfillment orders: what the floor has to do, and what it says."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Floor
from api.paging import InPage
from api.routes.parameters import file_of
from api.schemas.base import Listing, Lookup
from api.schemas.fulfillment import FulfillmentView, ShortBody, WhyBody
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.access import Actor
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.services.fulfillment import documents, shorting, station
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1/fulfillment-orders", tags=["fulfillment"], route_class=Once)


@router.get("", operation_id="listFulfillmentOrders")
async def list_fulfillment_orders(
    actor: Floor,
    session: InTransaction,
    page: InPage,
    location: Annotated[Lookup | None, Query(alias="filter[location]")] = None,
    state: Annotated[list[FulfillmentState] | None, Query(alias="filter[state]", max_length=10)] = None,
) -> Listing[FulfillmentView]:
    """Fulfillment orders, oldest first, with lines and parcels."""
    rows = await reading.parts(
        session, location=location, states=state or (), after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda part: (part.row.id,))
    return Listing(data=[FulfillmentView.to(part, actor) for part in shown], next=following)


@router.get("/{fulfillment_id}", operation_id="readFulfillmentOrder")
async def read_fulfillment_order(
    fulfillment_id: UUID, actor: Floor, session: InTransaction
) -> FulfillmentView:
    """One fulfillment order."""
    return FulfillmentView.to(await reading.part(session, fulfillment_id), actor)


@router.get(
    "/{fulfillment_id}/packing-slip",
    operation_id="readPackingSlip",
    response_class=Response,
    responses=file_of(documents.PDF),
)
async def read_packing_slip(fulfillment_id: UUID, _actor: Floor, session: InTransaction) -> Response:
    """The packing slip, as it was made."""
    slip = await documents.packing_slip(session, fulfillment_id)
    return Response(slip.content, media_type=slip.media_type)


@router.post("/{fulfillment_id}/accept", operation_id="acceptFulfillment")
async def accept(fulfillment_id: UUID, actor: Floor, session: InTransaction, wake: Wake) -> FulfillmentView:
    """Take the work on."""
    await station.accept(session, fulfillment_id, actor)
    return await told(session, fulfillment_id, actor, wake)


@router.post("/{fulfillment_id}/reject", operation_id="rejectFulfillment")
async def reject(
    fulfillment_id: UUID, body: WhyBody, actor: Floor, session: InTransaction, wake: Wake
) -> FulfillmentView:
    """Give it back: the units look for another location."""
    await station.reject(session, fulfillment_id, actor, body.reason)
    return await told(session, fulfillment_id, actor, wake)


@router.post("/{fulfillment_id}/pick", operation_id="pickFulfillment")
async def pick(fulfillment_id: UUID, actor: Floor, session: InTransaction, wake: Wake) -> FulfillmentView:
    """Begin to pick: from here on it cannot be canceled."""
    await station.pick(session, fulfillment_id, actor)
    return await told(session, fulfillment_id, actor, wake)


@router.post("/{fulfillment_id}/short", operation_id="shortFulfillment")
async def short(
    fulfillment_id: UUID, body: ShortBody, actor: Floor, session: InTransaction, wake: Wake
) -> FulfillmentView:
    """Fewer units are there: the missing ones look for another location, the rest goes on."""
    found = {line.sku: line.found for line in body.lines}
    await shorting.short_at_station(session, fulfillment_id, actor, found, body.reason)
    return await told(session, fulfillment_id, actor, wake)


@router.post("/{fulfillment_id}/ship", operation_id="shipFulfillment")
async def ship(fulfillment_id: UUID, actor: Floor, session: InTransaction, wake: Wake) -> FulfillmentView:
    """The parcel is with the carrier."""
    await station.ship(session, fulfillment_id, actor)
    return await told(session, fulfillment_id, actor, wake)


async def told(session: AsyncSession, fulfillment_id: UUID, actor: Actor, wake: Wake) -> FulfillmentView:
    """The fulfillment order as it is now, its run woken after the answer."""
    part = await reading.part(session, fulfillment_id)
    wake(part.row.order_id)
    return FulfillmentView.to(part, actor)
