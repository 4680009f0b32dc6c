"""What the product needs printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from orderwright.domain.addresses import Address


@dataclass(frozen=True, slots=True)
class SlipLine:
    """Units of one SKU in the parcel."""

    sku: str
    description: str
    units: int


@dataclass(frozen=True, slots=True)
class SlipData:
    """What goes into the box beside the goods. No prices: a parcel may be a present.

    `part` and `parts` count the fulfillment orders of the order. No tracking code, no bar code of it.
    """

    order_number: str
    ordered_on: date
    ship_to: Address
    lines: Sequence[SlipLine]
    service: str = ""
    carrier: str = ""
    tracking_code: str = ""
    part: int = 1
    parts: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of a table, in words and figures as they are printed."""

    description: str
    sku: str
    units: str
    price: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class RateRow:
    """Net, tax and total of one rate, as they are printed."""

    rate: str
    net: str
    tax: str
    total: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """An invoice, credit memo or receipt in words and figures, ready to be set: nothing is calculated here.

    `facts` and `sums` are pairs of a name and its value; `total` is the last and largest of the sums;
    `names` has the heads of columns and addresses by their English ones.
    """

    title: str
    number: str
    dated: date
    currency: str
    seller: str
    seller_lines: Sequence[str]
    seller_foot: Sequence[str]
    bill_to: Sequence[str]
    ship_to: Sequence[str]
    facts: Sequence[tuple[str, str]]
    amount_name: str
    rows: Sequence[SheetRow]
    sums: Sequence[tuple[str, str]]
    total: tuple[str, str]
    rates: Sequence[RateRow]
    notes: Sequence[str]
    language: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text under a heading; empty lines part its paragraphs."""

    heading: str
    dated: date
    facts: Sequence[tuple[str, str]]
    text: str


class Documents(Protocol):
    """PDF documents. The same data always give the same document."""

    async def packing_slip(self, slip: SlipData) -> bytes:
        """The packing slip as a PDF."""

    async def letter(self, letter: Letter) -> bytes:
        """The text as a PDF."""

    async def sheet(self, sheet: Sheet, *, attached: bytes | None = None) -> bytes:
        """The paper as a PDF for archives, with the machine-readable invoice inside where there is one."""
