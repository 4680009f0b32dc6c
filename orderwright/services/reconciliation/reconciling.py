"""Do a payment provider's lists and our rows say the same? What does not is listed; fees are booked."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.reconciliation import (
    Difference,
    Movement,
    OurPayment,
    OurRefund,
    PaymentDifferenceKind,
    Payout,
    TheirPayment,
    TheirRefund,
    payment_differs,
    refund_differs,
    refund_without_ours,
    without_order,
)
from orderwright.persistence.database import Database
from orderwright.persistence.money import differences as money_differences
from orderwright.persistence.money.among import among
from orderwright.persistence.tables import Order, Reconciliation
from orderwright.ports.statements import PaymentStatements
from orderwright.services.reconciliation import our_side, payouts, unmatched

SETTLE = timedelta(minutes=10)
"""What was touched more lately is under way, and looked at by the next run."""

OVERLAP = timedelta(hours=1)
FIRST = timedelta(days=35)
PAYOUT_DAYS = timedelta(days=14)
"""How far back the first run looks, and how long a payout may take to arrive."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was compared, booked and found; `new`: differences found for the first time."""

    since: datetime
    until: datetime
    payments: int
    refunds: int
    booked: int
    new: int
    gone: int
    open: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """The provider's side of one window, by reference."""

    payments: Mapping[str, TheirPayment]
    refunds: Mapping[str, TheirRefund]
    movements: Sequence[Movement]
    payouts: Sequence[Payout]


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side of the same. `awaited`: ids of ours whose answer or customer is still to come; `adopted`:
    payments of theirs that a person has kept.
    """

    payments: Mapping[str, OurPayment]
    refunds: Mapping[str, OurRefund]
    awaited: Collection[str]
    adopted: Collection[str]


async def reconcile(db: Database, statements: PaymentStatements, *, settle: timedelta = SETTLE) -> Reconciled:
    """Compare both ways and note what differs. The provider is asked outside of any transaction.

    His side is read first: what we do meanwhile counts as under way.
    """
    async with db.transaction() as session:
        since, until = await _window(session, statements.provider, settle)
        asked = await our_side.open_references(session, statements.provider)
    theirs = await _theirs(statements, since, until)
    theirs = await _with(statements, theirs, asked)
    async with db.transaction() as session:
        ours = await _ours(session, statements, theirs, since, settle)
    theirs = await _with(statements, theirs, [*ours.payments, *ours.refunds])
    async with db.transaction() as session:
        return await _note(session, statements.provider, (since, until), ours, theirs)


async def _window(session: AsyncSession, provider: str, settle: timedelta) -> tuple[datetime, datetime]:
    """From where the last run ended, with an overlap, to what has come to rest; by the record's clock."""
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    last = await session.scalar(
        select(func.max(Reconciliation.until)).where(Reconciliation.provider == provider)
    )
    return (now - FIRST if last is None else last - OVERLAP), now - settle


async def _theirs(statements: PaymentStatements, since: datetime, until: datetime) -> Theirs:
    payments, refunds, movements, sent = await asyncio.gather(
        statements.payments(since, until),
        statements.refunds(since, until),
        statements.movements(since, until),
        statements.payouts(since - PAYOUT_DAYS, until),
    )
    found = Theirs(
        {one.reference: one for one in payments}, {one.reference: one for one in refunds}, movements, sent
    )
    moved = {one.payment_reference for one in movements if one.payment_reference is not None}
    return await _with(statements, found, moved)


async def _with(statements: PaymentStatements, theirs: Theirs, references: Iterable[str]) -> Theirs:
    """The same with payments and refunds older than the window, asked for one by one."""
    payments, refunds = dict(theirs.payments), dict(theirs.refunds)
    for reference in sorted(set(references) - payments.keys() - refunds.keys()):
        if not statements.knows(reference):
            continue
        payment = await statements.payment(reference)
        refund = None if payment is not None else await statements.refund(reference)
        if payment is not None:
            payments[reference] = payment
        elif refund is not None:
            refunds[reference] = refund
    return replace(theirs, payments=payments, refunds=refunds)


