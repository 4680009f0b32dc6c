"""Saved cards, as they are read."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.base import Out


class SavedMethodView(Out):
    """A card that the payment provider keeps. Empty: the provider did not say."""

    id: UUID = Field(description="What `payment.saved` of an order names")
    provider: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    created_at: datetime
