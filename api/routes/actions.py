"""What is done with an order that is taken: cancel, hold, decide, send elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import InContainer, Reader, Staff
from api.routes.parameters import OrderName
from api.schemas.aftersale.canceling import named
from api.schemas.customers import AddressBody
from api.schemas.holds import HoldView, TaskView
from api.schemas.money.payments import RefundsView, RefundView
from api.schemas.money.refunds import RefundBody
from api.schemas.orders import (
    CancelAnswer,
    CancelBody,
    DecisionBody,
    HoldBody,
    OrderView,
    ReleaseBody,
)
from api.transaction import InTransaction, Once, Wake
from api.versions import IfMatch, expected, tag
from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.orders import CancelState, Decision
from orderwright.domain.status import allowed_for
from orderwright.ports.tax import TaxEngine
from orderwright.services.changes import addressing, asking
from orderwright.services.orders import cancellation, decisions, holding, reading, unroutable
from orderwright.services.payments import giving_back

router = APIRouter(prefix="/v1", route_class=Once)


@asynccontextmanager
async def explained(session: AsyncSession, order_id: UUID, actor: Actor) -> AsyncIterator[None]:
    """A refusal by the order's state also says what may be done instead."""
    try:
        yield
    except Conflict as refused:
        allowed = allowed_for(await reading.facts(session, order_id), actor)
        refused.more = {**refused.more, "allowed_actions": allowed}
        raise


@router.post(
    "/orders/{order}/cancel", operation_id="cancelOrder", tags=["orders"],
    responses={202: {"model": CancelAnswer, "description": "The warehouse is asked: look at Location"}},
)  # fmt: skip
async def cancel_order(
    order: OrderName, body: CancelBody, actor: Reader, session: InTransaction, wake: Wake, response: Response
) -> CancelAnswer:
    """Cancel the order, or units of its lines.

    200: canceled. 202: the warehouse is asked to give it back. 409: picking has begun.
    """
    order_id = await reading.order_id(session, order)
    async with explained(session, order_id, actor):
        if body.lines:
            state = await asking.cancel(session, order_id, actor, body.reason, named(body.lines))
        else:
            state = await cancellation.request(session, order_id, actor, body.reason)
    wake(order_id)
    where = f"/v1/orders/{order_id}"
    if state is CancelState.REQUESTED:
        response.status_code = 202
        response.headers["Location"] = where
    return CancelAnswer(state=state, order=where)


@router.put("/orders/{order}/address", operation_id="changeAddress", tags=["orders"])
async def change_address(
    order: OrderName,
    body: AddressBody,
    actor: Staff,
    session: InTransaction,
    wake: Wake,
    container: InContainer,
    response: Response,
    if_match: IfMatch = None,
) -> OrderView:
    """Send it elsewhere in the same country, while no label is bought. An address hold ends."""
    version, there = expected(if_match), body.address()

    async def change(transaction: AsyncSession, tax: TaxEngine | None) -> UUID:
        order_id = await reading.order_id(transaction, order)
        async with explained(transaction, order_id, actor):
            return await addressing.change_address(transaction, order_id, there, version, actor, tax)

    order_id = await change(session, await container.tax.engine(change))
    wake(order_id)
    record = await reading.order(session, order_id)
    tag(response, record.order.version)
    return OrderView.of(record, staff=True)


@router.post("/orders/{order}/holds", operation_id="holdOrder", status_code=201, tags=["holds"])
async def hold_order(
    order: OrderName, body: HoldBody, actor: Staff, session: InTransaction, wake: Wake
) -> HoldView:
    """Stop the order until somebody releases it."""
    order_id = await reading.order_id(session, order)
    async with explained(session, order_id, actor):
        hold = await holding.open_manual(session, order_id, actor, body.reason, body.deadline)
    wake(order_id)
    return HoldView.model_validate(hold)


@router.post("/orders/{order}/refunds", operation_id="refundOrder", status_code=201, tags=["orders"])
async def refund_order(
    order: OrderName, body: RefundBody, actor: Staff, session: InTransaction, wake: Wake
) -> RefundsView:
    """Give captured money back: units, shipping, an amount or everything; also of a completed order."""
    order_id = await reading.order_id(session, order)
    async with explained(session, order_id, actor):
        refunds = await giving_back.request(session, order_id, actor, body.wanted())
    wake(order_id)
    lines = await reading.lines_of(session, refunds)
    return RefundsView(data=[RefundView.of(refund, lines) for refund in refunds])


@router.post("/holds/{hold_id}/release", operation_id="releaseHold", tags=["holds"])
async def release_hold(
    hold_id: UUID, body: ReleaseBody, actor: Staff, session: InTransaction, wake: Wake
) -> HoldView:
    """Let the order go on."""
    hold = await holding.release(session, hold_id, actor, body.reason)
    wake(hold.order_id)
    return HoldView.model_validate(hold)


@router.post("/orders/{order}/approve", operation_id="approveOrder", tags=["orders"])
async def approve_order(
    order: OrderName, body: DecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> TaskView:
    """Approve the order that waits for it."""
    return await _decide_order(session, order, Decision.APPROVE, actor, body.note, wake)


@router.post("/orders/{order}/reject", operation_id="rejectOrder", tags=["orders"])
async def reject_order(
    order: OrderName, body: DecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> TaskView:
    """Reject the order that waits for approval."""
    return await _decide_order(session, order, Decision.REJECT, actor, body.note, wake)


@router.post("/orders/{order}/retry", operation_id="retryOrder", tags=["orders"])
async def retry_order(
    order: OrderName, body: DecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> OrderView:
    """Look for a place for its units once more, also where they were refused or not found before."""
    order_id = await reading.order_id(session, order)
    async with explained(session, order_id, actor):
        await unroutable.retry(session, order_id, actor, body.note)
    wake(order_id)
    return OrderView.of(await reading.order(session, order_id), staff=True)


async def _decide_order(
    session: AsyncSession, order: str, decision: Decision, actor: Actor, note: str, wake: Wake
) -> TaskView:
    order_id = await reading.order_id(session, order)
    async with explained(session, order_id, actor):
        task = await decisions.decide_order(session, order_id, decision, actor, note)
    wake(order_id)
    return TaskView.of(*await reading.task(session, task.id))
