"""What moves stock without an order, as it is sent and read."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import EARLIEST, LATEST, Body, Flag, Identifier, Out, Text, Units
from orderwright.domain.stock.lots import LotUnits
from orderwright.domain.stock.supply import (
    AdjustReason,
    DifferenceKind,
    DifferenceState,
    TransferLineState,
    TransferState,
)
from orderwright.domain.stock.units import ExpectedKind, ExpectedState, MoveKind
from orderwright.persistence.tables import Transfer, TransferLine, TransferLot
from orderwright.services.supply.adjusting import Adjustment
from orderwright.services.supply.expecting import Announcement
from orderwright.services.supply.transfer_lots import ByLine
from orderwright.services.supply.transferring import Arrival, Wanted


def _bounded(day: date) -> date:
    if not EARLIEST.date() <= day < LATEST.date():
        raise PydanticCustomError("day_out_of_range", "This is not between 1970 and 2200")
    return day


def _each_once(lines: "list[TransferLineBody]") -> "list[TransferLineBody]":
    if len({line.sku for line in lines}) < len(lines):
        raise PydanticCustomError("sku_twice", "A SKU is named twice")
    return lines


Day = Annotated[date, AfterValidator(_bounded)]
Pieces = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


def _each_lot_once(lots: "list[LotBody]") -> "list[LotBody]":
    if len({part.lot for part in lots}) < len(lots):
        raise PydanticCustomError("lot_twice", "A lot is named twice")
    return lots


class LotBody(Body):
    """Units of one lot, or the one with that serial number."""

    lot: Identifier
    units: Units

    def data(self) -> LotUnits:
        """As the services have it."""
        return LotUnits(**self.model_dump())


class DatedLotBody(LotBody):
    """The same as it comes in. A lot that is known keeps its day."""

    expires_on: Day | None = Field(default=None, description="The lot's last day in UTC")


Lots = Annotated[list[LotBody], AfterValidator(_each_lot_once), Field(max_length=500)]
DatedLots = Annotated[list[DatedLotBody], AfterValidator(_each_lot_once), Field(max_length=500)]


class AdjustmentBody(Body):
    """Units more, or (below zero) fewer, with the reason; never below what is reserved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sku": "MUG", "location": "LON", "units": -2, "reason": "damaged", "note": "fell"}]
        }
    )

    sku: Identifier
    location: Identifier
    units: int = Field(strict=True, ge=-1_000_000, le=1_000_000)
    reason: AdjustReason
    note: Text = ""
    lot: Identifier | None = Field(default=None, description="Of a tracked product: which")
    expires_on: Day | None = Field(default=None, description="The last day of a lot that is new there")

    def data(self) -> Adjustment:
        """As the services have it."""
        return Adjustment(**self.model_dump())


class MoveView(Out):
    """One move of a SKU at a location: how on hand and reserved changed, and why."""

    seq: int
    at: datetime
    sku: str
    location: str
    lot: str | None
    kind: MoveKind
    on_hand: int
    reserved: int
    order_id: UUID | None
    reference: str = Field(description="The transfer or count it belongs to")
    code: AdjustReason | None
    reason: str
    actor: str


class DifferenceView(Out):
    """Two figures that must be one. `expected` is what the rows say, `found` what is kept beside them."""

    id: UUID
    what: DifferenceKind
    sku: str
    location: str
    subject: str
    expected: int
    found: int
    state: DifferenceState
    found_at: datetime
    gone_at: datetime | None


