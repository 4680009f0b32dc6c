"""Money that comes by bank transfer: matched to its order or invoice, or kept until a person knows whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Exists, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account, PaymentMethod, PaymentState, TransferState
from orderwright.domain.transfers import Match, invoice_in, matched, number_in
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import BankTransfer, BilledPart, MoneyDocument, Order, Payment
from orderwright.services.payments import deposits, paying
from orderwright.services.receivables import owing

_WAITS = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)


@dataclass(frozen=True, slots=True)
class Incoming:
    """As the bank tells it. `bank_id` is the bank's own id: the same again is the same transfer."""

    bank_id: str
    amount: int
    currency: str
    reference: str
    received_at: datetime


async def receive(session: AsyncSession, new: Incoming, actor: Actor) -> BankTransfer:
    """Book the money, and let the order go on that it pays for. Raises Exists where the id stood for another.

    The order is found by its number, or that of its invoice, in the reference. It goes on, or is paid, where
    exactly enough has come, or less by no more than rounding; less: the rest stays open; more: a person sends
    the rest back; no such order, or nothing is owed for it yet: kept, and listed.
    """
    actor.require(Scope.OPERATIONS)
    named = await _named(session, new.reference)
    if named is not None:
        await locks.lock(session, named.order_id)
    transfer = await _insert(session, new)
    if transfer is None:
        return await _known(session, new)
    if named is None or not await _use(session, transfer, named, {Account.BANK: new.amount}, actor):
        await _book(session, transfer, {Account.UNMATCHED: -new.amount}, None)
    return transfer


async def assign(session: AsyncSession, transfer_id: UUID, order_id: UUID, actor: Actor) -> BankTransfer:
    """A person knows whose it is. Raises NotFound, Conflict where the order waits for no transfer."""
    actor.require(Scope.OPERATIONS)
    await locks.lock(session, order_id)
    transfer = await _claimed(session, transfer_id, TransferState.MATCHED)
    named = await _named(session, transfer.reference)
    of_it = named if named is not None and named.order_id == order_id else _Order(order_id)
    if not await _use(session, transfer, of_it, {Account.UNMATCHED: transfer.amount}, actor):
        raise Conflict("that order waits for no transfer in this currency, and owes none")
    return transfer


async def sent_back(session: AsyncSession, transfer_id: UUID, actor: Actor) -> BankTransfer:
    """A person has sent money back that nobody could place. Raises NotFound, Conflict."""
    actor.require(Scope.OPERATIONS)
    transfer = await _claimed(session, transfer_id, TransferState.RETURNED)
    await ledger.book(
        session, "transfer.returned", {Account.UNMATCHED: transfer.amount, Account.BANK: -transfer.amount},
        currency=transfer.currency, source=f"transfer.returned/{transfer.id}", order_id=None,
    )  # fmt: skip
    return transfer


async def listed(
    session: AsyncSession, *, state: TransferState | None, after: UUID | None, limit: int
) -> Sequence[BankTransfer]:
    """Transfers, oldest first."""
    query = select(BankTransfer).order_by(BankTransfer.id).limit(limit)
    if state is not None:
        query = query.where(BankTransfer.state == state)
    if after is not None:
        query = query.where(BankTransfer.id > after)
    return (await session.scalars(query)).all()


@dataclass(frozen=True, slots=True)
class _Order:
    """Which order a reference names, and the parts that the invoice bills which it names."""

    order_id: UUID
    parts: Sequence[UUID] = ()


async def _named(session: AsyncSession, reference: str) -> _Order | None:
    if (invoice := invoice_in(reference)) is not None:
        rows = await session.execute(
            select(MoneyDocument.order_id, BilledPart.fulfillment_id)
            .join(BilledPart, BilledPart.document_id == MoneyDocument.id)
            .where(MoneyDocument.number == invoice)
        )
        found = rows.all()
        return _Order(found[0].order_id, [row.fulfillment_id for row in found]) if found else None
    if (number := number_in(reference)) is None:
        return None
    order_id = await session.scalar(select(Order.id).where(Order.number == number))
    return None if order_id is None else _Order(order_id)


async def _use(
    session: AsyncSession, transfer: BankTransfer, named: _Order, debit: dict[Account, int], actor: Actor
) -> bool:
    """For what the order waits for, else for what it owes. False: neither."""
    waiting = await _waiting(session, named.order_id, transfer.currency)
    on_terms = await _on_terms(session, named.order_id, transfer.currency)
    if on_terms is not None and (waiting is None or waiting.state not in _WAITS):  # the deposit is there
        await _pay(session, transfer, on_terms, named, debit, actor)
    elif waiting is not None:
        await _apply(session, transfer, waiting, debit, actor)
    return waiting is not None or on_terms is not None


