"""What we order from suppliers, and the numbers that documents get."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.persistence.tables.base import Base, Id, Now, stored


class DocumentNumber(Base):
    """The last number given to a kind of document; its row is locked last in a transaction."""

    __tablename__ = "document_numbers"

    kind: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, server_default="0")


class PurchaseOrder(Base):
    """One drop shipment ordered from its supplier. `total` in minor units of `currency`, what it costs us."""

    __tablename__ = "purchase_orders"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("fulfillment_id"),
        CheckConstraint("total >= 0", name="total"),
    )

    id: Mapped[Id]
    number: Mapped[str]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillment_orders.id"))
    supplier: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    state: Mapped[PurchaseState] = mapped_column(stored(PurchaseState), server_default="sent")
    reason: Mapped[str] = mapped_column(server_default="")
    currency: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class PurchaseLine(Base):
    """Units of one SKU in a purchase order at the supplier's price."""

    __tablename__ = "purchase_lines"
    __table_args__ = (
        PrimaryKeyConstraint("purchase_id", "sku"),
        CheckConstraint("units >= 0 and unit_cost >= 0", name="figures"),
    )

    purchase_id: Mapped[UUID] = mapped_column(ForeignKey("purchase_orders.id"))
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    units: Mapped[int]
    unit_cost: Mapped[int] = mapped_column(BigInteger)
