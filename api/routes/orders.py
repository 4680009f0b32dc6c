"""Orders: taken, found, read."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.access import InContainer, Reader, Staff
from api.answers import Created
from api.paging import InPage
from api.routes.parameters import OrderName
from api.schemas.base import Listing, Lookup, Moment
from api.schemas.orders import (
    EventView,
    OrderSummary,
    OrderView,
    SourcingView,
    SourcingViews,
)
from api.schemas.placing import PlaceOrder
from api.taxed import TaxedAhead, tax_ahead
from api.transaction import InTransaction, Once
from api.versions import tag
from orderwright.domain.orders import OrderState, Scope
from orderwright.services.orders import placing, reading
from orderwright.services.orders.reading import OrderRecord
from orderwright.services.orders.searching import OrderFilter, OrderPage, search

router = APIRouter(prefix="/v1/orders", tags=["orders"], route_class=Once)


class Sort(StrEnum):
    """How a list of orders is sorted; a minus is newest first."""

    NEWEST_PLACED = "-placed_at"
    PLACED = "placed_at"
    NEWEST = "-id"
    OLDEST = "id"


@router.post(
    "", operation_id="placeOrder", status_code=201, response_model=OrderView,
    dependencies=[Depends(tax_ahead)],
)  # fmt: skip
async def place_order(
    body: PlaceOrder,
    actor: Reader,
    session: InTransaction,
    container: InContainer,
    tax: TaxedAhead,
    wait: Annotated[
        float, Query(ge=0, le=30, description="Seconds to wait until it is accepted, held or at an end")
    ] = 0,
) -> Response:
    """Take an order, at the catalog's prices. It is committed before this answers, whatever else is down."""
    record = await placing.place(session, body.order(), actor, tax, base=container.settings.base_currency)
    staff = actor.may(Scope.OPERATIONS)
    return Created(OrderView.of(record, staff=staff), container, staff=staff, wait=wait)


def order_filter(
    state: Annotated[list[OrderState] | None, Query(alias="filter[state]", max_length=10)] = None,
    channel: Annotated[Lookup | None, Query(alias="filter[channel]")] = None,
    email: Annotated[Lookup | None, Query(alias="filter[email]")] = None,
    sku: Annotated[Lookup | None, Query(alias="filter[sku]")] = None,
    po_number: Annotated[Lookup | None, Query(alias="filter[po_number]")] = None,
    external_id: Annotated[Lookup | None, Query(alias="filter[external_id]")] = None,
    tracking: Annotated[Lookup | None, Query(alias="filter[tracking]")] = None,
    customer_id: Annotated[UUID | None, Query(alias="filter[customer_id]")] = None,
    needs_person: Annotated[bool | None, Query(alias="filter[needs_person]")] = None,
    created_from: Annotated[Moment | None, Query(alias="filter[created_at][gte]")] = None,
    created_to: Annotated[Moment | None, Query(alias="filter[created_at][lt]")] = None,
) -> OrderFilter:
    """The filters of the query."""
    return OrderFilter(
        states=state or (), channel=channel, email=email, sku=sku, po_number=po_number,
        external_id=external_id, tracking=tracking, customer_id=customer_id, needs_person=needs_person,
        created_from=created_from, created_to=created_to,
    )  # fmt: skip


@router.get("", operation_id="listOrders")
async def list_orders(
    _actor: Reader,
    session: InTransaction,
    page: InPage,
    wanted: Annotated[OrderFilter, Depends(order_filter)],
    sort: Sort = Sort.NEWEST_PLACED,
) -> Listing[OrderSummary]:
    """Orders that fit all filters, in pages."""
    by, newest = sort.value.lstrip("-"), sort.value.startswith("-")
    after = page.after(_placed if by == "placed_at" else _id_only)
    rows = await search(session, wanted, OrderPage(by, newest, after, page.wanted))
    shown, following = page.cut(rows, lambda record: _key(record, by))
    return Listing(data=[OrderSummary.of(record) for record in shown], next=following)


def _placed(moment: str, order_id: str) -> tuple[datetime | None, UUID]:
    return datetime.fromisoformat(moment), UUID(order_id)


def _id_only(order_id: str) -> tuple[datetime | None, UUID]:
    return None, UUID(order_id)


def _key(record: OrderRecord, by: str) -> tuple[Any, ...]:  # Any: a moment and an id
    order = record.order
    return (order.placed_at.isoformat(), order.id) if by == "placed_at" else (order.id,)


@router.get("/{order}", operation_id="readOrder")
async def read_order(
    order: OrderName, actor: Reader, session: InTransaction, response: Response
) -> OrderView:
    """One order by id or number, with everything that belongs to it."""
    record = await reading.order(session, order)
    tag(response, record.order.version)
    return OrderView.of(record, staff=actor.may(Scope.OPERATIONS))


@router.get("/{order}/timeline", operation_id="readTimeline")
async def read_timeline(
    order: OrderName, _actor: Reader, session: InTransaction, page: InPage
) -> Listing[EventView]:
    """All that has happened to it, oldest first: who, what, why."""
    order_id = await reading.order_id(session, order)
    after = page.after(int) or 0
    rows = await reading.timeline(session, order_id, after=min(after, 2**62), limit=page.wanted)
    shown, following = page.cut(rows, lambda event: (event.seq,))
    return Listing(data=[EventView.model_validate(event) for event in shown], next=following)


@router.get("/{order}/sourcing", operation_id="readSourcing")
async def read_sourcing(order: OrderName, _actor: Staff, session: InTransaction) -> SourcingViews:
    """Why its units ship from where they ship."""
    rows = await reading.sourcing(session, await reading.order_id(session, order))
    return SourcingViews(data=[SourcingView.of(row) for row in rows])
