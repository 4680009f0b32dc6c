"""The rules of returns: read, and set anew."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.access import Staff
from api.schemas.aftersale.policies import (
    ReturnPoliciesView,
    ReturnPolicyBody,
    ReturnPolicyView,
    SegmentBody,
)
from api.transaction import InTransaction, Once
from orderwright.domain.returns.rules import STANDARD_POLICY
from orderwright.services import customers
from orderwright.services.returns import policies

router = APIRouter(prefix="/v1", tags=["returns"], route_class=Once)


@router.get("/return-policies", operation_id="listReturnPolicies")
async def list_return_policies(_actor: Staff, session: InTransaction) -> ReturnPoliciesView:
    """Every version, the newest, which is in force, first."""
    rows = [ReturnPolicyView.model_validate(row) for row in await policies.listed(session)]
    return ReturnPoliciesView(data=[*rows, ReturnPolicyView.standard(STANDARD_POLICY)])


@router.post("/return-policies", operation_id="putReturnPolicy", status_code=201)
async def put_return_policy(body: ReturnPolicyBody, actor: Staff, session: InTransaction) -> ReturnPolicyView:
    """A new version, in force from now on; returns that are open keep theirs."""
    row = await policies.put(session, body.policy(), actor, note=body.note)
    return ReturnPolicyView.model_validate(row)


@router.put("/customers/{customer_id}/segment", operation_id="setCustomerSegment", status_code=204)
async def set_customer_segment(
    customer_id: UUID, body: SegmentBody, _actor: Staff, session: InTransaction
) -> Response:
    """Which group of customers the rules count him in."""
    await customers.set_segment(session, customer_id, body.segment or "")
    return Response(status_code=204)
