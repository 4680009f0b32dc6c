"""What is in the Online Retail file: rows, invoices, and what becomes of each row.

Source of the data: "Online Retail", Dr Daqing Chen, UCI Machine Learning Repository.
"""

import csv
import io
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from orderwright.cli.importing.places import COUNTRIES
from orderwright.domain.failures import InvalidAmount
from orderwright.domain.money import Money

CURRENCY = "GBP"
LOCAL = ZoneInfo("Europe/London")
COLUMNS = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country",
)  # fmt: skip


class Reason(StrEnum):
    """What became of a row that is no order line."""

    GIVEN_BACK = "a credit: the refund of an earlier order's units"
    POSTAGE = "postage: the order's shipping charge"
    CREDIT = "a credit or return: it belongs to an earlier order"
    POSTAGE_BACK = "postage given back: no goods came"
    NO_CUSTOMER = "a credit without a customer: no order can be found"
    BEFORE_THE_FILE = "a credit of a customer whose first purchase in the file comes later, or never"
    NEVER_BOUGHT = "a credit of goods that the customer buys nowhere in the file"
    BOUGHT_LATER = "a credit of goods that the customer buys in the file only after it"
    MORE_THAN_BOUGHT = "a credit of more units than were bought and are not back yet"
    NOT_DELIVERED = "a credit of an order that was not completed"
    ADJUSTMENT = "an adjustment of the accounts, no sale"
    NEGATIVE_UNITS = "negative units: stock written off, no sale"
    ZERO_TOTAL = "the invoice comes to nothing: no sale"
    NO_GOODS = "the invoice holds no goods, only charges"
    DISCOUNT = "a discount without a product"
    MANUAL = "an entry by hand without a product"
    SAMPLES = "samples, no product"
    FEE = "a fee or commission, not the customer's"
    GIFT_CARD = "a gift card: no goods to ship"
    NOT_PRICED = "a price that is no whole number of pence"
    UNREADABLE = "a number or a date that cannot be read"
    UNKNOWN_COUNTRY = "a country that no address can be made for"
    REFUSED = "refused by the system"
    NOT_REACHED = "not reached: the limit came first"


MAPPED = frozenset({Reason.POSTAGE, Reason.GIVEN_BACK})
CHARGES = frozenset({
    Reason.POSTAGE_BACK, Reason.ADJUSTMENT, Reason.DISCOUNT, Reason.MANUAL, Reason.SAMPLES, Reason.FEE,
    Reason.GIFT_CARD,
})  # fmt: skip
"""Credits that tell of no goods."""

PSEUDO = {
    "POST": Reason.POSTAGE, "DOT": Reason.POSTAGE, "C2": Reason.POSTAGE, "D": Reason.DISCOUNT,
    "M": Reason.MANUAL, "S": Reason.SAMPLES, "AMAZONFEE": Reason.FEE, "BANK CHARGES": Reason.FEE,
    "CRUK": Reason.FEE, "B": Reason.ADJUSTMENT, "PADS": Reason.NOT_PRICED,
}  # fmt: skip


class NotThatFile(Exception):
    """The file has other columns, or cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file as it stands; `number` counts from 2, as an editor shows it."""

    number: int
    invoice: str
    code: str
    description: str
    quantity: str
    date: str
    price: str
    customer: str
    country: str


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one product at the invoice's price in pence."""

    sku: str
    units: int
    price: int


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice that becomes an order; money in pence, `placed_at` in UTC."""

    invoice: str
    placed_at: datetime
    customer: str
    country: str
    lines: Sequence[Line]
    shipping: int
    rows: Sequence[Row]

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.shipping + sum(line.units * line.price for line in self.lines)

    @property
    def units(self) -> int:
        """All units together."""
        return sum(line.units for line in self.lines)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that is no order line, and why; `said` is the system's own word where it refused."""

    row: Row
    reason: Reason
    said: str = ""


@dataclass
class Reading:
    """The file, read: every row is in a sale's lines or listed, or both where it is mapped."""

    sales: list[Sale] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    prices: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    def counts(self) -> Counter[Reason]:
        """How many rows per reason."""
        return Counter(one.reason for one in self.listed)


def sku(code: str) -> str:
    """The file writes the same code in both cases."""
    return code.strip().upper()