async def _ours(
    session: AsyncSession, statements: PaymentStatements, theirs: Theirs, since: datetime, settle: timedelta
) -> Ours:
    named = {*theirs.payments, *(one.payment_reference for one in theirs.refunds.values())}
    payments = await our_side.payments(session, since, named, settle)
    refunds = await our_side.refunds(session, since, set(theirs.refunds), settle)
    return Ours(
        {one.reference: one for one in payments if statements.knows(one.reference)},
        {one.reference: one for one in refunds if statements.knows(one.reference)},
        await our_side.awaited(session, {p.payment_id for p in theirs.payments.values() if p.payment_id}),
        await our_side.adopted(session, theirs.payments.keys()),
    )


async def _note(
    session: AsyncSession, provider: str, window: tuple[datetime, datetime], ours: Ours, theirs: Theirs
) -> Reconciled:
    await money_differences.alone(session)
    found = await _named(session, differences(ours, theirs))
    moving = {one.reference for one in ours.payments.values() if one.in_motion}
    moving |= {one.reference for one in ours.refunds.values() if one.in_motion}
    noted = await money_differences.note(session, provider, found, skipped=moving)
    await _follow(session, noted)
    orders = {one.reference: one.order_id for one in ours.payments.values()}
    booked = await payouts.book_movements(session, theirs.movements, orders)
    booked += await payouts.book_payouts(session, theirs.payouts)
    open_now = len(await money_differences.open_ones(session, provider))
    since, until = window
    done = Reconciled(since, until, len(theirs.payments), len(theirs.refunds), booked,
                      len(noted.new), len(noted.gone), open_now)  # fmt: skip
    await session.execute(
        insert(Reconciliation).values(
            provider=provider, since=since, until=until, payments=done.payments, refunds=done.refunds,
            booked=booked, differences=open_now,
        )
    )  # fmt: skip
    return done


def differences(ours: Ours, theirs: Theirs) -> list[Difference]:
    """Everything that one side says and the other does not."""
    found = [
        one for p in ours.payments.values() for one in payment_differs(p, theirs.payments.get(p.reference))
    ]
    found += [
        one for r in ours.refunds.values() for one in refund_differs(r, theirs.refunds.get(r.reference))
    ]
    strangers = [
        without_order(payment)
        for reference, payment in theirs.payments.items()
        if reference not in ours.payments
        and reference not in ours.adopted
        and payment.payment_id not in ours.awaited
    ]
    unasked = [
        refund_without_ours(refund, ours.payments[refund.payment_reference])
        for reference, refund in theirs.refunds.items()
        if reference not in ours.refunds and refund.payment_reference in ours.payments
    ]
    return found + [one for one in (*strangers, *unasked) if one is not None]


async def _named(session: AsyncSession, found: Sequence[Difference]) -> list[Difference]:
    """Money without an order belongs to the order that the provider names, where that is one of ours."""
    numbers = {one.order_number for one in found if one.order_id is None and one.order_number}
    rows = await session.execute(select(Order.number, Order.id).where(among(Order.number, numbers)))
    ids: dict[str, UUID] = dict(rows.all())
    return [
        replace(one, order_id=ids.get(one.order_number)) if one.order_id is None and one.order_number else one
        for one in found
    ]


async def _follow(session: AsyncSession, noted: money_differences.Noted) -> None:
    """Money without an order is booked, and a person is asked."""
    asks = PaymentDifferenceKind.MONEY_WITHOUT_ORDER
    for row in noted.new:
        if row.kind is asks:
            await unmatched.found(session, row)
    for row, before in noted.changed:
        if row.kind is asks:
            await unmatched.changed(session, row, before)
    for row in noted.gone:
        if row.kind is asks:
            await unmatched.gone(session, row)
