"""What can be wrong with a delivery, what is offered for it, and what happens where nobody decides?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from orderwright.domain.fulfillment.shipping import ShipmentState


class CaseKind(StrEnum):
    """What is wrong."""

    DELAYED = "delayed"
    DAMAGED = "damaged"
    LOST = "lost"
    REFUSED = "refused"
    RETURN_TO_SENDER = "return_to_sender"
    ADDRESS_PROBLEM = "address_problem"
    NEVER_ARRIVED = "never_arrived"
    MISSING = "missing"
    WRONG = "wrong"


class CaseState(StrEnum):
    """`expired`: its deadline has decided."""

    OPEN = "open"
    RESOLVED = "resolved"
    EXPIRED = "expired"


class Origin(StrEnum):
    """Who has found it."""

    CARRIER = "carrier"
    GUARDIAN = "guardian"
    CLAIM = "claim"


class WayOut(StrEnum):
    """What is done. `arrived` is no choice: the parcel came after all. `dismiss`: nothing."""

    RESHIP = "reship"
    REFUND = "refund"
    WAIT = "wait"
    DISMISS = "dismiss"
    ARRIVED = "arrived"


class ClaimState(StrEnum):
    """Our claim at the carrier."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"


class ClaimType(StrEnum):
    """What a carrier's claim is for, in his words."""

    DAMAGE = "damage"
    LOSS = "loss"
    THEFT = "theft"


NEEDS_EVIDENCE = frozenset({ClaimType.DAMAGE, ClaimType.THEFT})
"""Claims that no carrier takes without a picture or paper. Source: EasyPost's guide to claims."""


def claim_type(kind: CaseKind, *, arrived: bool) -> ClaimType:
    """`arrived`: the carrier says that he has delivered the parcel."""
    if kind is CaseKind.DAMAGED:
        return ClaimType.DAMAGE
    return ClaimType.THEFT if arrived or kind is CaseKind.MISSING else ClaimType.LOSS


CLAIM_FOLLOWS: Mapping[ClaimState, ClaimState] = {
    ClaimState.ACCEPTED: ClaimState.FILED,
    ClaimState.REJECTED: ClaimState.FILED,
    ClaimState.PAID: ClaimState.ACCEPTED,
}
"""Each answer of a carrier and what it comes after."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a case asks. `ways`: offered, the first recommended; `at_deadline`: its end after `days`."""

    question: str
    ways: tuple[WayOut, ...]
    days: int
    at_deadline: WayOut

    @property
    def patience(self) -> timedelta:
        """How long a person has."""
        return timedelta(days=self.days)


_GONE = (WayOut.RESHIP, WayOut.REFUND, WayOut.DISMISS)
_ON_THE_WAY = (WayOut.WAIT, WayOut.RESHIP, WayOut.REFUND, WayOut.DISMISS)
_SENT_BACK = (WayOut.REFUND, WayOut.RESHIP, WayOut.DISMISS)

RULES: Mapping[CaseKind, Rule] = {
    CaseKind.DELAYED: Rule("The parcel comes later than promised.", _ON_THE_WAY, 7, WayOut.DISMISS),
    CaseKind.DAMAGED: Rule("The parcel, or what is in it, is damaged.", _GONE, 7, WayOut.DISMISS),
    CaseKind.LOST: Rule("The carrier has lost the parcel.", _GONE, 3, WayOut.REFUND),
    CaseKind.REFUSED: Rule("The customer has refused the parcel.", _SENT_BACK, 7, WayOut.REFUND),
    CaseKind.RETURN_TO_SENDER: Rule("The parcel is coming back to us.", _SENT_BACK, 7, WayOut.REFUND),
    CaseKind.ADDRESS_PROBLEM: Rule(
        "The carrier cannot deliver to the address.", _ON_THE_WAY, 5, WayOut.DISMISS
    ),
    CaseKind.NEVER_ARRIVED: Rule("The customer says that it never arrived.", _GONE, 7, WayOut.DISMISS),
    CaseKind.MISSING: Rule("The customer says that something is missing.", _GONE, 7, WayOut.DISMISS),
    CaseKind.WRONG: Rule("The customer says that something else was sent.", _GONE, 7, WayOut.DISMISS),
}

CLAIMABLE = frozenset({CaseKind.DAMAGED, CaseKind.NEVER_ARRIVED, CaseKind.MISSING, CaseKind.WRONG})
"""What customers and staff may say of a parcel."""

NEEDS_ARRIVAL = CLAIMABLE - {CaseKind.NEVER_ARRIVED}
"""What can only be said of a parcel that is there."""

CARRIERS_FAULT = frozenset({CaseKind.LOST, CaseKind.DAMAGED, CaseKind.MISSING, CaseKind.NEVER_ARRIVED})
"""What a carrier may owe us money for."""

OVER_AT_ARRIVAL = frozenset(
    {CaseKind.DELAYED, CaseKind.LOST, CaseKind.ADDRESS_PROBLEM, CaseKind.NEVER_ARRIVED}
)
"""What is answered by the parcel's arrival."""


def kind_of(status: ShipmentState, problem: CaseKind | None) -> CaseKind | None:
    """What a scan is a case of; None: nothing is wrong. A carrier's own detail says more than its status."""
    if problem is not None:
        return problem
    match status:
        case ShipmentState.LOST:
            return CaseKind.LOST
        case ShipmentState.RETURNING | ShipmentState.RETURNED:
            return CaseKind.RETURN_TO_SENDER
        case ShipmentState.EXCEPTION:
            return CaseKind.DELAYED
        case _:
            return None
