"""What is an order paid with: one instrument, or kept money first and another for the rest?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, CurrencyMismatch, Invalid
from orderwright.domain.money import share
from orderwright.domain.payments import KEPT, PaymentMethod
from orderwright.persistence.money import balances
from orderwright.persistence.tables import Balance, Order, OrderInstrument
from orderwright.services.keys import hashed
from orderwright.services.wallet import saving


class Uncovered(Invalid):
    """What an order names does not pay for all of it."""

    code = "payment_uncovered"


class UnknownGiftCard(Invalid):
    """A code that no gift card of that currency has."""

    code = "unknown_gift_card"


class GiftCardBlocked(Conflict):
    """Staff has blocked the gift card."""

    code = "gift_card_blocked"


class GiftCardExpired(Conflict):
    """The gift card is past its date."""

    code = "gift_card_expired"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One of an order's, by its place. No amount: all that is left. `source`: a token, or a balance's id.

    `deposit`: its amount is paid at once, and the rest when goods ship. `keep`, `saved_id`: as of the row.
    """

    position: int
    method: PaymentMethod
    source: str | None = None
    amount: int | None = None
    deposit: bool = False
    keep: bool = False
    saved_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is paid at once, by card or transfer: an amount in minor units, or `percent` of the total."""

    method: PaymentMethod
    source: str | None = None
    amount: int | None = None
    percent: int | None = None

    def of(self, total: int) -> int:
        """In minor units."""
        percent = self.percent or 0
        return share(total, [percent, 100 - percent])[0] if self.amount is None else self.amount


@dataclass(frozen=True, slots=True)
class Named:
    """As it is asked for: a card by `source`, a gift card by `code`; no amount: what there is, or is left.

    A card that is `saved` stands for its source; one that is to be saved (`keep`) is kept for the customer.
    """

    method: PaymentMethod
    source: str | None = None
    code: str | None = None
    amount: int | None = None
    keep: bool = False
    saved: UUID | None = None


async def of(session: AsyncSession, order: Order) -> list[Instrument]:
    """The order's instruments; the last one bears whatever the others do not."""
    query = (
        select(OrderInstrument).where(OrderInstrument.order_id == order.id).order_by(OrderInstrument.position)
    )
    rows = (await session.scalars(query)).all()
    named = [
        Instrument(row.position, row.method, row.source, row.amount, row.deposit, row.keep, row.saved_id)
        for row in rows
    ]
    return named or [Instrument(0, order.payment_method, order.payment_source)]


def code_hash(code: str) -> str:
    """Of a code as people type it: case, spaces and dashes do not matter."""
    return hashed(re.sub(r"[\s-]", "", code).upper())


def check(named: Sequence[Named], *, known_customer: bool, shipped: bool = True) -> None:
    """What can be said before the order is priced. Raises Invalid."""
    others = [one for one in named if one.method not in KEPT]
    if len(others) > 1:
        raise Invalid("beside gift cards and store credit one instrument pays for the rest", field="payments")
    for one in named:
        if one.method is PaymentMethod.EXCHANGE:
            raise Invalid(
                "only what a return gives back pays like that: ask for it there", field="payment.method"
            )
        _check_card(one, known_customer=known_customer)
        if one.method is PaymentMethod.CASH_ON_DELIVERY and not shipped:
            raise Invalid("cash on delivery is for what a carrier delivers", field="payment.method")
        if (one.method is PaymentMethod.GIFT_CARD) != (one.code is not None):
            raise Invalid("a gift card is named by its code, and nothing else is", field="payments.code")
        if one.method is PaymentMethod.STORE_CREDIT and not known_customer:
            raise Invalid(
                "store credit belongs to a customer: name him by customer_id or external id",
                field="customer_id",
            )
        if one.amount is not None and one.method not in KEPT:
            raise Invalid("the last instrument pays for all that is left", field="payments.amount")


def _check_card(one: Named, *, known_customer: bool) -> None:
    """Whose saved card it is, is not to be found by an e-mail, as with store credit."""
    if one.method is not PaymentMethod.CARD:
        if one.keep or one.saved is not None:
            raise Invalid("only a card is saved", field="payment.saved")
        return
    if not one.source and one.saved is None:
        raise Invalid("a card payment needs the token of an instrument", field="payment.source")
    if one.saved is not None and (one.source or one.keep):
        raise Invalid("a saved card needs no other source, and is saved already", field="payment.saved")
    if (one.keep or one.saved is not None) and not known_customer:
        raise Invalid(
            "a saved card belongs to a customer: name him by customer_id or external id", field="customer_id"
        )


