"""Appeasements: money for the trouble, within what an agent may give a day."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.access import Allow, Staff
from api.routes.parameters import OrderName
from api.schemas.aftersale.appeasements import (
    AppeasementBody,
    AppeasementLimitBody,
    AppeasementLimitView,
    AppeasementView,
)
from api.schemas.base import Listing
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.access import Actor
from orderwright.domain.orders import Scope
from orderwright.services.delivery import appeasing
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", tags=["appeasements"], route_class=Once)
Admin = Annotated[Actor, Depends(Allow(Scope.ADMIN))]


@router.post("/orders/{order}/appeasements", operation_id="appeaseCustomer", status_code=201)
async def appease_customer(
    order: OrderName, body: AppeasementBody, actor: Staff, session: InTransaction, wake: Wake
) -> AppeasementView:
    """Give some of what was paid, as store credit or to where it came from."""
    order_id = await reading.order_id(session, order)
    given = await appeasing.appease(session, order_id, body.amount, actor, to=body.to, reason=body.reason)
    wake(order_id)
    return AppeasementView.model_validate(given)


@router.get("/appeasement-limits", operation_id="listAppeasementLimits")
async def list_limits(_actor: Staff, session: InTransaction) -> Listing[AppeasementLimitView]:
    """What agents may give away a day."""
    rows = await appeasing.limits(session)
    return Listing(data=[AppeasementLimitView.model_validate(row) for row in rows])


@router.put("/appeasement-limits", operation_id="setAppeasementLimit")
async def set_limit(body: AppeasementLimitBody, actor: Admin, session: InTransaction) -> AppeasementLimitView:
    """Set what an agent, or everybody without a limit of his own, may give away a day."""
    row = await appeasing.set_limit(session, body.agent, body.currency, body.per_day, actor)
    return AppeasementLimitView.model_validate(row)
