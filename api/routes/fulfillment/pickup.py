"""The counter: what lies ready, who collects it with which code, and how long it is kept."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.access import Floor
from api.problems import problem
from api.routes.fulfillment.parts import told
from api.schemas.fulfillment import CodeBody, FulfillmentView, KeepBody
from api.transaction import InTransaction, Once, Wake
from orderwright.services.fulfillment import pickup
from orderwright.services.fulfillment.pickup import Outcome

router = APIRouter(prefix="/v1/fulfillment-orders", tags=["pickup"], route_class=Once)
WORDS = {
    Outcome.WRONG_CODE: "That is not the code of this fulfillment order.",
    Outcome.LOCKED: "Too many wrong codes: operations has to look at it first.",
}


@router.post("/{fulfillment_id}/ready", operation_id="readyForPickup")
async def ready(fulfillment_id: UUID, actor: Floor, session: InTransaction, wake: Wake) -> FulfillmentView:
    """It lies at the counter: the customer is told, with the code and the deadline."""
    await pickup.ready_at_station(session, fulfillment_id, actor, datetime.now(UTC))
    return await told(session, fulfillment_id, actor, wake)


@router.post(
    "/{fulfillment_id}/collect",
    operation_id="collectPickup",
    response_model=FulfillmentView,
    responses={409: {"description": "A wrong code, which is counted, or one too many"}},
)
async def collect(
    fulfillment_id: UUID, body: CodeBody, actor: Floor, session: InTransaction, wake: Wake, request: Request
) -> FulfillmentView | JSONResponse:
    """Hand it out for the customer's code; the money is taken. Wrong codes are counted."""
    found = await pickup.collect(session, fulfillment_id, actor, body.code)
    if found.outcome is Outcome.COLLECTED:
        return await told(session, fulfillment_id, actor, wake)
    return problem(  # returned, not raised: the wrong code is counted in this transaction
        request, 409, found.outcome.value, WORDS[found.outcome], more={"tries_left": found.tries_left}
    )


@router.post("/{fulfillment_id}/keep", operation_id="keepPickup")
async def keep(
    fulfillment_id: UUID, body: KeepBody, actor: Floor, session: InTransaction, wake: Wake
) -> FulfillmentView:
    """Put the collection deadline off."""
    await pickup.extend(session, fulfillment_id, actor, body.collect_by, datetime.now(UTC))
    return await told(session, fulfillment_id, actor, wake)
