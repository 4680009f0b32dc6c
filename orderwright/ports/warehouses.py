"""What the product needs from whoever picks and packs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.states import DeliveryMethod


@dataclass(frozen=True, slots=True)
class PickLine:
    """Units of one SKU to pick."""

    sku: str
    units: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """What we pay a supplier: minor units of `currency`, `unit_costs` by SKU."""

    number: str
    currency: str
    total: int
    unit_costs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HandOff:
    """Everything a warehouse needs to ship one fulfillment order, or to have it collected.

    Without `tracking_code` there is no label: it is collected, or a supplier sends it with his own carrier.
    `purchase`: our order to a supplier.
    """

    request_id: str
    order_number: str
    location: str
    service: str
    ship_to: Address
    lines: Sequence[PickLine]
    tracking_code: str
    carrier: str
    label_url: str
    packing_slip_url: str
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    purchase: Purchase | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """The warehouse has it; whether it will do it comes as an event."""

    reference: str


class Warehouse(Protocol):
    """A partner who ships for us. `request_id`: the idempotency key. Raises Refused, Unreachable, NotSent."""

    async def hand_off(self, request: HandOff) -> Handed:
        """Give the fulfillment order to the warehouse, once."""

    async def find(self, request_id: str) -> Handed | None:
        """The hand-off of that id, or None."""

    async def recall(self, request_id: str, *, reason: str) -> None:
        """Ask for it back. The answer comes as an event."""
