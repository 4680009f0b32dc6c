"""Of which stages must customer or business be told?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orderwright.domain.orders import ENDS, CancelState, HoldType, OrderState


class Stage(StrEnum):
    """What people are told; a subject (a hold, a fulfillment order, a refund) may follow after a colon."""

    RECEIVED = "received"
    BACKORDERED = "backordered"
    APPROVAL_NEEDED = "approval_needed"
    ACTION_NEEDED = "action_needed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELED = "canceled"
    CANCEL_REFUSED = "cancel_refused"
    PARTLY_CANCELED = "partly_canceled"
    REFUNDED = "refunded"


TO_BUSINESS = frozenset({Stage.APPROVAL_NEEDED})


@dataclass(frozen=True, slots=True)
class Progress:
    """One fulfillment order as far as people are told of it."""

    id: str
    shipped: bool
    delivered: bool


def reached(
    state: OrderState,
    cancel: CancelState,
    *,
    verified: bool,
    promises: int,
    holds: Iterable[tuple[str, HoldType]],
    parts: Iterable[Progress],
    refunds: Iterable[str],
) -> Sequence[str]:
    """Every stage reached, oldest first. An order that was never verified is told only its end."""
    stages = [Stage.RECEIVED.value] if verified else []
    if promises and state not in ENDS:
        stages.append(f"{Stage.BACKORDERED}:{promises}")
    for hold, kind in holds:
        if kind is HoldType.APPROVAL:
            stages.append(f"{Stage.APPROVAL_NEEDED}:{hold}")
        if kind is HoldType.PAYMENT:
            stages.append(f"{Stage.ACTION_NEEDED}:{hold}")
    for part in parts:
        stages.extend(_of_part(part))
    if state in (OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED):
        stages.append(Stage.CANCELED.value)
    elif cancel is CancelState.REFUSED:
        stages.append(Stage.CANCEL_REFUSED.value)
    elif cancel is CancelState.PARTLY:
        stages.append(Stage.PARTLY_CANCELED.value)
    stages.extend(f"{Stage.REFUNDED}:{refund}" for refund in refunds)
    return stages


def _of_part(part: Progress) -> Iterator[str]:
    if part.shipped:
        yield f"{Stage.SHIPPED}:{part.id}"
    if part.delivered:
        yield f"{Stage.DELIVERED}:{part.id}"
