"""Of which stages must customer or business be told?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orderwright.domain.changes.wishes import ChangeState
from orderwright.domain.orders import ENDS, CancelState, HoldType, OrderState


class Stage(StrEnum):
    """What people are told; a subject (a hold, part, document, refund, return) may follow a colon."""

    RECEIVED = "received"
    BACKORDERED = "backordered"
    APPROVAL_NEEDED = "approval_needed"
    ACTION_NEEDED = "action_needed"
    SHIPPED = "shipped"
    INVOICED = "invoiced"
    DELAYED = "delayed"
    READY_FOR_PICKUP = "ready_for_pickup"
    KEPT_FOR_PICKUP = "kept_for_pickup"
    DELIVERED = "delivered"
    CANCELED = "canceled"
    CANCEL_REFUSED = "cancel_refused"
    PARTLY_CANCELED = "partly_canceled"
    REFUNDED = "refunded"
    CHANGED = "changed"
    CHANGE_REFUSED = "change_refused"
    CHANGE_UNDONE = "change_undone"
    RETURN_APPROVED = "return_approved"
    RETURN_DECLINED = "return_declined"
    RETURN_RECEIVED = "return_received"
    NOTE = "note"


_CHANGES = {
    ChangeState.APPLIED: Stage.CHANGED,
    ChangeState.REFUSED: Stage.CHANGE_REFUSED,
    ChangeState.TAKEN_BACK: Stage.CHANGE_UNDONE,
}
TO_BUSINESS = frozenset({Stage.APPROVAL_NEEDED})
BY_MAIL_ALONE = frozenset({Stage.INVOICED})
"""What is a paper, which nobody reads as a text message."""

URGENT = frozenset({Stage.READY_FOR_PICKUP, Stage.KEPT_FOR_PICKUP, Stage.ACTION_NEEDED})
"""What may ring at night: a code to collect with, a payment without which the order ends."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One fulfillment order as far as people are told of it. `ready`: it lies at the counter, or has lain.

    `kept` is the deadline to which its collection was moved, as `pickup.moved_to` names it; `late_to` the day
    on which a late parcel comes.
    """

    id: str
    shipped: bool
    delivered: bool
    pickup: bool = False
    ready: bool = False
    kept: str = ""
    late_to: str = ""

    def stages(self) -> Sequence[Stage]:
        """How far it has come; what is collected is never told to be on its way."""
        reached = [
            (Stage.READY_FOR_PICKUP, self.ready),
            (Stage.SHIPPED, self.shipped and not self.pickup),
            (Stage.DELIVERED, self.delivered),
        ]
        return [stage for stage, so in reached if so]

    def moved(self) -> Sequence[str]:
        """Days that have become others."""
        late = f"{Stage.DELAYED}:{self.id}@{self.late_to}" if self.late_to and not self.delivered else ""
        kept = f"{Stage.KEPT_FOR_PICKUP}:{self.id}@{self.kept}" if self.kept else ""
        return [stage for stage in (late, kept) if stage]


def reached(
    state: OrderState,
    cancel: CancelState,
    *,
    verified: bool,
    promises: int,
    holds: Iterable[tuple[str, HoldType]],
    parts: Iterable[Progress],
    invoices: Iterable[str],
    refunds: Iterable[str],
    changes: Iterable[tuple[int, ChangeState]] = (),
) -> Sequence[str]:
    """Every stage reached, oldest first. An order that was never verified is told only its end.

    `refunds`: those that were given, so that there is the credit memo that goes along.
    """
    stages = [Stage.RECEIVED.value] if verified else []
    if promises and state not in ENDS:
        stages.append(f"{Stage.BACKORDERED}:{promises}")
    for hold, kind in holds:
        if kind is HoldType.APPROVAL:
            stages.append(f"{Stage.APPROVAL_NEEDED}:{hold}")
        if kind is HoldType.PAYMENT:
            stages.append(f"{Stage.ACTION_NEEDED}:{hold}")
    for part in parts:
        stages.extend(f"{stage}:{part.id}" for stage in part.stages())
        stages.extend(part.moved())
    stages.extend(f"{Stage.INVOICED}:{invoice}" for invoice in invoices)
    if state in (OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED):
        stages.append(Stage.CANCELED.value)
    elif cancel is CancelState.REFUSED:
        stages.append(Stage.CANCEL_REFUSED.value)
    elif cancel is CancelState.PARTLY:
        stages.append(Stage.PARTLY_CANCELED.value)
    stages.extend(f"{Stage.REFUNDED}:{refund}" for refund in refunds)
    stages.extend(f"{_CHANGES[how]}:{number}" for number, how in changes if how in _CHANGES)
    return stages
