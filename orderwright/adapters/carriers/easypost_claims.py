"""EasyPost's claims for insured parcels: what is sent, and what its states mean."""

from base64 import b64encode
from decimal import ROUND_DOWN, Decimal
from typing import Any

from orderwright.domain.delivery.cases import ClaimState
from orderwright.domain.money import Money
from orderwright.ports.carriers import FiledClaim, Filing

CURRENCY = "USD"
STATES = {
    "approved": ClaimState.ACCEPTED,
    "approved_partial": ClaimState.ACCEPTED,
    "rejected": ClaimState.REJECTED,
    "cancelled": ClaimState.REJECTED,
}
"""All others are on their way. Source: EasyPost's reference of claims."""


def filed(filing: Filing, key: str) -> dict[str, object]:
    """Parameters of a new claim. Files go as base64 without a prefix."""
    return {
        "tracking_code": filing.tracking_code,
        "type": filing.type.value,
        "amount": str(filing.amount.major()),
        "description": filing.description,
        "contact_email": filing.contact_email,
        "payment_method": "easypost_wallet",
        "reference": key,
        "supporting_documentation_attachments": [b64encode(one).decode() for one in filing.evidence],
    }


def read(claim: Any) -> FiledClaim:  # Any: the SDK's Claim
    """What it says now; an amount only where it is approved."""
    state = STATES.get(claim.status, ClaimState.FILED)
    approved = getattr(claim, "approved_amount", None) if state is ClaimState.ACCEPTED else None
    words = str(getattr(claim, "status_detail", None) or "")[:500]
    return FiledClaim(claim.id, state, None if approved is None else _minor(approved), words)


def _minor(text: str | float) -> int:
    return Money.of(Decimal(str(text)).quantize(Decimal("0.01"), ROUND_DOWN), CURRENCY).amount
