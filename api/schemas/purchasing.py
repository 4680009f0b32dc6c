"""What we order from suppliers, as it is read."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.base import Out
from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.services.fulfillment.purchasing import PurchaseRecord


class PurchaseLineView(Out):
    """Units of a SKU at the supplier's price, in minor units."""

    sku: str
    units: int
    unit_cost: int


class PurchaseView(Out):
    """One drop shipment ordered from its supplier; `total` is what it costs us, in minor units."""

    id: UUID
    number: str
    order_id: UUID
    order_number: str
    fulfillment_id: UUID
    supplier: str = Field(description="The code of his location")
    state: PurchaseState
    reason: str
    currency: str
    total: int
    created_at: datetime
    updated_at: datetime
    lines: list[PurchaseLineView]

    @classmethod
    def of(cls, purchase: PurchaseRecord) -> "PurchaseView":
        """From the record."""
        own = {name: getattr(purchase.row, name) for name in cls.model_fields if hasattr(purchase.row, name)}
        lines = [PurchaseLineView.model_validate(line) for line in purchase.lines]
        return cls(**own, order_number=purchase.order_number, lines=lines)
