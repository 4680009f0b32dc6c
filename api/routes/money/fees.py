"""Fees: what orders bear by rule beside their lines and shipping."""

from fastapi import APIRouter

from api.access import Staff
from api.schemas.pricing.tariffs import FeeBody, FeesView, FeeView
from api.transaction import InTransaction, Once
from orderwright.services.pricing import tariffs

router = APIRouter(prefix="/v1/fees", tags=["pricing"], route_class=Once)


@router.put("", operation_id="putFee")
async def put_fee(body: FeeBody, _actor: Staff, session: InTransaction) -> FeeView:
    """Make or change the fee of that code and currency, for orders from now on."""
    return FeeView.model_validate(await tariffs.put_fee(session, body.data()))


@router.get("", operation_id="listFees")
async def list_fees(_actor: Staff, session: InTransaction) -> FeesView:
    """All fees, those that have ended too."""
    return FeesView(data=[FeeView.model_validate(row) for row in await tariffs.fees(session)])
