"""What is owed, and what carriers remit, as they are sent and read. Amounts are integers in minor units."""

from datetime import UTC, date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Currency, Identifier, Lookup, Moment, Out, Positive
from orderwright.domain.books.aging import Bucket
from orderwright.domain.payments import PaymentMethod, TransferState
from orderwright.services.receivables.remitting import Collected, NewRemittance, Record


class OpenItemView(Out):
    """A part that has left and is not paid. `manual`: the customer owes it; else the carrier who collects."""

    order_id: UUID
    order_number: str
    customer_id: UUID
    channel: str
    method: PaymentMethod
    document: str | None = Field(description="The invoice")
    carrier: str | None
    tracking_code: str | None
    currency: str
    amount: int
    settled: int = Field(description="Paid or credited")
    open: int
    due_on: date
    days_overdue: int
    bucket: Bucket


class AgedView(Out):
    """All that is open of one kind and currency."""

    method: PaymentMethod
    currency: str
    open: int
    buckets: dict[Bucket, int] = Field(description="By days past due")


class RemittanceLineBody(Body):
    """What was collected for one parcel."""

    parcel: Identifier = Field(description="Its tracking code, else the order's number")
    amount: Positive


class RemittanceBody(Body):
    """What a carrier pays over of the cash it has collected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "carrier": "UPS",
                    "reference": "COD-2026-48",
                    "currency": "EUR",
                    "lines": [{"parcel": "ORD-10001", "amount": 3000}],
                }
            ]
        }
    )

    carrier: Identifier
    reference: Identifier = Field(description="The carrier's own: told again it changes nothing")
    currency: Currency
    lines: list[RemittanceLineBody] = Field(min_length=1, max_length=1000)
    received_at: Moment | None = Field(default=None, description="Default: now")

    def remittance(self) -> NewRemittance:
        """As the services have it."""
        lines = [Collected(line.parcel, line.amount) for line in self.lines]
        at = self.received_at or datetime.now(UTC)
        return NewRemittance(self.carrier, self.reference, self.currency, lines, at)


class ParcelBody(Body):
    """Whose parcel it was: the order's number or id."""

    order: Lookup


class GivenBackBody(Body):
    """The money was sent back to the carrier, outside of this system."""


class RemittanceLineView(Out):
    """One parcel. `used` of it settles what was owed; `missing` stays open; the rest is owed back."""

    id: UUID
    named: str
    amount: int
    used: int
    missing: int
    state: TransferState
    order_id: UUID | None


class RemittanceView(Out):
    """One remittance with its lines."""

    id: UUID
    carrier: str
    reference: str
    amount: int
    currency: str
    received_at: datetime
    created_at: datetime
    lines: list[RemittanceLineView]

    @classmethod
    def of(cls, record: Record) -> "RemittanceView":
        """From the record."""
        own = {name: getattr(record.row, name) for name in cls.model_fields if name != "lines"}
        return cls(**own, lines=[RemittanceLineView.model_validate(line) for line in record.lines])
