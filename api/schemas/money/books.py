"""Trial balances, reversals, proofs, differences and margins, as they are sent and read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Identifier, Note, Out, Reason
from orderwright.domain.books.margin import Margin
from orderwright.domain.books.proof import Proof
from orderwright.domain.books.reconciliation import (
    MoneyDecision,
    PaymentDifferenceKind,
    PaymentDifferenceState,
)


class AccountView(Out):
    """One account in one currency, in minor units; debits positive."""

    account: str
    currency: str
    amount: int


class TrialView(Out):
    """Every account's balance. `off`: currencies that do not sum to zero, with the difference: none."""

    at: datetime | None
    balances: list[AccountView]
    off: dict[str, int]


class ReversalBody(Body):
    """A posted booking, by its source, and why it is wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"source": "fee/txn_3MmlLrLkdIwHu7ix0snN0B15", "why": "The fee was waived."}]
        }
    )

    source: Identifier
    why: Reason


class BookingView(Out):
    """A booking of the ledger. `reverses_id` is the one that it takes back."""

    id: UUID
    order_id: UUID | None
    kind: str
    source: str
    state: str
    posted_at: datetime | None
    reverses_id: UUID | None
    booked_by: str
    why: str


class ProofView(Out):
    """Whether what was ordered, charged, refunded, shipped and owed agrees. Amounts in minor units."""

    order_number: str
    proven: bool
    reasons: list[str]
    currency: str
    settled: bool
    ordered: int
    canceled_units: int
    canceled: int = Field(description="What the canceled units are worth, once no unit waits for a part")
    shipped: int = Field(description="What has left, with its share of the shipping")
    to_ship: int
    charged: int
    refunded: int
    refunds_promised: int
    owed: int = Field(description="What has left and is not charged yet")
    receivable: int = Field(description="Owed on terms")
    on_account: int = Field(description="Held for the order and never charged")

    @classmethod
    def of(cls, proof: Proof) -> Self:
        """From the record."""
        of = proof.figures
        return cls(
            order_number=of.number, proven=proof.proven, reasons=list(proof.reasons), currency=of.currency,
            settled=of.settled, ordered=of.ordered, canceled_units=of.canceled, canceled=of.dropped,
            shipped=of.shipped,
            to_ship=of.open, charged=of.charged, refunded=of.refunded, refunds_promised=of.promised,
            owed=of.owed, receivable=of.receivable, on_account=of.on_account,
        )  # fmt: skip


class PaymentDifferenceView(Out):
    """Where we and a payment provider do not say the same. Amounts in minor units of `currency`."""

    id: UUID
    provider: str
    kind: PaymentDifferenceKind
    state: PaymentDifferenceState
    reference: str = Field(description="The provider's payment or refund")
    order_id: UUID | None
    words: str
    ours: int | None
    theirs: int | None
    currency: str
    found_at: datetime
    gone_at: datetime | None
    decision: MoneyDecision | None
    decided_by: str | None
    decided_at: datetime | None
    note: str


class AdoptBody(Body):
    """The order whose money it is, by id or number; without one it stays unmatched."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"order": "ORD-10001", "note": "Paid by phone"}]}
    )

    order: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    note: Note = ""


class GiveBackBody(Body):
    """Why the money goes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "Taken by mistake"}]})

    note: Note = ""


class MarginView(Out):
    """What one order, line, customer or product earns: what has shipped, without tax, less its costs."""

    key: str
    currency: str
    units: int
    revenue: int
    product_cost: int
    label_cost: int
    fees: int
    refunds: int
    margin: int
    complete: bool = Field(description="Whether every cost is known in this currency")
    unknown_units: int = Field(description="Units whose cost is not in `product_cost`")
    other_labels: dict[str, int] = Field(description="Labels paid in other currencies, not in `label_cost`")
    other_fees: dict[str, int] = Field(description="Fees kept in other currencies, not in `fees`")


class MarginsView(Out):
    """Sums, by key and currency."""

    data: list[MarginView]

    @classmethod
    def of(cls, found: Sequence[Margin]) -> Self:
        """From the report."""
        return cls(data=[MarginView.model_validate(one) for one in found])
