"""Gift cards and store credit, as they are issued and read. Amounts are integers in minor units."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Currency, Flag, Identifier, Moment, Out, Positive, Text
from orderwright.domain.payments import BalanceMove, PaymentMethod
from orderwright.persistence.tables import Balance


class GiftCardBody(Body):
    """A new gift card: sold (its money is in the bank), or granted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": 5000, "currency": "EUR", "reason": "till 4"}]}
    )

    amount: Positive
    currency: Currency
    granted: Flag = Field(default=False, description="Given away: goodwill, and no money came in")
    reason: Text = ""
    expires_at: Moment | None = Field(default=None, description="None: it never ends")


class BlockBody(Body):
    """Why a gift card is blocked, or may be used again."""

    reason: Text = Field(min_length=1)


class GiftCardCodeBody(Body):
    """A gift card by its code; in a body, so that no log holds it."""

    code: Identifier


class CreditBody(Body):
    """More store credit."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": 500, "currency": "EUR", "reason": "late parcel"}]}
    )

    amount: Positive
    currency: Currency
    reason: Text = ""


class BalanceView(Out):
    """A gift card or store credit. `available` is what is not held for orders under way."""

    id: UUID
    kind: PaymentMethod
    currency: str
    balance: int
    held: int
    available: int
    last4: str | None = Field(description="The end of a gift card's code")
    customer_id: UUID | None
    expires_at: datetime | None
    blocked_at: datetime | None
    blocked_why: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: Balance) -> Self:
        """From the row."""
        own = {name: getattr(row, name) for name in cls.model_fields if name != "available"}
        return cls(**own, available=row.balance - row.held)


class IssuedView(Out):
    """A new gift card. Its code is told once: a repeat with the same Idempotency-Key answers without it."""

    card: BalanceView
    code: str | None


class CreditView(Out):
    """A customer's store credit, by currency."""

    data: list[BalanceView]


class BalanceEntryView(Out):
    """One move: `amount` changes the balance, `held` what of it is reserved."""

    seq: int
    kind: BalanceMove
    amount: int
    held: int
    order_id: UUID | None
    payment_id: UUID | None
    actor: str
    why: str
    at: datetime
