"""Returns: previewed, asked for, decided, received, inspected."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Floor, InContainer, Reader, Staff
from api.paging import InPage
from api.routes.parameters import OrderName
from api.schemas.aftersale.returns import (
    InspectReturnBody,
    ReceiveReturnBody,
    ReturnBody,
    ReturnDecisionBody,
    ReturnPreviewView,
    ReturnView,
)
from api.schemas.base import Listing, Lookup
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.returns.states import ReturnState
from orderwright.persistence.tables import Return
from orderwright.services.orders import reading as orders
from orderwright.services.returns import coming, deciding, inspecting, judging, reading, requesting

router = APIRouter(prefix="/v1", tags=["returns"], route_class=Once)
ReturnName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Its id or number", examples=["RET-10001"])
]


@router.post("/orders/{order}/returns/preview", operation_id="previewReturn")
async def preview_return(
    order: OrderName, body: ReturnBody, _actor: Reader, session: InTransaction
) -> ReturnPreviewView:
    """What the rules say, and what would be given back if all comes as new. Nothing is changed."""
    order_id = await orders.order_id(session, order)
    return ReturnPreviewView.of(await judging.preview(session, order_id, body.wanted(), datetime.now(UTC)))


@router.post("/orders/{order}/returns", operation_id="requestReturn", status_code=201)
async def request_return(
    order: OrderName,
    body: ReturnBody,
    actor: Reader,
    session: InTransaction,
    wake: Wake,
    container: InContainer,
) -> ReturnView:
    """Ask for a return. 409 `return_refused`: the rules do not let it come back, and why; `not_enough`: what
    is wanted in exchange is not there.
    """
    order_id = await orders.order_id(session, order)
    row = await requesting.request(
        session, order_id, body.wanted(), actor, datetime.now(UTC), base=container.settings.base_currency
    )
    return await _told(session, row, wake)


@router.get("/returns", operation_id="listReturns")
async def list_returns(
    _actor: Reader,
    session: InTransaction,
    page: InPage,
    state: Annotated[ReturnState | None, Query(alias="filter[state]")] = None,
    order: Annotated[Lookup | None, Query(alias="filter[order]")] = None,
) -> Listing[ReturnView]:
    """Returns, oldest first."""
    order_id = None if order is None else await orders.order_id(session, order)
    rows = await reading.listed(
        session, state=state, order_id=order_id, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda record: (record.row.id,))
    return Listing(data=[ReturnView.of(record) for record in shown], next=following)


@router.get("/returns/{name}", operation_id="readReturn")
async def read_return(name: ReturnName, _actor: Reader, session: InTransaction) -> ReturnView:
    """One return."""
    return ReturnView.of(await reading.one(session, await reading.return_id(session, name)))


@router.post("/returns/{name}/approve", operation_id="approveReturn")
async def approve_return(
    name: ReturnName, body: ReturnDecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> ReturnView:
    """The customer may send it."""
    return_id = await reading.return_id(session, name)
    row = await deciding.approve(session, return_id, actor, datetime.now(UTC), body.note)
    return await _told(session, row, wake)


@router.post("/returns/{name}/decline", operation_id="declineReturn")
async def decline_return(
    name: ReturnName, body: ReturnDecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> ReturnView:
    """It may not come back."""
    row = await deciding.decline(session, await reading.return_id(session, name), actor, body.note)
    return await _told(session, row, wake)


@router.post("/returns/{name}/cancel", operation_id="cancelReturn")
async def cancel_return(
    name: ReturnName, body: ReturnDecisionBody, actor: Reader, session: InTransaction, wake: Wake
) -> ReturnView:
    """Nothing is sent after all: the label is voided, the units may be announced again."""
    row = await deciding.cancel(session, await reading.return_id(session, name), actor, body.note)
    return await _told(session, row, wake)


@router.post("/returns/{name}/receive", operation_id="receiveReturn")
async def receive_return(
    name: ReturnName, body: ReceiveReturnBody, actor: Floor, session: InTransaction, wake: Wake
) -> ReturnView:
    """Goods are there, all or some of them."""
    return_id = await reading.return_id(session, name)
    row = await coming.receive(session, return_id, body.came(), actor, datetime.now(UTC), body.note)
    return await _told(session, row, wake)


@router.post("/returns/{name}/inspect", operation_id="inspectReturn")
async def inspect_return(
    name: ReturnName, body: InspectReturnBody, actor: Floor, session: InTransaction, wake: Wake
) -> ReturnView:
    """Say of every unit that came how it is and what becomes of it; the refund follows."""
    return_id = await reading.return_id(session, name)
    found = [line.inspected() for line in body.lines]
    row = await inspecting.inspect(session, return_id, found, actor, datetime.now(UTC))
    return await _told(session, row, wake)


async def _told(session: AsyncSession, row: Return, wake: Wake) -> ReturnView:
    record = await reading.one(session, row.id)
    wake(row.order_id)
    if record.swap is not None:
        wake(record.swap.row.order_id)
    return ReturnView.of(record)