class ExpectedBody(Body):
    """Units of a purchase that are on their way. `reference`: the purchase order's number."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reference": "PO-1041",
                    "sku": "MUG",
                    "location": "LON",
                    "units": 200,
                    "due_on": "2026-12-04",
                }
            ]
        }
    )

    reference: Identifier
    sku: Identifier
    location: Identifier
    units: Units
    due_on: Day

    def data(self) -> Announcement:
        """As the services have it."""
        return Announcement(self.reference, self.sku, self.location, self.units, self.due_on)


class ExpectedChangeBody(Body):
    """What has changed about units on their way."""

    due_on: Day | None = None
    units: Units | None = Field(default=None, description="In all, with those that are there already")


class ExpectedReceiptBody(Body):
    """Units that have come; fewer or more than expected too."""

    units: Units
    lots: DatedLots = Field(default_factory=list, description="Of a tracked product: these units by lot")
    last: Flag = Field(default=False, description="No more will come, though fewer have than expected")


class ExpectedView(Out):
    """Units on their way to a location."""

    id: UUID
    kind: ExpectedKind
    state: ExpectedState
    reference: str
    sku: str
    location: str
    units: int
    received: int
    due_on: date
    weeks_late: int = Field(description="So many weeks after `due_on` it is reckoned with, as it is overdue")
    created_at: datetime


class TransferLineBody(Body):
    """Units of one SKU."""

    sku: Identifier
    units: Units
    lots: Lots = Field(
        default_factory=list,
        description="Of a tracked product: these units by lot; left out, those that expire first are shipped",
    )


class TransferBody(Body):
    """Units that shall go from one location to another, and be there on that day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"origin": "LON", "destination": "PAR", "due_on": "2026-12-04",
                 "lines": [{"sku": "MUG", "units": 20}]}
            ]
        }
    )  # fmt: skip

    origin: Identifier
    destination: Identifier
    due_on: Day
    lines: Annotated[list[TransferLineBody], AfterValidator(_each_once)] = Field(min_length=1, max_length=200)
    note: Text = ""

    def data(self) -> Wanted:
        """As the services have it."""
        units = {line.sku: line.units for line in self.lines}
        lots = {line.sku: [part.data() for part in line.lots] for line in self.lines if line.lots}
        return Wanted(self.origin, self.destination, self.due_on, units, self.note, lots)


class TransferShipBody(Body):
    """The units leave now."""

    due_on: Day | None = Field(default=None, description="Another day than was asked for")


class ArrivalBody(Body):
    """What came of one SKU. A reason is asked for where it is not what was shipped."""

    sku: Identifier
    units: Pieces
    reason: AdjustReason | None = None
    note: Text = ""
    lots: DatedLots = Field(
        default_factory=list,
        description="Of a tracked product: these units by lot, unless all came as they were shipped",
    )

    def data(self) -> Arrival:
        """As the services have it."""
        lots = [part.data() for part in self.lots]
        return Arrival(self.sku, self.units, self.reason, self.note, lots)


class ArrivalsBody(Body):
    """What came of some lines; each is received once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lines": [{"sku": "MUG", "units": 19, "reason": "damaged", "note": "one broken"}]}]
        }
    )

    lines: list[ArrivalBody] = Field(min_length=1, max_length=200)

    def data(self) -> list[Arrival]:
        """As the services have it."""
        return [line.data() for line in self.lines]


class TransferLotView(Out):
    """Units of one lot of a transfer: asked for or shipped, and what came of them."""

    lot: str
    units: int
    received: int


class TransferLineView(Out):
    """One SKU of a transfer. Once received: units = received + short - over; these are sums over its lots."""

    sku: str
    units: int
    state: TransferLineState
    received: int
    short: int
    over: int
    reason: AdjustReason | None
    note: str
    received_by: str | None
    received_at: datetime | None
    expected_id: UUID | None
    lots: list[TransferLotView] = Field(default_factory=list)


class TransferView(Out):
    """A transfer and its lines by SKU."""

    id: UUID
    origin: str
    destination: str
    state: TransferState
    due_on: date
    note: str
    requested_by: str
    shipped_by: str | None
    created_at: datetime
    shipped_at: datetime | None
    ended_at: datetime | None
    lines: list[TransferLineView] = Field(default_factory=list)

    @classmethod
    def of(cls, row: Transfer, lines: Sequence[TransferLine], lots: ByLine) -> "TransferView":
        """From its rows."""
        shown = [_transfer_line(line, lots.get((row.id, line.sku), ())) for line in lines]
        return cls.model_validate(row).model_copy(update={"lines": shown})


def _transfer_line(line: TransferLine, lots: Sequence[TransferLot]) -> TransferLineView:
    shown = [TransferLotView.model_validate(lot) for lot in lots]
    return TransferLineView.model_validate(line).model_copy(update={"lots": shown})
