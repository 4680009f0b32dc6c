"""Do the books balance: money, labels, stock and units of every order, from the rows alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.reporting import proofs
from orderwright.reporting.questions import QUESTIONS


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it must be: which rule, whose it is, and the figures that disagree."""

    rule: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Balance:
    """One account in one currency, in minor units, from posted bookings; debits positive."""

    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Books:
    """What was looked at and what was found; without faults every order is proven."""

    orders: int
    bookings: int
    trial: Sequence[Balance]
    rules: Sequence[str]
    faults: Sequence[Fault]

    @property
    def proven(self) -> bool:
        """Whether everything is as it must be."""
        return not self.faults

    def off(self) -> dict[str, int]:
        """Currencies whose accounts do not sum to zero, with the difference."""
        return off(self.trial)


PROOF = "what was ordered, charged, refunded, shipped and owed agrees"

_TRIAL = """
    SELECT e.account, e.currency, sum(e.amount)::bigint AS amount
      FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
     WHERE t.state = 'posted' {until} GROUP BY e.account, e.currency ORDER BY e.currency, e.account"""
_NOW = text(_TRIAL.format(until=""))
_THEN = text(_TRIAL.format(until="AND t.posted_at <= :at"))


async def trial(session: AsyncSession, at: datetime | None = None) -> Sequence[Balance]:
    """Every account's balance, now or as it was at a past moment: later bookings never change that."""
    rows = await session.execute(_NOW) if at is None else await session.execute(_THEN, {"at": at})
    return [Balance(row.account, row.currency, row.amount) for row in rows]


def off(balances: Sequence[Balance]) -> dict[str, int]:
    """Currencies whose accounts do not sum to zero, with the difference."""
    sums: dict[str, int] = {}
    for balance in balances:
        sums[balance.currency] = sums.get(balance.currency, 0) + balance.amount
    return {currency: amount for currency, amount in sums.items() if amount}


async def check(session: AsyncSession, *, minutes: int) -> Books:
    """Ask every question of one unchanging picture; what is under way for less than `minutes` is no fault."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    await session.execute(text("SET LOCAL statement_timeout = '10min'"))
    return await examine(session, minutes=minutes)


async def examine(session: AsyncSession, *, minutes: int) -> Books:
    """The same in whatever transaction the session is in."""
    faults = [
        Fault(question.name, subject, reason)
        for question in QUESTIONS
        for subject, reason in await _asked(session, question.sql, minutes)
    ]
    async for proof in proofs.unproven(session, minutes=minutes):
        faults += [Fault(PROOF, proof.figures.number, reason) for reason in proof.reasons]
    books = Books(
        orders=await _count(session, text("SELECT count(*) FROM orders")),
        bookings=await _count(session, text("SELECT count(*) FROM ledger_transactions")),
        trial=await trial(session),
        rules=["the trial balance is zero", *(question.name for question in QUESTIONS), PROOF],
        faults=faults,
    )
    off = [
        Fault(books.rules[0], currency, f"the accounts sum to {amount}")
        for currency, amount in books.off().items()
    ]
    return Books(books.orders, books.bookings, books.trial, books.rules, [*off, *faults])


async def _asked(session: AsyncSession, sql: str, minutes: int) -> list[tuple[str, str]]:
    parameters = {"minutes": minutes} if ":minutes" in sql else {}
    return [(str(row[0]), str(row[1])) for row in await session.execute(text(sql), parameters)]


async def _count(session: AsyncSession, query: TextClause) -> int:
    return int(await session.scalar(query) or 0)
