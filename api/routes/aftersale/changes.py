"""An order is changed, and lines of it canceled: shown first, then made as it was shown."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import InContainer, Reader
from api.routes.actions import explained
from api.routes.parameters import OrderName
from api.schemas.aftersale.canceling import named
from api.schemas.aftersale.changes import (
    CancelPreview,
    ChangeBody,
    ChangePreview,
    ChangesView,
    ChangeView,
    ConfirmBody,
)
from api.schemas.orders import CancelBody
from api.transaction import InTransaction, Once, Wake
from orderwright.container import Container
from orderwright.domain.access import Actor
from orderwright.domain.changes.wishes import ChangeState
from orderwright.persistence.tables import OrderChange
from orderwright.ports.tax import TaxEngine
from orderwright.services.changes import asking, previewing
from orderwright.services.changes.applying import Made
from orderwright.services.changes.asking import Asked
from orderwright.services.changes.compensations import Compensations
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", route_class=Once, tags=["orders"])


def _asked(body: ChangeBody, actor: Actor, container: Container, tax: TaxEngine | None) -> Asked:
    minutes = container.settings.change_window_minutes
    window = None if minutes is None else timedelta(minutes=minutes)
    return Asked(body.wishes(), actor, body.reason, window, tax)


@router.post("/orders/{order}/changes/preview", operation_id="previewChange")
async def preview_change(
    order: OrderName, body: ChangeBody, actor: Reader, session: InTransaction, container: InContainer
) -> ChangePreview:
    """What a change would do to lines, stock, parcels and money. Nothing is changed."""

    async def look(transaction: AsyncSession, tax: TaxEngine | None) -> tuple[Made, Compensations]:
        order_id = await reading.order_id(transaction, order)
        async with explained(transaction, order_id, actor):
            return await previewing.change(transaction, order_id, _asked(body, actor, container, tax))

    made, undone = await look(session, await container.tax.engine(look))
    return ChangePreview.of(made, undone)


@router.post(
    "/orders/{order}/changes", operation_id="changeOrder", status_code=201,
    responses={202: {"model": ChangeView, "description": "The warehouse is asked first: look at its state"}},
)  # fmt: skip
async def change_order(
    order: OrderName,
    body: ConfirmBody,
    actor: Reader,
    session: InTransaction,
    wake: Wake,
    container: InContainer,
    response: Response,
) -> ChangeView:
    """Make a change as its preview showed it. 409 `stale_preview`: something has moved, look again.

    202: a warehouse has parts of it and is asked to give them back; refused by it, nothing changes.
    """

    async def make(transaction: AsyncSession, tax: TaxEngine | None) -> tuple[UUID, OrderChange]:
        order_id = await reading.order_id(transaction, order)
        async with explained(transaction, order_id, actor):
            asked = _asked(body, actor, container, tax)
            return order_id, await asking.confirm(transaction, order_id, asked, body.fingerprint)

    order_id, row = await make(session, await container.tax.engine(make))
    wake(order_id)
    if row.state is ChangeState.AWAITING_RECALL:
        response.status_code = 202
    return ChangeView.of(row)


@router.get("/orders/{order}/changes", operation_id="listChanges")
async def list_changes(order: OrderName, _: Reader, session: InTransaction) -> ChangesView:
    """Every confirmed change of an order, oldest first."""
    order_id = await reading.order_id(session, order)
    return ChangesView(data=[ChangeView.of(row) for row in await previewing.all_of(session, order_id)])


@router.post("/orders/{order}/cancel/preview", operation_id="previewCancel")
async def preview_cancel(
    order: OrderName, body: CancelBody, actor: Reader, session: InTransaction
) -> CancelPreview:
    """What a cancel, of the order or of lines, would undo; at which cost, with which chance."""
    order_id = await reading.order_id(session, order)
    async with explained(session, order_id, actor):
        shown = await previewing.cancel(session, order_id, actor, named(body.lines))
    return CancelPreview.model_validate(shown)
