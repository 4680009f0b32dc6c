"""Prices as data: tax by place and time, promotions and their uses, fees, what orders bear beside lines."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.fees import FeeKind
from orderwright.domain.pricing.lines import ChargeKind
from orderwright.domain.pricing.promotions import PromotionKind, Stacking
from orderwright.domain.pricing.tax import Basis, Rounding, ShippingTax, TaxReason
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class JurisdictionRate(Base):
    """A tax rate in millionths from `valid_from` to before `valid_to`; `inclusive`: prices hold it already.

    `*` is every country or region; `postal_prefix` without spaces, in capitals.
    """

    __tablename__ = "jurisdiction_rates"
    __table_args__ = (
        UniqueConstraint(
            "tax_class", "country", "region", "postal_prefix", "valid_from", name="uq_jurisdiction_rates"
        ),
        CheckConstraint("rate_ppm between 0 and 1000000", name="rate"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="validity"),
    )

    id: Mapped[Id]
    tax_class: Mapped[str]
    country: Mapped[str] = mapped_column(server_default="*")
    region: Mapped[str] = mapped_column(server_default="*")
    postal_prefix: Mapped[str] = mapped_column(server_default="")
    rate_ppm: Mapped[int]
    inclusive: Mapped[bool] = mapped_column(server_default=text("false"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class TaxRegime(Base):
    """How tax is counted in a country or region; the seller's place is ours for sales there."""

    __tablename__ = "tax_regimes"
    __table_args__ = (
        PrimaryKeyConstraint("country", "region"),
        CheckConstraint("basis = 'destination' or seller_country is not null", name="origin"),
    )

    country: Mapped[str] = mapped_column(server_default="*")
    region: Mapped[str] = mapped_column(server_default="*")
    basis: Mapped[Basis] = mapped_column(stored(Basis), server_default="destination")
    shipping: Mapped[ShippingTax] = mapped_column(stored(ShippingTax), server_default="untaxed")
    shipping_class: Mapped[str] = mapped_column(server_default="standard")
    rounding: Mapped[Rounding] = mapped_column(stored(Rounding), server_default="line")
    seller_country: Mapped[str | None]
    seller_region: Mapped[str] = mapped_column(server_default="")
    seller_postal_code: Mapped[str] = mapped_column(server_default="")


class TaxExemption(Base):
    """A customer's certificate that nothing is owed in a country or region."""

    __tablename__ = "tax_exemptions"
    __table_args__ = (
        UniqueConstraint("customer_id", "country", "region", "number", name="uq_tax_exemptions"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="validity"),
    )

    id: Mapped[Id]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    number: Mapped[str]
    country: Mapped[str]
    region: Mapped[str] = mapped_column(server_default="*")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_at: Mapped[Now]


class PromotionRow(Base):
    """A promotion: by `code`, or for everybody where it has none. Millionths and minor units of `currency`.

    `used` counts the uses that stand; empty lists: all. Never deleted: it ends.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        Index("uq_promotions_code", "code", unique=True, postgresql_where=text("code is not null")),
        Index("ix_promotions_automatic", "id", postgresql_where=text("code is null and ended_at is null")),
        CheckConstraint("used >= 0 and (limit_total is null or used <= limit_total)", name="used"),
        CheckConstraint("limit_total > 0", name="limit_total"),
        CheckConstraint("limit_per_customer > 0", name="limit_per_customer"),
        CheckConstraint("ppm between 0 and 1000000 and amount >= 0 and minimum >= 0", name="amounts"),
        CheckConstraint("kind <> 'buy_x_get_y' or (buy > 0 and get > 0)", name="buy_x_get_y"),
        CheckConstraint(
            "currency is not null or (kind in ('percentage', 'buy_x_get_y', 'free_shipping')"
            " and amount = 0 and minimum = 0)",
            name="currency",
        ),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="validity"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    kind: Mapped[PromotionKind] = mapped_column(stored(PromotionKind))
    code: Mapped[str | None]
    currency: Mapped[str | None]
    ppm: Mapped[int] = mapped_column(server_default="0")
    amount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    buy: Mapped[int] = mapped_column(server_default="0")
    get: Mapped[int] = mapped_column(server_default="0")
    tiers: Mapped[list[Json]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    minimum: Mapped[int] = mapped_column(BigInteger, server_default="0")
    skus: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    customers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    priority: Mapped[int] = mapped_column(server_default="0")
    stacking: Mapped[Stacking] = mapped_column(stored(Stacking), server_default="combinable")
    valid_from: Mapped[Now]
    valid_to: Mapped[datetime | None]
    limit_total: Mapped[int | None]
    limit_per_customer: Mapped[int | None]
    used: Mapped[int] = mapped_column(server_default="0")
    ended_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[Now]


class PromotionBuyer(Base):
    """How often a customer has used a promotion that limits that."""

    __tablename__ = "promotion_buyers"
    __table_args__ = (
        PrimaryKeyConstraint("promotion_id", "customer_id"),
        CheckConstraint("used >= 0", name="used"),
    )

    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotions.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    used: Mapped[int]


class PromotionUse(Base):
    """What a promotion gave an order: minor units off its lines and its shipping; less after a change."""

    __tablename__ = "promotion_uses"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "promotion_id"),
        Index("ix_promotion_uses_promotion_id", "promotion_id"),
        CheckConstraint("lines >= 0 and shipping >= 0", name="amounts"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotions.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    position: Mapped[int]
    name: Mapped[str]
    code: Mapped[str | None]
    currency: Mapped[str]
    lines: Mapped[int] = mapped_column(BigInteger)
    shipping: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[Now]
    given_back_at: Mapped[datetime | None]


class FeeRuleRow(Base):
    """A fee: millionths, and minor units of `currency`, as `domain/pricing/fees.py` counts them.

    Empty lists: all. A contract penalty names the customers whose contract it is.
    """

    __tablename__ = "fee_rules"
    __table_args__ = (
        PrimaryKeyConstraint("code", "currency"),
        CheckConstraint(
            "ppm between 0 and 1000000 and amount >= 0 and below >= 0 and below_units >= 0", name="amounts"
        ),
        CheckConstraint("(kind = 'payment_method') = (method is not null)", name="method"),
        CheckConstraint("kind <> 'contract_penalty' or customers <> '{}'", name="contract"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="validity"),
    )

    code: Mapped[str]
    currency: Mapped[str]
    name: Mapped[str]
    kind: Mapped[FeeKind] = mapped_column(stored(FeeKind))
    amount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    ppm: Mapped[int] = mapped_column(server_default="0")
    below: Mapped[int] = mapped_column(BigInteger, server_default="0")
    below_units: Mapped[int] = mapped_column(server_default="0")
    per_unit: Mapped[bool] = mapped_column(server_default=text("false"))
    method: Mapped[PaymentMethod | None] = mapped_column(stored(PaymentMethod))
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    customers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    tax_class: Mapped[str] = mapped_column(server_default="standard")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class OrderCharge(Base):
    """Shipping or a fee of an order with its tax, a row per rate: total = amount + tax not in it."""

    __tablename__ = "order_charges"
    __table_args__ = (
        UniqueConstraint("order_id", "position", name="uq_order_charges"),
        CheckConstraint("amount >= 0 and tax >= 0", name="amounts"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    kind: Mapped[ChargeKind] = mapped_column(stored(ChargeKind))
    code: Mapped[str]
    name: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    tax_class: Mapped[str]
    tax_rate_ppm: Mapped[int]
    tax_inclusive: Mapped[bool]
    jurisdiction: Mapped[str]
    tax_reason: Mapped[TaxReason] = mapped_column(stored(TaxReason))
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
