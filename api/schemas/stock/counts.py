"""Stock counts, as they are sent and read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Flag, Identifier, Minor, Out, Text
from api.schemas.stock.supply import Day, Pieces
from orderwright.domain.stock.supply import APPROVAL_LIMIT, CountLineState, CountState
from orderwright.persistence.tables import StockCount, StockCountLine
from orderwright.services.supply import variances
from orderwright.services.supply.counting import Entry


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
    """Units of one SKU that somebody has counted; of a tracked product those of one lot."""

    sku: Identifier
    counted: Pieces
    lot: Identifier | None = Field(default=None, description="The lot, or the serial number of one unit")
    expires_on: Day | None = Field(default=None, description="The last day of a lot that is new there")


class EntriesBody(Body):
    """What somebody has counted; the last word on a SKU, or on a lot of it, counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lines": [{"sku": "MUG", "counted": 38}]}]})

    lines: list[EntryBody] = Field(min_length=1, max_length=500)

    def data(self) -> list[Entry]:
        """As the services have it."""
        return [Entry(**line.model_dump()) for line in self.lines]


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
    """One SKU of a count, or one lot of it. What the books say is told once the count is submitted."""

    sku: str
    lot: str | None
    expires_on: date | None
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
        held: Mapping[tuple[str, str], Sequence[tuple[str, int]]],
    ) -> "CountView":
        """From its rows, and who holds the units of lines that were refused."""
        blind = row.state is CountState.OPEN
        shown = [_count_line(line, held.get((line.sku, line.lot), ()), blind=blind) for line in lines]
        return cls.model_validate(row).model_copy(update={"lines": shown})


def _count_line(line: StockCountLine, held: Sequence[tuple[str, int]], *, blind: bool) -> CountLineView:
    known = not blind and line.counted is not None
    return CountLineView(
        sku=line.sku, lot=line.lot or None, expires_on=line.expires_on, state=line.state,
        counted=line.counted, counted_by=line.counted_by, counted_at=line.counted_at,
        book=line.book if known else None, variance=variances.variance(line) if known else None,
        worth=line.worth, why=line.why,
        held_by=[HolderView(order=order, units=units) for order, units in held],
        decided_by=line.decided_by, decided_at=line.decided_at,
    )  # fmt: skip
