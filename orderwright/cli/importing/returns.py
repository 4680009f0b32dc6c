"""Which of the file's credits of its first months are returns, of which orders, and how much is that?"""

import calendar
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from orderwright.cli.importing import credits
from orderwright.cli.importing.credits import Credit
from orderwright.cli.importing.retail import LOCAL, Listed, Reading, Reason, Row, moment


@dataclass(frozen=True, slots=True)
class Plan:
    """Returns to be made and the sales they need; `rows` are all credits from `since` to before `until`."""

    since: date
    until: date
    found: Sequence[Credit]
    rows: Sequence[Listed]

    @property
    def invoices(self) -> set[str]:
        """Sales that must be delivered first."""
        return {credit.sale for credit in self.found}


@dataclass(frozen=True, slots=True)
class Measure:
    """How much some rows of credits are; the value is what the file has for them, in pence."""

    invoices: int
    lines: int
    units: int
    value: int

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Measure":
        """What cannot be read counts as a line of no units."""
        rows = list(rows)
        read = [_units_and_value(row) for row in rows]
        return cls(
            len({row.invoice for row in rows}), len(rows),
            sum(units for units, _ in read), sum(value for _, value in read),
        )  # fmt: skip


def plan(reading: Reading, months: int, limit: int | None) -> Plan:
    """The credits of the file's first months; `limit` orders at most are needed, the earliest ones."""
    since = reading.sales[0].placed_at.astimezone(LOCAL).date() if reading.sales else date.min
    until = after(since, months)
    end = datetime.combine(until, time(), LOCAL).astimezone(UTC)
    sales = [sale for sale in reading.sales if sale.placed_at < end]
    rows = [one for one in reading.listed if one.reason is Reason.CREDIT and _begun(one.row, end)]
    found, rows = credits.matched(sales, rows, any_price=True)
    needed = {credit.sale for credit in found}
    reached = {sale.invoice for sale in [sale for sale in sales if sale.invoice in needed][:limit]}
    beyond = [credit for credit in found if credit.sale not in reached]
    rows = credits.explained(reading.sales, marked(rows, beyond, Reason.NOT_REACHED))
    return Plan(since, until, [credit for credit in found if credit.sale in reached], rows)


def marked(rows: Iterable[Listed], credits: Iterable[Credit], reason: Reason) -> list[Listed]:
    """`rows`, those of these credits with another reason."""
    numbers = {row.number for credit in credits for row in credit.rows}
    return [replace(one, reason=reason) if one.row.number in numbers else one for one in rows]


def told(rows: Iterable[Listed], refused: Iterable[Listed]) -> list[Listed]:
    """`rows`, those that were refused with what was said."""
    said = {one.row.number: one for one in refused}
    return [said.get(one.row.number, one) for one in rows]


def by_reason(rows: Sequence[Listed]) -> list[tuple[Reason, Measure]]:
    """How much became of it what; most lines first."""
    counted = Counter(one.reason for one in rows)
    return [
        (reason, Measure.of(one.row for one in rows if one.reason is reason))
        for reason, _ in counted.most_common()
    ]


def after(day: date, months: int) -> date:
    """The same day so many months later, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _begun(row: Row, end: datetime) -> bool:
    """Whether it lies before `end`; a date that cannot be read hides nothing."""
    try:
        return moment(row) < end
    except ValueError:
        return True


def _units_and_value(row: Row) -> tuple[int, int]:
    try:
        units = -int(row.quantity)
        return units, round(units * Decimal(row.price) * 100)
    except (ValueError, InvalidOperation, OverflowError):
        return 0, 0
