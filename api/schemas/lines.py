"""The lines of an order and its kits, as they are read."""

from datetime import date
from uuid import UUID

from pydantic import Field

from api.schemas.base import Out
from orderwright.domain.pricing import TaxReason


class LineView(Out):
    """A line, in units: `ordered` is the sum of canceled, unallocated, backordered, allocated, released,
    shipped, delivered and undelivered."""

    id: UUID
    position: int
    sku: str
    name: str
    kit_id: UUID | None = Field(description="The kit of `kits` that it is a component of")
    unit: str | None = Field(description="What it was ordered in; all quantities are single units")
    unit_size: int | None = Field(description="Single units in one `unit`")
    unit_price: int
    amount: int = Field(description="unit_price times ordered; of a component its share of the kit's amount")
    discount: int = Field(description="Its share of what promotions took off")
    tax_rate_ppm: int
    tax_inclusive: bool
    jurisdiction: str = Field(description="Whose rate it is: US-NY-100; `*` everywhere's")
    tax_reason: TaxReason
    tax: int
    total: int = Field(description="amount less discount, and the tax where it is not in it")
    ordered: int
    canceled: int
    unallocated: int
    backordered: int = Field(description="To follow when they are there, by `promised_on` if that is known")
    allocated: int
    released: int
    shipped: int
    delivered: int
    undelivered: int
    returned: int
    refunded: int
    may_wait: bool
    promised_on: date | None = Field(description="When units that are missing are at the customer's")


class OrderKitView(Out):
    """A kit as it was ordered and priced. Its components are the lines with its id as `kit_id`."""

    id: UUID
    position: int
    sku: str
    name: str
    units: int = Field(description="Kits")
    unit: str | None
    unit_size: int | None
    unit_price: int
    amount: int = Field(description="unit_price times units: the sum of its components' amounts")
    discount: int
    tax: int
    total: int
