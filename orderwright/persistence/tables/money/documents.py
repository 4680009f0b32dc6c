"""Invoices, credit memos and receipts as they were issued, and in whose name."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.documents.papers import DocumentKind, InvoicePer
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class Seller(Base):
    """In whose name a channel sells; `*` is every channel without a row of its own.

    `terms_days`: how long a customer without terms of his own has to pay an invoice.
    """

    __tablename__ = "sellers"

    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[Json]
    tax_id: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    invoice_per: Mapped[InvoicePer] = mapped_column(stored(InvoicePer), server_default="shipment")
    terms_days: Mapped[int] = mapped_column(server_default="30")
    updated_at: Mapped[Now]


class MoneyDocument(Base):
    """One document, append-only by trigger. `content` is all it shows, so that a reprint is the same.

    Numbers are gapless in each series and year. A credit memo belongs to its refund, a receipt to its
    payment; which parts an invoice bills stands in `billed_parts`. Amounts in minor units of `currency`.
    """

    __tablename__ = "money_documents"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("series", "year", "nth"),
        UniqueConstraint("refund_id"),
        CheckConstraint("total = net + tax and net >= 0 and tax >= 0 and nth > 0", name="amounts"),
        CheckConstraint("(kind = 'credit_memo') = (refund_id is not null)", name="refund"),
        CheckConstraint("(kind = 'receipt') = (payment_id is not null)", name="payment"),
        Index("ix_money_documents_order_id", "order_id", "id"),
        Index("ix_money_documents_payment_id", "payment_id", postgresql_where=text("payment_id is not null")),
    )

    id: Mapped[Id]
    kind: Mapped[DocumentKind] = mapped_column(stored(DocumentKind))
    number: Mapped[str]
    series: Mapped[str]
    year: Mapped[int]
    nth: Mapped[int] = mapped_column(BigInteger)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    currency: Mapped[str]
    net: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    issued_on: Mapped[date]
    content: Mapped[Json]
    created_at: Mapped[Now]


class BilledPart(Base):
    """Which invoice bills a fulfillment order; its key lets one be billed once. Append-only, by trigger."""

    __tablename__ = "billed_parts"
    __table_args__ = (CheckConstraint("amount >= 0 and tax between 0 and amount", name="amounts"),)

    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillment_orders.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("money_documents.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
