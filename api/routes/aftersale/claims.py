"""Claims at carriers: what they owe us for a case."""

from uuid import UUID

from fastapi import APIRouter

from api.access import InContainer, Staff
from api.schemas.aftersale.cases import CarrierClaimBody, CarrierClaimView, ClaimAnswerBody
from api.transaction import InTransaction, Once
from orderwright.domain.delivery.cases import ClaimState
from orderwright.services.delivery import claiming

router = APIRouter(prefix="/v1", tags=["cases"], route_class=Once)


@router.post("/cases/{case_id}/carrier-claim", operation_id="fileCarrierClaim", status_code=201)
async def file_claim(
    case_id: UUID, body: CarrierClaimBody, actor: Staff, session: InTransaction, container: InContainer
) -> CarrierClaimView:
    """Ask the carrier for money, once per case, whatever is done for the customer."""
    claim = await claiming.file(session, case_id, body.amount, actor, body.filed(container.claims_in))
    return CarrierClaimView.model_validate(claim)


@router.post("/carrier-claims/{claim_id}/accept", operation_id="acceptCarrierClaim")
async def accept_claim(
    claim_id: UUID, body: ClaimAnswerBody, actor: Staff, session: InTransaction
) -> CarrierClaimView:
    """The carrier will pay, perhaps less: he owes it to us."""
    claim = await claiming.answer(
        session, claim_id, ClaimState.ACCEPTED, actor, amount=body.amount, reference=body.reference or ""
    )
    return CarrierClaimView.model_validate(claim)


@router.post("/carrier-claims/{claim_id}/reject", operation_id="rejectCarrierClaim")
async def reject_claim(
    claim_id: UUID, body: ClaimAnswerBody, actor: Staff, session: InTransaction
) -> CarrierClaimView:
    """The carrier will not pay."""
    claim = await claiming.answer(
        session, claim_id, ClaimState.REJECTED, actor, reference=body.reference or ""
    )
    return CarrierClaimView.model_validate(claim)


@router.post("/carrier-claims/{claim_id}/paid", operation_id="paidCarrierClaim")
async def paid_claim(
    claim_id: UUID, body: ClaimAnswerBody, actor: Staff, session: InTransaction
) -> CarrierClaimView:
    """It came off what we owe the carrier."""
    claim = await claiming.answer(session, claim_id, ClaimState.PAID, actor, reference=body.reference or "")
    return CarrierClaimView.model_validate(claim)
