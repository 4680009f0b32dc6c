"""Where do our payments and the provider's list of them disagree?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from orderwright.domain.money import Money
from orderwright.domain.payments import PaymentState, RefundState


class TheirState(StrEnum):
    """A payment at the provider: waits for the customer, held, taken (in part at least), or over."""

    WAITING = "waiting"
    HELD = "held"
    TAKEN = "taken"
    ENDED = "ended"


class PaymentDifferenceKind(StrEnum):
    """What two sides can say about one payment or refund that is not the same.

    `money_without_order` is the one that a person decides; the others are listed until they are gone.
    """

    MONEY_WITHOUT_ORDER = "money_without_order"
    PAYMENT_MISSING = "payment_missing"
    AMOUNT = "amount"
    RESERVED = "reserved"
    CURRENCY = "currency"
    STATE = "state"
    REFUND_MISSING_THERE = "refund_missing_there"
    REFUND_MISSING_HERE = "refund_missing_here"
    REFUND_AMOUNT = "refund_amount"
    REFUND_STATE = "refund_state"


class PaymentDifferenceState(StrEnum):
    """Found and open, decided by a person (and being carried out), settled by it, or not found any more."""

    OPEN = "open"
    DECIDED = "decided"
    SETTLED = "settled"
    GONE = "gone"


class MoneyDecision(StrEnum):
    """What is done with money that came without an order."""

    ADOPT = "adopt"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class TheirPayment:
    """A payment as the provider lists it; `refunded` is what of `captured` was given back.

    `payment_id` and `order_number` are what we wrote on it, if it was us.
    """

    reference: str
    created_at: datetime
    state: TheirState
    amount: Money
    captured: int
    refunded: int = 0
    payment_id: str | None = None
    order_number: str | None = None


@dataclass(frozen=True, slots=True)
class TheirRefund:
    """A refund as the provider lists it."""

    reference: str
    payment_reference: str
    created_at: datetime
    amount: Money
    state: RefundState


@dataclass(frozen=True, slots=True)
class OurPayment:
    """A payment of the record. `in_motion`: something of its order was called for a moment ago."""

    id: UUID
    order_id: UUID
    order_number: str
    reference: str
    state: PaymentState
    amount: Money
    captured: int
    in_motion: bool = False


@dataclass(frozen=True, slots=True)
class OurRefund:
    """A refund of the record that the provider was given."""

    id: UUID
    order_id: UUID
    order_number: str
    payment_reference: str
    reference: str
    state: RefundState
    amount: Money
    in_motion: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement. `key` is the same however often it is found; `words` say it to a person."""

    kind: PaymentDifferenceKind
    subject: str
    words: str
    ours: int | None
    theirs: int | None
    currency: str
    order_id: UUID | None = None
    order_number: str | None = None

    @property
    def key(self) -> str:
        """The kind and whose it is: the provider's reference."""
        return f"{self.kind}/{self.subject}"


_OURS = {
    PaymentState.AUTHORIZED: frozenset({TheirState.HELD}),
    PaymentState.PARTLY_CAPTURED: frozenset({TheirState.TAKEN, TheirState.HELD}),
    PaymentState.CAPTURED: frozenset({TheirState.TAKEN}),
    PaymentState.VOIDED: frozenset({TheirState.ENDED, TheirState.WAITING}),
    PaymentState.EXPIRED: frozenset({TheirState.ENDED, TheirState.WAITING}),
    PaymentState.FAILED: frozenset({TheirState.ENDED, TheirState.WAITING}),
    PaymentState.ACTION_REQUIRED: frozenset({TheirState.WAITING}),
    PaymentState.CREATED: frozenset({TheirState.WAITING}),
}
"""Which states of theirs fit a state of ours."""


