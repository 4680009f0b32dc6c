"""What are the books worth in the base currency, what have rates brought, and what is open?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import NoExchangeRate, Rate, found
from orderwright.domain.failures import Conflict
from orderwright.domain.money import Money
from orderwright.persistence.money import rates


class NoBaseCurrency(Conflict):
    """ORDERWRIGHT_BASE_CURRENCY is not set: there is nothing to value in."""

    code = "no_base_currency"


@dataclass(frozen=True, slots=True)
class Gain:
    """What rates have brought an order (None: bookings without one), in minor units of the base."""

    order_number: str | None
    gain: int


@dataclass(frozen=True, slots=True)
class Open:
    """What an account holds of another currency, its book value in the base, and its value at the rate now.

    `worth` is None where no rate is known.
    """

    account: str
    currency: str
    amount: int
    book: int
    worth: int | None

    @property
    def unrealized(self) -> int | None:
        """What it would bring now."""
        return None if self.worth is None else self.worth - self.book


@dataclass(frozen=True, slots=True)
class Exchange:
    """All of it at a moment. `waiting`: posted bookings of other currencies that are not valued yet.

    `rates`: what the order that was asked for was placed at.
    """

    base_currency: str
    trial: Sequence[tuple[str, int]]
    realized: int
    gains: Sequence[Gain]
    positions: Sequence[Open]
    waiting: int
    rates: Sequence[Rate] = ()

    @property
    def unrealized(self) -> int:
        """Of the positions whose rate is known."""
        return sum(one.unrealized or 0 for one in self.positions)


_WORTH = """
WITH t AS (SELECT id, order_id FROM ledger_transactions
            WHERE state = 'posted' AND (CAST(:at AS timestamptz) IS NULL OR posted_at <= :at)),
worth AS (
  SELECT t.order_id, v.account, v.base FROM t JOIN ledger_values v ON v.transaction_id = t.id
  UNION ALL
  SELECT t.order_id, e.account, e.amount FROM t JOIN ledger_entries e ON e.transaction_id = t.id
   WHERE e.currency = :base)"""

_TRIAL = text(f"""{_WORTH}
SELECT account, sum(base)::bigint FROM worth GROUP BY account HAVING sum(base) <> 0
 ORDER BY account""")  # noqa: S608 - constants

_GAINS = text(f"""{_WORTH}
SELECT o.number, -sum(w.base)::bigint FROM worth w LEFT JOIN orders o ON o.id = w.order_id
 WHERE w.account = 'exchange_difference' AND (CAST(:number AS text) IS NULL OR o.number = :number)
 GROUP BY o.number HAVING sum(w.base) <> 0
 ORDER BY abs(sum(w.base)) DESC, o.number LIMIT :limit""")  # noqa: S608 - constants

_REALIZED = text(f"""{_WORTH}
SELECT coalesce(-sum(base), 0)::bigint FROM worth WHERE account = 'exchange_difference'""")  # noqa: S608

_POSITIONS = text("""
SELECT v.account, v.currency, sum(v.amount)::bigint, sum(v.base)::bigint
  FROM ledger_values v JOIN ledger_transactions t ON t.id = v.transaction_id
 WHERE (CAST(:at AS timestamptz) IS NULL OR t.posted_at <= :at)
   AND EXISTS (SELECT FROM exchange_positions p WHERE p.account = v.account AND p.currency = v.currency)
 GROUP BY v.account, v.currency HAVING sum(v.amount) <> 0 OR sum(v.base) <> 0
 ORDER BY v.currency, v.account""")

_WAITING = text("""
SELECT count(*) FROM ledger_transactions t
 WHERE t.state = 'posted' AND (CAST(:at AS timestamptz) IS NULL OR t.posted_at <= :at)
   AND t.id IN (SELECT transaction_id FROM ledger_entries WHERE currency < :base OR currency > :base)
   AND NOT EXISTS (SELECT FROM ledger_valuations v WHERE v.transaction_id = t.id)""")

_CLOCK = text("SELECT clock_timestamp()")


def base_of(setting: str) -> str:
    """The base currency. Raises NoBaseCurrency."""
    if not setting:
        raise NoBaseCurrency("there is no base currency: set ORDERWRIGHT_BASE_CURRENCY")
    return setting


async def report(
    session: AsyncSession,
    base: str,
    *,
    at: datetime | None = None,
    order: str | None = None,
    limit: int = 200,
) -> Exchange:
    """Now or at a past moment (at the rates of then); gains of one order, or of those with the largest.

    Raises NoBaseCurrency.
    """
    given = {"base": base_of(base), "at": at}
    trial = [(account, amount) for account, amount in await session.execute(_TRIAL, given)]
    gains = await session.execute(_GAINS, {**given, "number": order, "limit": limit})
    then = at or (await session.execute(_CLOCK)).scalar_one()
    return Exchange(
        base, trial, await _number(session, _REALIZED, given), [Gain(*row) for row in gains],
        await _positions(session, base, at, then), await _number(session, _WAITING, given),
        await rates.of_number(session, order) if order else (),
    )  # fmt: skip


async def _number(
    session: AsyncSession, query: TextClause, given: Mapping[str, Any]
) -> int:  # Any: parameters
    return int(await session.scalar(query, given) or 0)


async def _positions(session: AsyncSession, base: str, at: datetime | None, then: datetime) -> Sequence[Open]:
    known = await rates.known(session, then)
    made = []
    for account, currency, amount, book in await session.execute(_POSITIONS, {"at": at}):
        try:
            worth = found(known, currency, base).convert(Money(amount, currency)).amount
        except NoExchangeRate:
            worth = None
        made.append(Open(account, currency, amount, book, worth))
    return made
