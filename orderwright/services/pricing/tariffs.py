"""Tax rates, regimes, certificates and fees are put in force and listed; orders keep what they had."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.failures import Exists, Invalid, NotFound
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.fees import FeeKind
from orderwright.domain.pricing.tax import Basis, Rounding, ShippingTax
from orderwright.persistence.tables import (
    Customer,
    FeeRuleRow,
    JurisdictionRate,
    TaxExemption,
    TaxRegime,
)

RateKey = tuple[str, str, str, str, date]
_SAME = ("tax_class", "country", "region", "postal_prefix")


@dataclass(frozen=True, slots=True)
class RateData:
    """A rate in millionths from `valid_from` to before `valid_to`; `*` is everywhere."""

    tax_class: str
    rate_ppm: int
    valid_from: date
    country: str = "*"
    region: str = "*"
    postal_prefix: str = ""
    inclusive: bool = False
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class RegimeData:
    """How tax is counted in a country or region; the seller's place is ours for sales there."""

    country: str = "*"
    region: str = "*"
    basis: Basis = Basis.DESTINATION
    shipping: ShippingTax = ShippingTax.UNTAXED
    shipping_class: str = "standard"
    rounding: Rounding = Rounding.LINE
    seller_country: str | None = None
    seller_region: str = ""
    seller_postal_code: str = ""


@dataclass(frozen=True, slots=True)
class ExemptionData:
    """A customer's certificate."""

    customer_id: UUID
    number: str
    country: str
    valid_from: date
    region: str = "*"
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class FeeData:
    """A fee's rule, as `domain/pricing/fees.py` counts it."""

    code: str
    currency: str
    name: str
    kind: FeeKind
    valid_from: date
    amount: int = 0
    ppm: int = 0
    below: int = 0
    below_units: int = 0
    per_unit: bool = False
    method: PaymentMethod | None = None
    channels: Sequence[str] = ()
    customers: Sequence[UUID] = ()
    tax_class: str = "standard"
    valid_to: date | None = None


async def put_rates(session: AsyncSession, batch: Sequence[RateData]) -> list[JurisdictionRate]:
    """Put rates in force, the last of one key winning; one that runs on ends where its successor begins."""
    rows = []
    for data in {_key(one): one for one in batch}.values():
        values = asdict(data) | {"postal_prefix": data.postal_prefix.replace(" ", "").upper()}
        same = [getattr(JurisdictionRate, name) == values[name] for name in _SAME]
        await session.execute(
            update(JurisdictionRate)
            .where(
                *same,
                JurisdictionRate.valid_from < data.valid_from,
                or_(JurisdictionRate.valid_to.is_(None), JurisdictionRate.valid_to > data.valid_from),
            )
            .values(valid_to=data.valid_from)
        )
        upsert = insert(JurisdictionRate).values(id=uuid7(), **values)
        made = await session.scalars(
            upsert.on_conflict_do_update(
                constraint="uq_jurisdiction_rates",
                set_={name: upsert.excluded[name] for name in ("rate_ppm", "inclusive", "valid_to")},
            ).returning(JurisdictionRate),
            execution_options={"populate_existing": True},
        )
        rows.append(made.one())
    return rows


def _key(one: RateData) -> RateKey:
    return one.country, one.region, one.postal_prefix, one.tax_class, one.valid_from


async def rates(
    session: AsyncSession, *, country: str | None, tax_class: str | None, after: RateKey | None, limit: int
) -> Sequence[JurisdictionRate]:
    """Rates by country, region, postal code, class and beginning, from after `after`."""
    key = (
        JurisdictionRate.country, JurisdictionRate.region, JurisdictionRate.postal_prefix,
        JurisdictionRate.tax_class, JurisdictionRate.valid_from,
    )  # fmt: skip
    query = select(JurisdictionRate).order_by(*key).limit(limit)
    if country is not None:
        query = query.where(JurisdictionRate.country == country)
    if tax_class is not None:
        query = query.where(JurisdictionRate.tax_class == tax_class)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return (await session.scalars(query)).all()


async def put_regime(session: AsyncSession, data: RegimeData) -> TaxRegime:
    """Say how tax is counted there, from the next order on."""
    upsert = insert(TaxRegime).values(**asdict(data))
    changed = {
        name: upsert.excluded[name] for name in RegimeData.__slots__ if name not in ("country", "region")
    }
    made = await session.scalars(
        upsert.on_conflict_do_update(index_elements=["country", "region"], set_=changed).returning(TaxRegime),
        execution_options={"populate_existing": True},
    )
    return made.one()


async def regimes(session: AsyncSession) -> Sequence[TaxRegime]:
    """All of them; the one of `*` counts where no other does."""
    return (await session.scalars(select(TaxRegime).order_by(TaxRegime.country, TaxRegime.region))).all()


async def exempt(session: AsyncSession, data: ExemptionData) -> TaxExemption:
    """Keep a customer's certificate. Raises NotFound, Exists."""
    if await session.get(Customer, data.customer_id) is None:
        raise NotFound("no such customer")
    row: TaxExemption | None = await session.scalar(
        insert(TaxExemption)
        .values(id=uuid7(), **asdict(data))
        .on_conflict_do_nothing()
        .returning(TaxExemption)
    )
    if row is None:
        raise Exists("the customer has a certificate of that number there", number=data.number)
    return row


async def exemptions(session: AsyncSession, customer_id: UUID) -> Sequence[TaxExemption]:
    """A customer's certificates, oldest first."""
    query = select(TaxExemption).where(TaxExemption.customer_id == customer_id).order_by(TaxExemption.id)
    return (await session.scalars(query)).all()


async def end_exemption(session: AsyncSession, exemption_id: UUID, day: date) -> TaxExemption:
    """Valid no more from `day` on; one that ends earlier keeps its end. Raises NotFound."""
    ended = await session.scalars(
        update(TaxExemption)
        .where(TaxExemption.id == exemption_id)
        .values(
            valid_to=func.greatest(
                TaxExemption.valid_from, func.least(func.coalesce(TaxExemption.valid_to, day), day)
            )
        )
        .returning(TaxExemption),
        execution_options={"populate_existing": True},
    )
    row = ended.one_or_none()
    if row is None:
        raise NotFound("no such certificate")
    return row


async def put_fee(session: AsyncSession, data: FeeData) -> FeeRuleRow:
    """Make or change a fee of that code and currency, from the next order on. Raises Invalid."""
    known = await session.scalars(select(Customer.id).where(Customer.id.in_(data.customers)))
    if unknown := set(data.customers) - set(known):
        raise Invalid("no such customer", field="customers", customers=sorted(map(str, unknown)))
    lists = {"channels": list(data.channels), "customers": list(data.customers)}
    upsert = insert(FeeRuleRow).values(asdict(data) | lists)
    changed = {name: upsert.excluded[name] for name in FeeData.__slots__ if name not in ("code", "currency")}
    made = await session.scalars(
        upsert.on_conflict_do_update(index_elements=["code", "currency"], set_=changed).returning(FeeRuleRow),
        execution_options={"populate_existing": True},
    )
    return made.one()


async def fees(session: AsyncSession) -> Sequence[FeeRuleRow]:
    """All of them, by code and currency."""
    return (await session.scalars(select(FeeRuleRow).order_by(FeeRuleRow.code, FeeRuleRow.currency))).all()