def rows(file: Path) -> Iterator[Row]:
    """Every row of a .csv or .csv.xz. Raises NotThatFile."""
    try:
        with lzma.open(file) if file.suffix == ".xz" else file.open("rb") as raw:
            reader = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))
            if tuple(next(reader, ())) != COLUMNS:
                raise NotThatFile(f"{file} does not begin with {','.join(COLUMNS)}")
            for cells in reader:
                if cells:
                    padded = [*cells, *([""] * len(COLUMNS))][: len(COLUMNS)]
                    yield Row(reader.line_num, *padded)
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError, csv.Error) as unreadable:
        raise NotThatFile(f"{file}: {unreadable}") from unreadable


def read(found: Iterable[Row]) -> Reading:
    """Group rows into invoices, in their order of time, and decide what becomes of each."""
    reading = Reading()
    invoices: dict[str, list[Row]] = {}
    for row in found:
        reading.rows += 1
        invoices.setdefault(row.invoice, []).append(row)
    for invoice in invoices.values():
        sale = _sale(invoice, reading.listed)
        if sale is not None:
            reading.sales.append(sale)
            _learn(reading, sale)
    reading.sales.sort(key=lambda sale: (sale.placed_at, sale.invoice))
    return reading


def _sale(invoice: Sequence[Row], listed: list[Listed]) -> Sale | None:
    """The order that the invoice becomes, or None; what is no line of it is listed."""
    whole = _whole(invoice)
    if whole is not None:
        listed.extend(Listed(row, whole) for row in invoice)
        return None
    kinds = [(row, pseudo(row)) for row in invoice]
    aside = [(row, reason) for row, reason in kinds if reason is not None]
    goods = [row for row, reason in kinds if reason is None]
    shipping = sum(int(row.quantity) * pence(row) for row, reason in aside if reason is Reason.POSTAGE)
    lines = [Line(sku(row.code), int(row.quantity), pence(row)) for row in goods]
    none = Reason.NO_GOODS if not lines else Reason.ZERO_TOTAL
    if not lines or shipping + sum(line.units * line.price for line in lines) == 0:
        listed.extend(Listed(row, none) for row in invoice)
        return None
    listed.extend(Listed(row, reason) for row, reason in aside)
    first = invoice[0]
    return Sale(first.invoice, moment(first), first.customer, first.country, lines, shipping, goods)


def _whole(invoice: Sequence[Row]) -> Reason | None:
    """Why none of the invoice can become an order."""
    number = invoice[0].invoice.upper()
    if number.startswith("C"):
        return Reason.CREDIT
    if number.startswith("A"):
        return Reason.ADJUSTMENT
    values = _values(invoice)
    if values is None:
        return Reason.UNREADABLE
    if any(units < 0 or price < 0 for units, price in values):
        return Reason.NEGATIVE_UNITS
    if sum(units * price for units, price in values) == 0:
        return Reason.ZERO_TOTAL
    return None if invoice[0].country in COUNTRIES else Reason.UNKNOWN_COUNTRY


def _values(invoice: Sequence[Row]) -> list[tuple[int, Decimal]] | None:
    """Units and price of each row; None where one of them, or the date, cannot be read."""
    try:
        moment(invoice[0])
        values = [(int(row.quantity), Decimal(row.price)) for row in invoice]
    except (ValueError, InvalidOperation):
        return None
    return values if all(price.is_finite() for _, price in values) else None


def pseudo(row: Row) -> Reason | None:
    """Why the row is no product of its own, by its code or its price."""
    code = sku(row.code)
    if code.startswith("GIFT_"):
        return Reason.GIFT_CARD
    known = PSEUDO.get(code)
    if known is not None:
        return known
    try:
        pence(row)
    except InvalidAmount:
        return Reason.NOT_PRICED
    return Reason.ZERO_TOTAL if int(row.quantity) == 0 else None


def pence(row: Row) -> int:
    """Its price. Raises InvalidOperation where it is no number, InvalidAmount where it is no whole pence."""
    return Money.of(Decimal(row.price), CURRENCY).amount


def moment(row: Row) -> datetime:
    """When it happened, in UTC. Raises ValueError."""
    return datetime.fromisoformat(row.date).replace(tzinfo=LOCAL).astimezone(UTC)


def _learn(reading: Reading, sale: Sale) -> None:
    """The first name and the first price that the file has for a product stand in the catalog."""
    for row, line in zip(sale.rows, sale.lines, strict=True):
        if row.description.strip():
            reading.names.setdefault(line.sku, row.description.strip())
        if line.price:
            reading.prices.setdefault(line.sku, line.price)