async def _on_terms(session: AsyncSession, order_id: UUID, currency: str) -> Payment | None:
    """A payment on terms of which something is or was owed; where all is paid, more is too much."""
    found: Payment | None = await session.scalar(
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.method == PaymentMethod.MANUAL,
            Payment.currency == currency,
            Payment.captured > 0,
        )
        .order_by(Payment.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


async def _pay(
    session: AsyncSession,
    transfer: BankTransfer,
    payment: Payment,
    named: _Order,
    debit: dict[Account, int],
    actor: Actor,
) -> None:
    """What is owed on terms is paid: the invoice that is named first, then what was due first."""
    owed = await owing.of_order(session, payment.order_id, PaymentMethod.MANUAL, first=named.parts)
    match = matched(sum(one.amount for one in owed), transfer.amount, transfer.currency)
    await owing.settle(session, payment.order_id, owed, match.used + match.rounding)
    credits = {
        Account.RECEIVABLE: -match.used - match.rounding,
        Account.ROUNDING: match.rounding,
        Account.UNMATCHED: -match.excess,
    }
    await _matched(session, transfer, payment, match, credits, debit, actor)


async def _insert(session: AsyncSession, new: Incoming) -> BankTransfer | None:
    row: BankTransfer | None = await session.scalar(
        insert(BankTransfer)
        .values(
            id=uuid7(), bank_id=new.bank_id, amount=new.amount, currency=new.currency,
            reference=new.reference, received_at=new.received_at, state=TransferState.UNMATCHED,
        )
        .on_conflict_do_nothing(index_elements=["bank_id"])
        .returning(BankTransfer)
    )  # fmt: skip
    return row


async def _known(session: AsyncSession, new: Incoming) -> BankTransfer:
    row = (await session.scalars(select(BankTransfer).where(BankTransfer.bank_id == new.bank_id))).one()
    if (row.amount, row.currency, row.reference) != (new.amount, new.currency, new.reference):
        raise Exists("the bank has told another transfer by that id", transfer_id=str(row.id))
    return row


async def _claimed(session: AsyncSession, transfer_id: UUID, state: TransferState) -> BankTransfer:
    """One that nobody has placed yet, and whoever asks is the one who does."""
    row: BankTransfer | None = await session.scalar(
        update(BankTransfer)
        .where(BankTransfer.id == transfer_id, BankTransfer.state == TransferState.UNMATCHED)
        .values(state=state)
        .returning(BankTransfer)
        .execution_options(populate_existing=True)
    )
    if row is None:
        known = await session.get(BankTransfer, transfer_id)
        if known is None:
            raise NotFound("no such transfer")
        raise Conflict(f"the transfer is {known.state.value}", state=known.state.value)
    return row


async def _waiting(session: AsyncSession, order_id: UUID, currency: str) -> Payment | None:
    """The payment that a transfer is for, also where it has been paid already: then all of it is too much."""
    query = (
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.method == PaymentMethod.TRANSFER,
            Payment.currency == currency,
        )
        .order_by(Payment.state.in_(_WAITS).desc(), Payment.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found: Payment | None = await session.scalar(query)
    return found


async def _apply(
    session: AsyncSession, transfer: BankTransfer, payment: Payment, debit: dict[Account, int], actor: Actor
) -> None:
    waits = payment.state in _WAITS
    owed = payment.amount - await deposits.used_for(session, payment.id) if waits else 0
    match = matched(owed, transfer.amount, transfer.currency)
    credits = {Account.DEPOSITS: -match.used, Account.UNMATCHED: -match.excess}
    await _matched(session, transfer, payment, match, credits, debit, actor)
    if waits:
        await _go_on(session, payment, match, transfer)
    await outbox.wake(session, payment.order_id)


async def _matched(
    session: AsyncSession,
    transfer: BankTransfer,
    payment: Payment,
    match: Match,
    credits: dict[Account, int],
    debit: dict[Account, int],
    actor: Actor,
) -> None:
    """It is this order's: the rows, the books and the timeline say so; what is too much is owed back."""
    transfer.state, transfer.used = match.state, match.used
    transfer.order_id, transfer.payment_id = payment.order_id, payment.id
    await session.flush()
    await _book(session, transfer, credits, payment.order_id, debit=debit)
    await timeline.tell(
        session, payment.order_id, f"transfer.{match.state.value}", by=actor.name, amount=transfer.amount,
        missing=match.missing, excess=match.excess, transfer=str(transfer.id),
    )  # fmt: skip
    if match.excess:
        await deposits.ask_back(
            session, payment.order_id, f"{deposits.OVERPAID}/{transfer.id}", match.excess, payment.currency
        )


async def _go_on(session: AsyncSession, payment: Payment, match: Match, transfer: BankTransfer) -> None:
    if not match.enough:
        await paying.still_missing(session, payment)
        return
    if match.rounding:
        await ledger.book(
            session, "transfer.rounding",
            {Account.ROUNDING: match.rounding, Account.DEPOSITS: -match.rounding},
            currency=payment.currency, source=f"transfer.rounding/{transfer.id}", order_id=payment.order_id,
        )  # fmt: skip
    await paying.arrived(session, payment.id, transfer.received_at)


async def _book(
    session: AsyncSession,
    transfer: BankTransfer,
    credits: dict[Account, int],
    order_id: UUID | None,
    *,
    debit: dict[Account, int] | None = None,
) -> None:
    entries = dict(debit or {Account.BANK: transfer.amount})
    for account, amount in credits.items():
        entries[account] = entries.get(account, 0) + amount
    again = "" if Account.BANK in entries else ".assigned"
    await ledger.book(
        session, f"transfer{again}", entries, currency=transfer.currency,
        source=f"transfer{again}/{transfer.id}", order_id=order_id,
    )  # fmt: skip
