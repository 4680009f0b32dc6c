"""Cases of deliveries, claims at carriers, and where an order's parcels are."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Base64Bytes, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Day, Flag, Identifier, Note, Out, Positive, Reason, Units
from orderwright.domain.delivery.cases import (
    CARRIERS_FAULT,
    RULES,
    CaseKind,
    CaseState,
    ClaimState,
    Origin,
    WayOut,
)
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.services.delivery.claiming import AtCarrier, Evidence
from orderwright.services.delivery.reading import CaseRecord
from orderwright.services.orders.reading import ParcelRecord

LARGEST_FILE = 5_000_000


class CarrierClaimView(Out):
    """What we ask of the carrier, in minor units."""

    id: UUID
    case_id: UUID
    carrier: str
    state: ClaimState
    amount: int
    currency: str
    reference: str
    filed_by: str
    filed_at: datetime
    at_carrier: bool = Field(description="Whether we file it there and ask for its outcome")
    words: str = Field(description="The carrier's")
    answered_at: datetime | None
    paid_at: datetime | None


class CaseLineView(Out):
    """Units of one order line that it is about."""

    line_id: UUID
    units: int


class CaseView(Out):
    """Something is wrong with a parcel. Without `lines` it is about all of it."""

    id: UUID
    order_id: UUID
    order_number: str
    fulfillment_id: UUID
    shipment_id: UUID
    kind: CaseKind
    state: CaseState
    origin: Origin
    question: str
    opened_by: str
    words: str
    ways: list[WayOut] = Field(description="What may be decided; the first is recommended")
    deadline: datetime | None
    at_deadline: WayOut = Field(description="What happens at the deadline")
    may_be_claimed: bool = Field(description="Whether the carrier answers for such a case")
    outcome: WayOut | None
    until: date | None
    decided_by: str | None
    why: str | None
    decided_at: datetime | None
    opened_at: datetime
    lines: list[CaseLineView]
    carrier_claim: CarrierClaimView | None

    @classmethod
    def of(cls, case: CaseRecord) -> Self:
        """From the record."""
        own = {name: getattr(case.row, name) for name in cls.model_fields if hasattr(case.row, name)}
        return cls(
            **own,
            order_number=case.order_number,
            question=RULES[case.row.kind].question,
            at_deadline=RULES[case.row.kind].at_deadline,
            may_be_claimed=case.row.kind in CARRIERS_FAULT and case.claim is None,
            lines=[CaseLineView.model_validate(line) for line in case.lines],
            carrier_claim=None if case.claim is None else CarrierClaimView.model_validate(case.claim),
        )


class CaseLineBody(Body):
    """Units of one order line."""

    line_id: UUID
    units: Units


class CaseBody(Body):
    """What is wrong with a parcel that has left. No lines: all of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"shipment_id": "0193a1b2-7c00-7000-8000-000000000001", "kind": "damaged", "words": "broken"}
            ]
        }
    )

    shipment_id: UUID
    kind: CaseKind
    words: Note = ""
    lines: list[CaseLineBody] = Field(default=[], max_length=1000)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({line.line_id for line in self.lines}) < len(self.lines):
            raise PydanticCustomError("line_twice", "Name each line once")
        return self


class DecideBody(Body):
    """The way out, why, and the new day where it is to wait."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"way": "reship", "why": "the carrier has lost it"}]}
    )

    way: WayOut
    why: Reason
    until: Day | None = None


class EvidenceBody(Body):
    """A picture or a paper, as base64."""

    media_type: Literal["image/png", "image/jpeg", "application/pdf"]
    content: Annotated[Base64Bytes, Field(min_length=1, max_length=LARGEST_FILE)]


class CarrierClaimBody(Body):
    """How much we ask of the carrier, in the order's minor units.

    `at_carrier`: we file it there within minutes and note his answer; else a person does both.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 2500}]})

    amount: Positive
    at_carrier: Flag = False
    description: Note = Field(default="", description="For the carrier")
    evidence: list[EvidenceBody] = Field(
        default=[], max_length=3, description="One of a media type; wanted for damage and theft"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.description or self.evidence) and not self.at_carrier:
            raise PydanticCustomError("not_at_carrier", "Only a claim that we file has these")
        if len({one.media_type for one in self.evidence}) < len(self.evidence):
            raise PydanticCustomError("media_type_twice", "Give one file of a media type")
        return self

    def filed(self, claims_in: Collection[str]) -> AtCarrier | None:
        """As the services have it."""
        if not self.at_carrier:
            return None
        evidence = [Evidence(one.media_type, one.content) for one in self.evidence]
        return AtCarrier(claims_in, self.description, evidence)


class ClaimAnswerBody(Body):
    """What the carrier says. `amount`: where he accepts less than was asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 2000, "reference": "C-4711"}]})

    amount: Positive | None = None
    reference: Identifier | None = None


class SeenView(Out):
    """What the carrier saw, when, and in which city."""

    status: ShipmentState
    at: datetime
    place: str


class TrackedParcelView(Out):
    """Where one parcel is. `expected_on`: by what is known now; no prices, names or addresses."""

    shipment_id: UUID
    fulfillment_id: UUID
    state: ShipmentState
    carrier: str | None
    service: str | None
    tracking_code: str | None
    tracking_url: str | None
    promised_on: date | None
    expected_on: date | None
    delivered_at: datetime | None
    scans: list[SeenView]

    @classmethod
    def of(cls, parcel: ParcelRecord) -> Self:
        """From the record, the scans by their own time."""
        row = parcel.row
        own = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        seen = sorted(parcel.scans, key=lambda scan: (scan.at, scan.seq))
        return cls(**own, shipment_id=row.id, scans=[SeenView.model_validate(scan) for scan in seen])
