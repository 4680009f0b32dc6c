"""What moves stock without an order, as it is sent and read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import EARLIEST, LATEST, Body, Flag, Identifier, Minor, Out, Text, Units
from orderwright.domain.stock.supply import (
    APPROVAL_LIMIT,
    AdjustReason,
    CountLineState,
    CountState,
    DifferenceKind,
    DifferenceState,
    TransferLineState,
    TransferState,
)
from orderwright.domain.stock.units import ExpectedKind, ExpectedState, MoveKind
from orderwright.persistence.tables import StockCount, StockCountLine, Transfer, TransferLine
from orderwright.services.supply import variances
from orderwright.services.supply.adjusting import Adjustment
from orderwright.services.supply.expecting import Announcement
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

    def data(self) -> Adjustment:
        """As the services have it."""
        return Adjustment(self.sku, self.location, self.units, self.reason, self.note)


class MoveView(Out):
    """One move of a SKU at a location: how on hand and reserved changed, and why."""

    seq: int
    at: datetime
    sku: str
    location: str
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
        return Wanted(self.origin, self.destination, self.due_on, units, self.note)


class TransferShipBody(Body):
    """The units leave now."""

    due_on: Day | None = Field(default=None, description="Another day than was asked for")


class ArrivalBody(Body):
    """What came of one SKU. A reason is asked for where it is not what was shipped."""

    sku: Identifier
    units: Pieces
    reason: AdjustReason | None = None
    note: Text = ""


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
        return [Arrival(line.sku, line.units, line.reason, line.note) for line in self.lines]


class TransferLineView(Out):
    """One SKU of a transfer. Once received: units = received + short - over."""

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
    def of(cls, row: Transfer, lines: Sequence[TransferLine]) -> "TransferView":
        """From its rows."""
        shown = [TransferLineView.model_validate(line) for line in lines]
        return cls.model_validate(row).model_copy(update={"lines": shown})


class CountBody(Body):
    """What is to be counted at a location."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"location": "LON", "skus": ["MUG"]}]})

    location: Identifier
    skus: list[Identifier] | None = Field(
        default=None, min_length=1, max_length=2000, description="Left out: whatever lies there"
    )
    approval_limit: Minor = Field(
        default=APPROVAL_LIMIT,
        description="A variance worth more (units by price; units of what has none) needs a second person",
    )
    note: Text = ""


class EntryBody(Body):
    """Units of one SKU that somebody has counted."""

    sku: Identifier
    counted: Pieces


class EntriesBody(Body):
    """What somebody has counted; the last word on a SKU counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lines": [{"sku": "MUG", "counted": 38}]}]})

    lines: list[EntryBody] = Field(min_length=1, max_length=500)

    def data(self) -> dict[str, int]:
        """As the services have it."""
        return {line.sku: line.counted for line in self.lines}


class SubmitCountBody(Body):
    """Counting is over."""

    partly: Flag = Field(default=False, description="Pass over what nobody has counted")


class CountDecisionBody(Body):
    """Which of the variances that wait; left out: all."""

    skus: list[Identifier] | None = Field(default=None, min_length=1, max_length=2000)


class HolderView(Out):
    """An order whose reservation lies there."""

    order: str
    units: int


class CountLineView(Out):
    """One SKU of a count. What the books say is told once the count is submitted."""

    sku: str
    state: CountLineState
    counted: int | None
    counted_by: str | None
    counted_at: datetime | None
    book: int | None
    variance: int | None
    worth: int | None
    why: str
    held_by: list[HolderView]
    decided_by: str | None
    decided_at: datetime | None


class CountHead(Out):
    """A stock count."""

    id: UUID
    location: str
    state: CountState
    whole: bool
    approval_limit: int
    note: str
    opened_by: str
    submitted_by: str | None
    created_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None


class CountView(CountHead):
    """A stock count and its lines by SKU."""

    lines: list[CountLineView] = Field(default_factory=list)

    @classmethod
    def of(
        cls,
        row: StockCount,
        lines: Sequence[StockCountLine],
        held: Mapping[str, Sequence[tuple[str, int]]],
    ) -> "CountView":
        """From its rows, and who holds the units of lines that were refused."""
        blind = row.state is CountState.OPEN
        shown = [_count_line(line, held.get(line.sku, ()), blind=blind) for line in lines]
        return cls.model_validate(row).model_copy(update={"lines": shown})


def _count_line(line: StockCountLine, held: Sequence[tuple[str, int]], *, blind: bool) -> CountLineView:
    known = not blind and line.counted is not None
    return CountLineView(
        sku=line.sku, state=line.state, counted=line.counted, counted_by=line.counted_by,
        counted_at=line.counted_at, book=line.book if known else None,
        variance=variances.variance(line) if known else None, worth=line.worth, why=line.why,
        held_by=[HolderView(order=order, units=units) for order, units in held],
        decided_by=line.decided_by, decided_at=line.decided_at,
    )  # fmt: skip
