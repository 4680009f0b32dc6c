"""Does a provider's settlement file say what our rows say? Matched line by line; what it costs is booked."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.reconciliation import MoneyDecision, MovementKind, PaymentDifferenceKind
from orderwright.domain.books.settlement import SettlementLine
from orderwright.domain.money import Money
from orderwright.domain.payments import Account, RefundState
from orderwright.persistence.money import ledger
from orderwright.persistence.money.among import among
from orderwright.persistence.tables import (
    Dispute,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    PaymentDifference,
    PaymentEvent,
    Refund,
)
from orderwright.services.reconciliation import exchanging


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line (or a payout, on line 0) that our rows do not know like that, and why."""

    line: int
    reference: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Lines read, matched, and bookings made for the first time."""

    lines: int
    matched: int
    booked: int
    unmatched: Sequence[Unmatched]


@dataclass(slots=True)
class _Known:
    """Our rows that the file names: captures and refunds are used up by the lines that match them."""

    payments: dict[str, Payment] = field(default_factory=dict)
    captures: Counter[tuple[str, Money]] = field(default_factory=Counter)
    refunds: dict[str, Money] = field(default_factory=dict)
    disputes: set[tuple[str, Money]] = field(default_factory=set)
    decided: dict[str, PaymentDifference] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)


async def settle(session: AsyncSession, lines: Sequence[SettlementLine]) -> Settled:
    """Match every line, book fees and payouts. Read twice, it matches the same and books nothing."""
    known = await _known(session, lines)
    unmatched = [
        Unmatched(line.number, line.reference, reason) for line in lines if (reason := _reason(known, line))
    ]
    strange = {one.line for one in unmatched}
    readable = [line for line in lines if not line.unreadable]
    booked = sum([await _book_fee(session, known, line) for line in readable])
    booked += sum([await _exchange(session, known, line) for line in readable if line.number not in strange])
    torn = {line.payout for line in lines if line.unreadable}
    paid, wrong = await _book_payouts(session, [line for line in readable if line.payout not in torn])
    wrong += [
        Unmatched(0, payout, "not booked: not all of its lines are readable")
        for payout in sorted(torn - {""})
    ]
    return Settled(len(lines), len(lines) - len(unmatched), booked + paid, [*unmatched, *wrong])


async def _known(session: AsyncSession, lines: Sequence[SettlementLine]) -> _Known:
    named, known = {line.payment for line in lines if line.payment}, _Known()
    for payment in await session.scalars(select(Payment).where(among(Payment.reference, named))):
        known.payments[payment.reference or ""] = payment
    taken = await session.execute(
        select(Payment.reference, PaymentEvent.amount, Payment.currency)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .where(among(Payment.reference, named), PaymentEvent.kind == "captured")
    )
    for reference, amount, currency in taken:
        known.captures[reference or "", Money(amount or 0, currency)] += 1
    asked = await session.execute(
        select(Payment.reference, Dispute.amount, Dispute.currency)
        .join(Dispute, Dispute.payment_id == Payment.id)
        .where(among(Payment.reference, named), Dispute.taken.is_(True))
    )
    known.disputes = {(reference or "", Money(amount, currency)) for reference, amount, currency in asked}
    given = (RefundState.PROCESSING, RefundState.SUCCEEDED)
    sources = {line.source for line in lines}
    for refund in await session.scalars(
        select(Refund).where(among(Refund.reference, sources), Refund.state.in_(given))
    ):
        known.refunds[refund.reference or ""] = Money(refund.amount, refund.currency)
    for row in await session.scalars(
        select(PaymentDifference).where(
            among(PaymentDifference.reference, named),
            PaymentDifference.kind == PaymentDifferenceKind.MONEY_WITHOUT_ORDER,
        )
    ):
        known.decided[row.reference] = row
    return known


def _reason(known: _Known, line: SettlementLine) -> str:
    """Why the line does not match; empty where it does."""
    if line.unreadable:
        return line.unreadable
    first = known.seen.setdefault(line.reference, line.number)
    if first != line.number:
        return f"the same movement is on line {first}"
    match line.kind:
        case MovementKind.FEE | MovementKind.PAYOUT:
            return ""
        case MovementKind.OTHER:
            what = line.category or "a line without a category"
            return f"what {what} means to our books is for a person to say"
    return _CHECKS[line.kind](known, line)


def _charge(known: _Known, line: SettlementLine) -> str:
    if not line.payment:
        return "it names no payment"
    if line.payment not in known.payments:
        row = known.decided.get(line.payment)
        if row is None:
            return f"we know no payment {line.payment}"
        return "" if row.decision is not None else f"{line.payment} is money without an order, undecided"
    if known.captures[line.payment, line.moved] > 0:
        known.captures[line.payment, line.moved] -= 1
        return ""
    ours = known.payments[line.payment]
    return f"we took {Money(ours.captured, ours.currency)} with {line.payment}, not {line.moved}"


def _refund(known: _Known, line: SettlementLine) -> str:
    ours = known.refunds.get(line.source)
    given = line.moved * -1
    if ours is not None:
        return "" if ours == given else f"we gave back {ours} with {line.source}, not {given}"
    row = known.decided.get(line.payment)
    if row is not None and row.decision is MoneyDecision.REFUND:
        return ""
    return f"we know no refund {line.source}"


def _dispute(known: _Known, line: SettlementLine) -> str:
    """Taken by a bank, or come back: of the dispute's whole amount either way."""
    amount = Money(abs(line.gross.amount), line.gross.currency)
    if (line.payment, amount) in known.disputes:
        return ""
    return f"we know no dispute of {amount} about {line.payment or 'no payment'}"


