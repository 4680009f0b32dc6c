"""Routing profiles and what they would have changed, as they are sent and read."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Note, Out, Slug
from orderwright.domain.sourcing import ProfileState
from orderwright.services.orders.unroutable import Unroutable
from orderwright.services.sourcing.explaining import in_words
from orderwright.services.sourcing.routing import ProfileData

Points = Annotated[int, Field(strict=True, ge=0, le=10**15)]


class ProfileBody(Body):
    """A version of rules: the locations with the fewest points ship, if together they have everything."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "cheap-hands", "parcel": 5000, "km": 1, "cost": 10}]}
    )

    name: Slug
    parcel: Points = Field(description="Points for each location used: each is a parcel")
    km: Points = Field(description="Points for each kilometer to the customer")
    cost: Points = Field(description="Points for each minor unit of a location's handling cost")
    postage: Points = Field(default=0, description="Points for each minor unit of the label to be expected")
    late: Points = Field(default=0, description="Points for each working day after the best promise")
    load: Points = Field(default=0, description="Points for each percent of the day's capacity in use")
    balance: Points = Field(default=0, description="Points for each percent of its free units it would give")
    margin: Points = Field(default=0, description="Points for each minor unit that the goods cost there")
    note: Note = ""

    def data(self) -> ProfileData:
        """As the services have it."""
        return ProfileData(**self.model_dump())


class ProfileView(Out):
    """A version of rules. It is never changed; at most one is `active`."""

    id: UUID
    name: str
    version: int
    state: ProfileState
    parcel: int = Field(validation_alias="parcel_points")
    km: int = Field(validation_alias="km_points")
    cost: int = Field(validation_alias="cost_points")
    postage: int = Field(validation_alias="postage_points")
    late: int = Field(validation_alias="late_points")
    load: int = Field(validation_alias="load_points")
    balance: int = Field(validation_alias="balance_points")
    margin: int = Field(validation_alias="margin_points")
    note: str
    created_by: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None


class FiguresView(Out):
    """Sums over all choices. `labels` in minor units of `currency`, estimated from past labels."""

    rules: str
    parcels: int
    split: int = Field(description="Orders that ship from more than one location")
    km: int
    handling: int = Field(description="Minor units, of the locations used")
    labels: int = Field(description="Minor units, as they were to be expected")
    estimated: int = Field(description="Parcels whose label price is an estimate by way and weight")
    cost: int = Field(description="Labels and handling")
    days: int = Field(description="Working days until each order's last part is there, summed up")
    kept: int = Field(description="Orders that would have been there by the day the customer was told")


class ChangeView(Out):
    """An order that would have shipped from elsewhere. Differences: the draft's less the base's."""

    order: str
    before: list[str]
    after: list[str]
    parcels: int
    km: int
    cost: int
    days: int


class WhatIfView(Out):
    """Two sets of rules over the same past choices; nothing is changed by asking."""

    cases: int
    cut: bool = Field(description="There were more choices than are looked at")
    currency: str | None
    base: FiguresView
    draft: FiguresView
    later: int = Field(description="Orders that the draft would have promised for a later day")
    changes: list[ChangeView]


class UnroutableView(Out):
    """An order that no location can or will ship, until a person retries it or cancels those units."""

    order_id: UUID
    order_number: str
    task_id: UUID | None = Field(description="The question: approve is retry, reject cancels the units")
    reason: str = Field(description="Why there is no place for them")
    missing: dict[str, int] = Field(description="Units per SKU")
    locations: list[dict[str, Any]] = Field(  # Any: JSON, as the sourcing wrote it
        description="Where it may not ship from: `location`, `constraint`, `reason`, `free`"
    )
    words: list[str] = Field(description="The whole decision in sentences, and what may be done")
    opened_at: datetime
    deadline: datetime | None

    @classmethod
    def of(cls, row: Unroutable) -> Self:
        """From the record."""
        decision, hold = row.decision or {}, row.hold
        return cls(
            order_id=hold.order_id, order_number=row.order_number, task_id=row.task_id,
            reason=decision.get("reason", hold.words), missing=decision.get("missing", {}),
            locations=decision.get("excluded", []), words=in_words(decision) if decision else [],
            opened_at=hold.opened_at, deadline=hold.deadline,
        )  # fmt: skip
