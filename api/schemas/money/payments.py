"""Payments and refunds, as they are read. Amounts are integers in minor units."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from api.schemas.base import Out
from orderwright.domain.payments import (
    DisputeState,
    PaymentMethod,
    PaymentState,
    RefundKind,
    RefundState,
    RefundTo,
)
from orderwright.domain.status import Extent
from orderwright.persistence.tables import Payment, Refund, RefundLine
from orderwright.services.payments.outcomes import Unknown


class Outcome(StrEnum):
    """Whether all calls about a payment were answered, or looked up since."""

    KNOWN = "known"
    UNKNOWN = "unknown"


class UnknownCallView(Out):
    """It was sent and not answered; it is looked up at the provider, then adopted or made again, once."""

    call: str = Field(description="authorize, capture, void or refund")
    since: datetime


class PaymentView(Out):
    """One attempt to get the money. `action_url` is there only while the customer must act."""

    id: UUID
    method: PaymentMethod
    instrument: int = Field(description="Its place: money is taken from the lowest first")
    state: PaymentState
    amount: int
    currency: str
    captured: int
    refunded: int
    reference: str | None
    action_url: str | None
    failure: str | None
    authorized_at: datetime | None
    raises_id: UUID | None = Field(
        description="The payment whose authorization is raised by this one instead of a second one beside it"
    )
    deposit: bool = Field(description="Paid at once, and kept until goods ship")
    deposited_at: datetime | None = Field(description="When a card's deposit was taken")
    expires_at: datetime | None
    created_at: datetime
    outcome: Outcome = Field(
        default=Outcome.KNOWN, description="`unknown`: more may have happened than `state` and amounts say"
    )
    unknown_calls: list[UnknownCallView] = Field(default=[])

    @classmethod
    def of(cls, payment: Payment, unknown: Sequence[Unknown]) -> Self:
        """From the row, and the calls without a known outcome of this and other payments."""
        view = cls.model_validate(payment)
        view.unknown_calls = [
            UnknownCallView.model_validate(one) for one in unknown if one.payment_id == payment.id
        ]
        view.outcome = Outcome.UNKNOWN if view.unknown_calls else Outcome.KNOWN
        return view

    @model_validator(mode="after")
    def _link_while_needed(self) -> Self:
        if self.state is not PaymentState.ACTION_REQUIRED:
            self.action_url = None
        return self


class RefundLineView(Out):
    """What a refund is for. `amount` holds its `tax`."""

    kind: RefundKind
    line_id: UUID | None
    units: int
    amount: int
    tax: int


class RefundView(Out):
    """Money given back, of one payment."""

    id: UUID
    payment_id: UUID
    amount: int
    currency: str
    state: RefundState
    destination: RefundTo
    reason: str
    created_at: datetime
    lines: list[RefundLineView]

    @classmethod
    def of(cls, refund: Refund, lines: Sequence[RefundLine]) -> Self:
        """From the row, and the lines of this and other refunds."""
        own = {name: getattr(refund, name) for name in cls.model_fields if name != "lines"}
        return cls(
            **own, lines=[RefundLineView.model_validate(one) for one in lines if one.refund_id == refund.id]
        )


class DisputeView(Out):
    """Money that the customer's bank wants back; evidence goes to the provider by `evidence_due`."""

    id: UUID
    payment_id: UUID
    reference: str
    amount: int
    currency: str
    reason: str
    state: DisputeState
    taken: bool = Field(description="Whether the bank has the money, or only asks or announces")
    evidence_due: datetime | None
    opened_at: datetime
    closed_at: datetime | None


class RefundsView(Out):
    """One refund for each payment that the money comes from."""

    data: list[RefundView]


class PaymentStatusView(Out):
    """Derived: how much of the money, as far as it is known."""

    authorize: Extent
    charge: Extent
    refund: Extent
    unknown: bool = Field(description="A call was sent and not answered: it may be more")