def check_deposit(deposit: Deposit, named: Sequence[Named]) -> None:
    """What can be said before the order is priced. Raises Invalid."""
    if deposit.method not in (PaymentMethod.CARD, PaymentMethod.TRANSFER):
        raise Invalid("a deposit is paid by card or by transfer", field="deposit.method")
    if deposit.method is PaymentMethod.CARD and not deposit.source:
        raise Invalid("a card payment needs the token of an instrument", field="deposit.source")
    rest = [one.method for one in named if one.method not in KEPT]
    if not rest:
        raise Invalid("beside a deposit one instrument pays for the rest", field="payments")
    if PaymentMethod.TRANSFER in rest and deposit.method is PaymentMethod.TRANSFER:
        raise Invalid("the rest is paid otherwise: by transfer all of it comes at once", field="payments")


async def resolved(
    session: AsyncSession,
    named: Sequence[Named],
    *,
    total: int,
    currency: str,
    customer_id: UUID,
    deposit: Deposit | None = None,
) -> list[Instrument]:
    """Amounts for kept money in their order, and what pays for the rest; what nothing is left for is dropped.

    Kept money comes first, gift cards before store credit, then a deposit. Raises Invalid, CurrencyMismatch,
    Uncovered, GiftCardBlocked, GiftCardExpired, UnknownSavedMethod.
    """
    kept = sorted(
        (one for one in named if one.method in KEPT),
        key=lambda one: one.method is not PaymentMethod.GIFT_CARD,
    )
    found: list[Instrument] = []
    rest = total
    for one in kept:
        balance = await _balance(session, one, currency, customer_id)
        if str(balance.id) in {earlier.source for earlier in found}:
            raise Invalid("the same balance twice", field="payments")
        there = balance.balance - balance.held
        if one.amount is not None and one.amount > there:
            raise Uncovered("less than that is left of it", field="payments.amount", available=there)
        amount = min(rest, there if one.amount is None else one.amount)
        if amount:
            found.append(Instrument(len(found), one.method, str(balance.id), amount))
            rest -= amount
    if deposit is not None:
        found.append(_deposit(deposit, len(found), total, rest))
        rest -= found[-1].amount or 0
    for one in named:
        if one.method not in KEPT and (rest or not found):
            found.append(await _main(session, one, len(found), customer_id))
            rest = 0
    if not found:  # nothing to pay
        found.append(Instrument(0, named[0].method))
    if rest:
        raise Uncovered("what is named does not pay for all of it", field="payments", missing=rest)
    return found


async def _main(session: AsyncSession, one: Named, position: int, customer_id: UUID) -> Instrument:
    if one.saved is None:
        return Instrument(position, one.method, one.source, keep=one.keep)
    saved = await saving.of_customer(session, one.saved, customer_id)
    return Instrument(position, one.method, saved.reference, saved_id=saved.id)


def _deposit(deposit: Deposit, position: int, total: int, rest: int) -> Instrument:
    amount = deposit.of(total)
    if not 0 < amount < rest:
        raise Invalid("a deposit is a part of what is to be paid", field="deposit", to_pay=rest)
    return Instrument(position, deposit.method, deposit.source, amount, deposit=True)


async def _balance(session: AsyncSession, one: Named, currency: str, customer_id: UUID) -> Balance:
    if one.method is PaymentMethod.STORE_CREDIT:
        return await balances.read(session, await balances.credit_of(session, customer_id, currency))
    card = await balances.by_hash(session, code_hash(one.code or ""))
    if card is None:
        raise UnknownGiftCard("no gift card has that code", field="payments.code")
    if card.blocked_at is not None:
        raise GiftCardBlocked("that gift card is blocked", field="payments.code")
    if card.expires_at is not None and card.expires_at <= datetime.now(UTC):
        raise GiftCardExpired("that gift card has expired", field="payments.code")
    if card.currency != currency:
        raise CurrencyMismatch(f"the gift card is in {card.currency}, the order in {currency}")
    return card


async def keep(session: AsyncSession, order_id: UUID, found: Sequence[Instrument]) -> None:
    """Write them down with the order that names several, or kept money."""
    await session.execute(
        insert(OrderInstrument),
        [
            {"order_id": order_id, "position": one.position, "method": one.method, "source": one.source,
             "amount": one.amount, "deposit": one.deposit, "keep": one.keep, "saved_id": one.saved_id}
            for one in found
        ],
    )  # fmt: skip
