"""What the product needs printed."""

from collections.abc import Sequence
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


class Documents(Protocol):
    """PDF documents. The same data always give the same document."""

    async def packing_slip(self, slip: SlipData) -> bytes:
        """The packing slip as a PDF."""
