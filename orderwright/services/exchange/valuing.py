"""What are bookings in other currencies worth? In the order of their posting: docs/adr/0019."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import NoExchangeRate, Rate, Value, moved, valued
from orderwright.domain.failures import Conflict
from orderwright.domain.payments import Account
from orderwright.persistence.database import Database
from orderwright.persistence.money import rates, valuations
from orderwright.persistence.money.valuations import Booking, Held

BATCH = 500


@dataclass(frozen=True, slots=True)
class Valued:
    """Bookings valued now, and those that wait for a rate of one of these currencies."""

    valued: int
    waiting: int
    missing: Sequence[str]


@dataclass(slots=True)
class _Run:
    """How far one run has come. A currency whose rate is missing holds up its later bookings as well."""

    base: str
    held: Held
    valued: int
    waiting: int
    missing: set[str]


async def value(db: Database, base: str) -> Valued:
    """Value everything that waits, in transactions of 500 bookings at most; none is valued twice.

    Raises Conflict where the books are kept in another base currency already.
    """
    after, done = None, _Run(base, {}, 0, 0, set())
    while True:
        async with db.transaction() as session:
            await valuations.alone(session)
            await _same_base(session, base)
            done.held = await valuations.held(session)
            page = await valuations.waiting(session, base, after=after, limit=BATCH)
            for booking in page:
                await _value(session, done, booking)
            await valuations.put(session, done.held)
        if len(page) < BATCH:
            return Valued(done.valued, done.waiting, sorted(done.missing))
        after = (page[-1].posted_at, page[-1].id)


async def _same_base(session: AsyncSession, base: str) -> None:
    for known in await valuations.bases(session):
        if known != base:
            raise Conflict(f"the books are kept in {known}: bookings are not valued in {base}")


async def _value(session: AsyncSession, run: _Run, booking: Booking) -> None:
    foreign = booking.entries.keys() - {run.base}
    if foreign & run.missing:
        run.waiting += 1
        return
    at: dict[str, Rate] = {}
    for currency in sorted(foreign):
        try:
            at[currency] = await _rate(session, run, booking, currency)
        except NoExchangeRate:
            run.missing.add(currency)
    if foreign & run.missing:
        run.waiting += 1
        return
    values: list[Value] = []
    for currency, rate in at.items():
        found = valued(booking.entries[currency], rate, run.held.get(currency, {}))
        run.held[currency] = moved(run.held.get(currency, {}), found)
        values += [one for one in found if one.amount or one.base]
    await valuations.write(session, booking, at, run.base, values)
    run.valued += 1


async def _rate(session: AsyncSession, run: _Run, booking: Booking, currency: str) -> Rate:
    """A reversal is valued as what it reverses; an exchange for the base currency at what it brought."""
    if booking.reverses_id is not None:
        before = await valuations.rates(session, booking.reverses_id)
        if currency in before:
            return before[currency]
    brought = _brought(booking.entries, currency, run.base)
    return brought or await rates.rate(session, currency, run.base, booking.posted_at)


def _brought(entries: Mapping[str, Mapping[Account, int]], currency: str, base: str) -> Rate | None:
    given = entries[currency].get(Account.EXCHANGE, 0)
    got = entries.get(base, {}).get(Account.EXCHANGE, 0)
    if given * got >= 0:
        return None
    one = Rate(currency, base, Fraction(1))
    return Rate(currency, base, Fraction(-got, given) / one.minor)
