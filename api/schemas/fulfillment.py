"""Fulfillment orders and parcels, as they are read, and what the station says."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Identifier, Measure, Moment, Out, Reason, Text, clean
from orderwright.domain.access import Actor
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState, PartnerState
from orderwright.domain.orders import Scope
from orderwright.services.orders.reading import ParcelRecord, PartRecord


class OfferView(Out):
    """One carrier's price, in minor units, and why it was or was not taken."""

    carrier: str
    service: str
    amount: int
    currency: str
    arrives: date | None
    chosen: bool
    reason: str


class ScanView(Out):
    """What the carrier saw."""

    status: ShipmentState
    at: datetime
    received_at: datetime


class ShipmentView(Out):
    """One parcel. `amount` (the label's price) and `offers` are for operations and the warehouse."""

    id: UUID
    order_id: UUID
    fulfillment_id: UUID
    state: ShipmentState
    carrier: str | None
    service: str | None
    tracking_code: str | None
    tracking_url: str | None
    amount: int | None
    currency: str | None
    grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    promised_on: date | None
    delivered_at: datetime | None
    created_at: datetime
    label: str = Field(description="Where the label is read once it is bought")
    offers: list[OfferView]
    scans: list[ScanView]

    @classmethod
    def of(cls, parcel: ParcelRecord, *, costs: bool = True) -> "ShipmentView":
        """From the record; `costs` False leaves out what the labels cost us."""
        row = parcel.row
        own = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        own["amount"] = row.amount if costs else None
        return cls(
            **own,
            label=f"/v1/shipments/{row.id}/label",
            offers=[OfferView.model_validate(offer) for offer in parcel.offers] if costs else [],
            scans=[ScanView.model_validate(scan) for scan in parcel.scans],
        )


class FulfillmentLineView(Out):
    """Units of one order line."""

    line_id: UUID
    sku: str
    units: int


class PartView(Out):
    """One order's units at one location. `state` is ours, `partner` what the warehouse has said."""

    id: UUID
    order_id: UUID
    order_number: str
    number: int
    location: str
    service: str
    state: FulfillmentState
    partner: PartnerState
    partner_reason: str
    amount: int = Field(description="What its shipping captures, in the order's minor units")
    captured: int
    promised_on: date | None
    released_at: datetime | None
    recall_sent_at: datetime | None
    shipped_at: datetime | None
    method: DeliveryMethod
    pickup_code: str | None = Field(description="Opens the counter; for the customer and operations only")
    ready_at: datetime | None
    collect_by: datetime | None
    created_at: datetime
    packing_slip: str = Field(description="Where the packing slip is read once it is made")
    lines: list[FulfillmentLineView]

    @classmethod
    def of(cls, part: PartRecord) -> Self:
        """From the record."""
        own = {name: getattr(part.row, name) for name in cls.model_fields if hasattr(part.row, name)}
        lines = [FulfillmentLineView.model_validate(line) for line in part.lines]
        slip = f"/v1/fulfillment-orders/{part.row.id}/packing-slip"
        return cls(
            **own, order_number=part.order_number, service=part.service, packing_slip=slip, lines=lines,
            **cls.beside(part),
        )  # fmt: skip

    @classmethod
    def beside(cls, _part: PartRecord) -> dict[str, list[ShipmentView]]:
        """What a fuller view adds."""
        return {}


class FulfillmentView(PartView):
    """A fulfillment order with its parcels: what the floor works on. The slip alone has name and address."""

    shipments: list[ShipmentView]

    @classmethod
    def beside(cls, _part: PartRecord) -> dict[str, list[ShipmentView]]:
        """Its parcels."""
        return {"shipments": [ShipmentView.of(parcel) for parcel in _part.parcels]}

    @classmethod
    def to(cls, part: PartRecord, actor: Actor) -> Self:
        """The same for one who asks: at the counter the code is the customer's to say."""
        view = cls.of(part)
        return view if actor.may(Scope.OPERATIONS) else view.model_copy(update={"pickup_code": None})


class WhyBody(Body):
    """The reason, for people."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "two mugs are broken"}]})

    reason: Reason


class FoundBody(Body):
    """How many units of a SKU are there."""

    sku: Identifier
    found: Measure


class ShortBody(Body):
    """Fewer units than the fulfillment order has; a SKU that is not named is there in full."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lines": [{"sku": "MUG", "found": 1}], "reason": "one is broken"}]}
    )

    lines: list[FoundBody] = Field(min_length=1, max_length=1000)
    reason: Reason

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({line.sku for line in self.lines}) < len(self.lines):
            raise PydanticCustomError("sku_twice", "Name each SKU once")
        return self


class CodeBody(Body):
    """The code that the customer has got."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "7KQ4MX"}]})

    code: Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(clean)]


class KeepBody(Body):
    """Until when it is kept at the counter."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"collect_by": "2026-12-01T18:00:00Z"}]})

    collect_by: Moment


class ScanBody(Body):
    """A parcel seen by a person: what a carrier's webhook would have told."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "delivered"}]})

    status: ShipmentState
    at: Moment | None = None
    note: Text = ""
