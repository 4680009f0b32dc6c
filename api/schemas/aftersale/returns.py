"""Returns, as they are asked for, received, inspected and read. Amounts are integers in minor units."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Identifier, Note, Out, Units
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.returns.rules import Verdict
from orderwright.domain.returns.states import (
    Condition,
    Disposition,
    Resolution,
    ReturnMethod,
    ReturnReason,
    ReturnState,
)
from orderwright.services.returns.coming import Came
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.returns.judging import Preview, Wanted, WantedLine
from orderwright.services.returns.reading import ReturnRecord

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Ppm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Photo = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]


class _NamedLine(Body):
    line_id: UUID | None = None
    sku: Identifier | None = Field(default=None, description="Where one line has it")

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.line_id is None) == (self.sku is None):
            raise PydanticCustomError("one_line", "Give either line_id or sku")
        return self

    @property
    def name(self) -> UUID | str:
        """As the services have it."""
        found = self.line_id or self.sku
        assert found is not None  # noqa: S101 - _one_name has seen to it
        return found


class ReturnLineBody(_NamedLine):
    """Units of a line that are to come back, and why."""

    quantity: Units
    reason: ReturnReason


class ReturnBody(Body):
    """What is to come back. `label`: we buy it, and the customer prints it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lines": [{"sku": "MUG", "quantity": 1, "reason": "damaged"}], "method": "label"}]
        }
    )

    lines: list[ReturnLineBody] = Field(min_length=1, max_length=1000)
    resolution: Resolution = Resolution.REFUND
    method: ReturnMethod = ReturnMethod.LABEL
    location: Identifier | None = Field(default=None, description="Left out: where it left from")
    note: Note = ""

    def wanted(self) -> Wanted:
        """As the services have it."""
        lines = [WantedLine(line.name, line.quantity, line.reason) for line in self.lines]
        return Wanted(lines, self.resolution, self.method, self.location, self.note)


class ReturnDecisionBody(Body):
    """A word with the decision."""

    note: Note = ""


class ReceivedLineBody(_NamedLine):
    """Units that came; `damaged` of them at first sight; `wrong` ones came and are none of ours."""

    quantity: Count = 0
    damaged: Count = 0
    wrong: Count = 0


class ReceiveReturnBody(Body):
    """What has come, all or some; more may follow until it is inspected."""

    lines: list[ReceivedLineBody] = Field(min_length=1, max_length=1000)
    note: Note = ""

    def came(self) -> list[Came]:
        """As the services have it."""
        return [Came(line.name, line.quantity, line.damaged, line.wrong) for line in self.lines]


class InspectedLineBody(_NamedLine):
    """Units that are alike. `deduct_ppm` millionths of what they are worth are kept."""

    quantity: Units
    condition: Condition
    disposition: Disposition
    deduct_ppm: Ppm = 0
    lot: Identifier | None = None
    note: Note = ""
    photos: list[Photo] = Field(default=[], max_length=20, description="Names of files kept elsewhere")

    def inspected(self) -> Inspected:
        """As the services have it."""
        return Inspected(
            self.name, self.quantity, self.condition, self.disposition, self.deduct_ppm, self.note,
            tuple(self.photos), self.lot,
        )  # fmt: skip


class InspectReturnBody(Body):
    """Every unit that came; what was announced and is not here will not come any more."""

    lines: list[InspectedLineBody] = Field(default=[], max_length=1000)


class ReturnPreviewLine(Out):
    """What holds for one line, and what its units would give back."""

    line_id: UUID
    sku: str
    verdict: Verdict
    why: str
    window_ends: datetime
    withdrawal: bool
    returnable_units: int
    value: int
    restocking: int
    fee: int
    refund: int


class ReturnPreviewView(Out):
    """What a return would be: allowed, for a person to decide, or refused with the reason."""

    verdict: Verdict
    why: str
    currency: str
    fee: int
    shipping: int
    refund: int
    instant: bool
    policy_version: int
    lines: list[ReturnPreviewLine]

    @classmethod
    def of(cls, seen: Preview) -> "ReturnPreviewView":
        """From what the services found."""
        rows = zip(seen.ids, seen.skus, seen.free, seen.judgment.lines, seen.reckoning.lines, strict=True)
        lines = [
            ReturnPreviewLine(
                line_id=line_id, sku=sku, verdict=ruled.verdict, why=ruled.why,
                window_ends=ruled.window_ends, withdrawal=ruled.withdrawal, returnable_units=free,
                value=worth.value, restocking=worth.restocking, fee=worth.fee, refund=worth.refund,
            )
            for line_id, sku, free, ruled, worth in rows
        ]  # fmt: skip
        return cls(
            verdict=seen.judgment.verdict, why=seen.judgment.why, currency=seen.currency,
            fee=seen.reckoning.fee, shipping=seen.reckoning.shipping, refund=seen.reckoning.total,
            instant=seen.judgment.instant, policy_version=seen.policy.version, lines=lines,
        )  # fmt: skip


class ReturnLineView(Out):
    """A line: what was announced, what came, and what it gives back."""

    line_id: UUID
    sku: str
    units: int
    reason: ReturnReason
    withdrawal: bool
    window_ends: datetime
    received: int
    damaged: int
    wrong: int
    missing: int
    value: int
    kept: int
    restocking: int
    fee: int
    refund: int


class ReturnInspectionView(Out):
    """Units of one condition."""

    sku: str
    units: int
    condition: Condition
    disposition: Disposition
    deduct_ppm: int
    lot: str | None
    note: str
    photos: list[str]
    inspected_by: str
    at: datetime


class ReturnParcelView(Out):
    """The parcel with our label."""

    state: ShipmentState
    carrier: str | None
    service: str | None
    tracking_code: str | None
    tracking_url: str | None
    label_url: str | None
    scanned_at: datetime | None
    arrived_at: datetime | None


class ReturnView(Out):
    """One return. `deadline` is that of its state."""

    id: UUID
    number: str
    order_id: UUID
    order_number: str
    state: ReturnState
    resolution: Resolution
    method: ReturnMethod
    location: str
    currency: str
    fee: int
    instant: bool
    policy_version: int
    why: str
    note: str
    deadline: datetime | None
    requested_by: str
    created_at: datetime
    approved_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    inspected_at: datetime | None
    ended_at: datetime | None
    lines: list[ReturnLineView]
    inspections: list[ReturnInspectionView]
    parcel: ReturnParcelView | None
    refunds: list[UUID]

    @classmethod
    def of(cls, record: ReturnRecord) -> "ReturnView":
        """From its rows."""
        skus = {line.id: line.sku for line in record.lines}
        own = {name: getattr(record.row, name) for name in cls.model_fields if hasattr(record.row, name)}
        inspections = [
            ReturnInspectionView.model_validate(
                {name: getattr(one, name, None) for name in ReturnInspectionView.model_fields}
                | {"sku": skus[one.return_line_id]}
            )
            for one in record.inspections
        ]
        return cls(
            **own, order_number=record.order_number, currency=record.currency,
            lines=[ReturnLineView.model_validate(line) for line in record.lines], inspections=inspections,
            parcel=None if record.parcel is None else ReturnParcelView.model_validate(record.parcel),
            refunds=list(record.refunds),
        )  # fmt: skip