def payment_differs(ours: OurPayment, theirs: TheirPayment | None) -> list[Difference]:
    """What the two sides say otherwise about one payment; nothing while something of it is under way."""
    if ours.in_motion:
        return []
    if theirs is None:
        words = f"our {ours.state} payment of {ours.amount} is not known to the provider"
        return [_of(ours, PaymentDifferenceKind.PAYMENT_MISSING, words, ours.captured, None)]
    if theirs.amount.currency != ours.amount.currency:
        words = f"we say {ours.amount.currency}, the provider {theirs.amount.currency}"
        return [_of(ours, PaymentDifferenceKind.CURRENCY, words, ours.captured, theirs.captured)]
    found = []
    if theirs.captured != ours.captured:
        taken = Money(theirs.captured, ours.amount.currency)
        words = f"we took {Money(ours.captured, ours.amount.currency)}, the provider says {taken}"
        found.append(_of(ours, PaymentDifferenceKind.AMOUNT, words, ours.captured, theirs.captured))
    elif theirs.state not in _OURS[ours.state]:
        words = f"we say {ours.state}, the provider {theirs.state}"
        found.append(_of(ours, PaymentDifferenceKind.STATE, words, ours.captured, theirs.captured))
    elif ours.state is PaymentState.AUTHORIZED and theirs.amount != ours.amount:
        words = f"we say that {ours.amount} are reserved, the provider {theirs.amount}"
        found.append(
            _of(ours, PaymentDifferenceKind.RESERVED, words, ours.amount.amount, theirs.amount.amount)
        )
    return found


def _of(
    ours: OurPayment | OurRefund, kind: PaymentDifferenceKind, words: str, mine: int | None, other: int | None
) -> Difference:
    return Difference(
        kind, ours.reference, words, mine, other, ours.amount.currency, ours.order_id, ours.order_number
    )


def refund_differs(ours: OurRefund, theirs: TheirRefund | None) -> list[Difference]:
    """The same about one refund. One that failed there is given back by nobody."""
    if ours.in_motion:
        return []
    if theirs is None:
        words = f"our refund of {ours.amount} is not known to the provider"
        return [_of(ours, PaymentDifferenceKind.REFUND_MISSING_THERE, words, ours.amount.amount, None)]
    if theirs.amount != ours.amount:
        words = f"we gave back {ours.amount}, the provider says {theirs.amount}"
        return [
            _of(ours, PaymentDifferenceKind.REFUND_AMOUNT, words, ours.amount.amount, theirs.amount.amount)
        ]
    if theirs.state is RefundState.FAILED:
        words = f"we say {ours.state}, at the provider it failed: the customer has nothing"
        return [_of(ours, PaymentDifferenceKind.REFUND_STATE, words, ours.amount.amount, 0)]
    return []


def without_order(theirs: TheirPayment) -> Difference | None:
    """Money of a customer that no payment of ours stands for, as far as it was not given back."""
    kept = theirs.captured - theirs.refunded
    if kept <= 0:
        return None
    named = f", which names order {theirs.order_number}" if theirs.order_number else ""
    words = f"the provider took {Money(kept, theirs.amount.currency)} that we know nothing of{named}"
    return Difference(
        PaymentDifferenceKind.MONEY_WITHOUT_ORDER, theirs.reference, words, None, kept,
        theirs.amount.currency, order_number=theirs.order_number,
    )  # fmt: skip


def refund_without_ours(theirs: TheirRefund, payment: OurPayment) -> Difference | None:
    """A refund made there on a payment of ours, of which we know nothing."""
    if theirs.state is RefundState.FAILED or payment.in_motion:
        return None
    words = f"the provider gave back {theirs.amount} that we did not ask for"
    return Difference(
        PaymentDifferenceKind.REFUND_MISSING_HERE, theirs.reference, words, None, theirs.amount.amount,
        theirs.amount.currency, payment.order_id, payment.order_number,
    )  # fmt: skip


class MovementKind(StrEnum):
    """What moved the balance that the provider keeps for us."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of our balance at the provider: `amount` before, `amount` - `fee` after what he keeps.

    `exchanged`: what he exchanged for `amount`, of the same sign; None: it is in its own currency.
    """

    reference: str
    kind: MovementKind
    amount: Money
    fee: int
    created_at: datetime
    payment_reference: str | None = None
    exchanged: Money | None = None

    @property
    def cost(self) -> int:
        """What it costs us: the fee of a payment, or a fee that is charged by itself."""
        return self.fee - (self.amount.amount if self.kind is MovementKind.FEE else 0)


class PayoutState(StrEnum):
    """Money on its way to our bank account, there, or sent back."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payout:
    """Money that the provider sends to our bank account."""

    reference: str
    amount: Money
    state: PayoutState
    created_at: datetime
