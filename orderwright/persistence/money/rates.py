"""Exchange rates as rows: what was known of a moment, and what is written down for later."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import NewRate, Rate, found
from orderwright.persistence.tables import ExchangeRate, Order, OrderRate

Pairs = Mapping[tuple[str, str], Decimal]


async def known(session: AsyncSession, at: datetime) -> Pairs:
    """The rates in force at a moment: of each pair the last that had begun, as last recorded."""
    rows = await session.execute(
        select(ExchangeRate.base, ExchangeRate.quote, ExchangeRate.rate)
        .ext(distinct_on(ExchangeRate.base, ExchangeRate.quote))
        .where(ExchangeRate.valid_from <= at)
        .order_by(
            ExchangeRate.base, ExchangeRate.quote, ExchangeRate.valid_from.desc(), ExchangeRate.seq.desc()
        )
    )
    return {(base, quote): rate for base, quote, rate in rows}


async def rate(session: AsyncSession, base: str, quote: str, at: datetime) -> Rate:
    """From `base` to `quote` as of `at`. Raises NoExchangeRate."""
    return found({} if base == quote else await known(session, at), base, quote)


async def record(
    session: AsyncSession, new: Sequence[NewRate], *, source: str, by: str
) -> Sequence[ExchangeRate]:
    """Append them; one that says what is in force from that very moment already is left out."""
    made = []
    for one in new:
        query = (
            select(ExchangeRate.rate)
            .where(ExchangeRate.base == one.base, ExchangeRate.quote == one.quote,
                   ExchangeRate.valid_from == one.valid_from)
            .order_by(ExchangeRate.seq.desc())
            .limit(1)
        )  # fmt: skip
        if await session.scalar(query) == one.rate:
            continue
        row = await session.scalar(
            insert(ExchangeRate)
            .values(base=one.base, quote=one.quote, valid_from=one.valid_from, rate=one.rate, source=source,
                    recorded_by=by)
            .returning(ExchangeRate)
        )  # fmt: skip
        assert row is not None  # noqa: S101 - an insert returns its row
        made.append(row)
    return made


async def listed(
    session: AsyncSession,
    *,
    base: str | None,
    quote: str | None,
    at: datetime | None,
    after: int | None,
    limit: int,
) -> Sequence[ExchangeRate]:
    """Rates as they were recorded, the newest first; with `at` those that had begun by then."""
    query = select(ExchangeRate).order_by(ExchangeRate.seq.desc()).limit(limit)
    given = ((ExchangeRate.base, base), (ExchangeRate.quote, quote))
    query = query.where(*(column == value for column, value in given if value is not None))
    if at is not None:
        query = query.where(ExchangeRate.valid_from <= at)
    if after is not None:
        query = query.where(ExchangeRate.seq < after)
    return (await session.scalars(query)).all()


async def keep(session: AsyncSession, order_id: UUID, rates: Sequence[Rate], at: datetime) -> None:
    """Write on an order what it was placed at; a rate of a currency to itself is none."""
    rows = {(one.base, one.quote): one for one in rates if one.base != one.quote}
    if rows:
        await session.execute(
            insert(OrderRate),
            [
                {"order_id": order_id, "base": one.base, "quote": one.quote,
                 "numerator": Decimal(one.value.numerator), "denominator": Decimal(one.value.denominator),
                 "at": at}
                for one in rows.values()
            ],
        )  # fmt: skip


async def of_number(session: AsyncSession, number: str) -> Sequence[Rate]:
    """What the order of that number was placed at."""
    rows = await session.scalars(
        select(OrderRate)
        .join(Order, Order.id == OrderRate.order_id)
        .where(Order.number == number)
        .order_by(OrderRate.base, OrderRate.quote)
    )
    return [Rate(row.base, row.quote, Fraction(row.numerator) / Fraction(row.denominator)) for row in rows]
