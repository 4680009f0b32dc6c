"""Money for the trouble, and how much of it an agent may give a day."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas.base import Body, Minor, Out, Positive, Reason
from orderwright.domain.payments import RefundTo


class AppeasementBody(Body):
    """Of what was paid for the order, in minor units."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": 500, "to": "store_credit", "reason": "late again"}]}
    )

    amount: Positive
    to: Literal[RefundTo.ORIGINAL, RefundTo.STORE_CREDIT] = RefundTo.STORE_CREDIT
    reason: Reason


class AppeasementView(Out):
    """What was given, by whom."""

    id: UUID
    order_id: UUID
    agent: str
    amount: int
    currency: str
    destination: RefundTo
    reason: str
    given_at: datetime


class AppeasementLimitBody(Body):
    """What may be given away a day. Without `agent`: by everybody who has no limit of his own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"currency": "EUR", "per_day": 5000}]})

    agent: Annotated[str, StringConstraints(max_length=100)] = ""
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    per_day: Minor


class AppeasementLimitView(Out):
    """A limit, in minor units a day (UTC)."""

    agent: str = Field(description="A key's name; empty: everybody without a limit of his own")
    currency: str
    per_day: int
    set_by: str
    set_at: datetime