_CHECKS: Mapping[MovementKind, Callable[[_Known, SettlementLine], str]] = {
    MovementKind.CHARGE: _charge,
    MovementKind.REFUND: _refund,
    MovementKind.DISPUTE: _dispute,
}


async def _book_fee(session: AsyncSession, known: _Known, line: SettlementLine) -> bool:
    cost = line.fee - (line.gross.amount if line.kind is MovementKind.FEE else 0)
    return await ledger.book(
        session, "fee", {Account.PAYMENT_FEES: cost, Account.CLEARING: -cost},
        currency=line.gross.currency, source=f"fee/{line.reference}", order_id=_order(known, line),
    )  # fmt: skip


async def _exchange(session: AsyncSession, known: _Known, line: SettlementLine) -> bool:
    """Of a line that matches only: of another one, nobody knows what was exchanged."""
    if line.exchanged is None:
        return False
    return await exchanging.book(session, line.reference, line.exchanged, line.gross, _order(known, line))


def _order(known: _Known, line: SettlementLine) -> UUID | None:
    payment = known.payments.get(line.payment)
    return payment.order_id if payment is not None else None


async def _book_payouts(
    session: AsyncSession, lines: Sequence[SettlementLine]
) -> tuple[int, list[Unmatched]]:
    """The payouts that the file is about, each the sum of its lines; one booked otherwise is named."""
    sums: dict[tuple[str, str], int] = {}
    seen: set[str] = set()
    for line in lines:
        if line.payout and line.kind is not MovementKind.PAYOUT and line.reference not in seen:
            seen.add(line.reference)
            key = (line.payout, line.gross.currency)
            sums[key] = sums.get(key, 0) + line.net
    booked, wrong = 0, []
    for (payout, currency), amount in sums.items():
        source = f"payout/{payout}"
        if await ledger.book(
            session, "payout", {Account.BANK: amount, Account.CLEARING: -amount}, currency=currency,
            source=source, order_id=None,
        ):  # fmt: skip
            booked += 1
            continue
        said = await _bank(session, source)
        if said != amount:
            ours, file = Money(said, currency), Money(amount, currency)
            wrong.append(Unmatched(0, payout, f"the bank got {ours} by our books, its lines sum to {file}"))
    return booked, wrong


async def _bank(session: AsyncSession, source: str) -> int:
    query = (
        select(LedgerEntry.amount)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.source == source, LedgerEntry.account == Account.BANK)
    )
    return await session.scalar(query) or 0
