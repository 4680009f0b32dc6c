"""Bank transfers, as the bank tells them and as they are read. Amounts are integers in minor units."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Currency, Identifier, Lookup, Moment, Out, Positive, Text
from orderwright.domain.payments import TransferState
from orderwright.services.payments.receiving import Incoming


class BankTransferBody(Body):
    """A transfer on our account. The order is found by its number in the `reference`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "bank_id": "2026-11-25/0017",
                    "amount": 3000,
                    "currency": "EUR",
                    "reference": "ORD-10001",
                }
            ]
        }
    )

    bank_id: Identifier = Field(description="The bank's own id: told again it changes nothing")
    amount: Positive
    currency: Currency
    reference: Text
    received_at: Moment | None = Field(default=None, description="Default: now")

    def incoming(self) -> Incoming:
        """As the services have it."""
        at = self.received_at or datetime.now(UTC)
        return Incoming(self.bank_id, self.amount, self.currency, self.reference, at)


class AssignBody(Body):
    """Whose transfer it is: the order's number or id."""

    order: Lookup


class ReturnBody(Body):
    """The money was sent back, outside of this system."""


class BankTransferView(Out):
    """One transfer. `used` of it pays its order; the rest is owed back."""

    id: UUID
    bank_id: str
    amount: int
    used: int
    currency: str
    reference: str
    state: TransferState
    order_id: UUID | None
    received_at: datetime
    created_at: datetime
