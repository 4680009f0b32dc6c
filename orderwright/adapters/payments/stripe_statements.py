"""Stripe's lists through its SDK: payments, refunds, balance transactions, payouts; all pages of each."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, TypeVar

import stripe

from orderwright.adapters.blocking import CONNECT_SECONDS, in_pool
from orderwright.adapters.payments.stripe_answers import metadata, money
from orderwright.adapters.payments.stripe_failures import classified
from orderwright.domain.books.exchange import Rate, rounded
from orderwright.domain.books.reconciliation import (
    Movement,
    MovementKind,
    Payout,
    PayoutState,
    TheirPayment,
    TheirRefund,
    TheirState,
)
from orderwright.domain.money import Money
from orderwright.domain.payments import RefundState
from orderwright.ports.failures import Refused

T = TypeVar("T")
PAGE = 100
FINE = 10_000
"""Stripe tells rates with six digits or so: to one in so many the rate gives the amount."""

_STATES = {
    "requires_capture": TheirState.HELD,
    "succeeded": TheirState.TAKEN,
    "processing": TheirState.HELD,
    "canceled": TheirState.ENDED,
}
_REFUNDS = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
# Source: https://docs.stripe.com/reports/balance-transaction-types
_MOVEMENTS = {
    "charge": MovementKind.CHARGE,
    "payment": MovementKind.CHARGE,
    "refund": MovementKind.REFUND,
    "payment_refund": MovementKind.REFUND,
    "stripe_fee": MovementKind.FEE,
    "payout": MovementKind.PAYOUT,
}
_PAYOUTS = {"paid": PayoutState.PAID, "failed": PayoutState.FAILED, "canceled": PayoutState.FAILED}


class StripeStatements:
    """The lists of one account. A payment is a PaymentIntent (`pi_…`), a refund `re_…`."""

    provider = "stripe"

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://api.stripe.com",
        *,
        pool: Executor,
        timeout: float = 20.0,
    ) -> None:
        """`timeout` is seconds for one page."""
        self.timeout, self._pool = timeout, pool
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, timeout)),
        )

    def knows(self, reference: str) -> bool:
        """By its prefix. Refunds of some instruments are `pyr_…`."""
        return reference.startswith(("pi_", "re_", "pyr_"))

    async def payments(self, since: datetime, until: datetime) -> Sequence[TheirPayment]:
        """With the charge in full: what was given back stands only there."""

        def look() -> list[TheirPayment]:
            listed = self._client.v1.payment_intents.list(
                {"created": _window(since, until), "limit": PAGE, "expand": ["data.latest_charge"]}
            )
            return [_payment(intent) for intent in listed.auto_paging_iter()]

        return await self._call(look)

    async def payment(self, reference: str) -> TheirPayment | None:
        """One PaymentIntent, or None."""
        if not reference.startswith("pi_"):
            return None
        intent = await self._found(
            lambda: self._client.v1.payment_intents.retrieve(reference, {"expand": ["latest_charge"]})
        )
        return None if intent is None else _payment(intent)

    async def refunds(self, since: datetime, until: datetime) -> Sequence[TheirRefund]:
        """Of all payments."""

        def look() -> list[TheirRefund]:
            listed = self._client.v1.refunds.list({"created": _window(since, until), "limit": PAGE})
            return [_refund(refund) for refund in listed.auto_paging_iter()]

        return await self._call(look)

    async def refund(self, reference: str) -> TheirRefund | None:
        """One refund, or None."""
        if not reference.startswith(("re_", "pyr_")):
            return None
        refund = await self._found(lambda: self._client.v1.refunds.retrieve(reference))
        return None if refund is None else _refund(refund)

    async def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        """With the charge or refund in full: it names the payment."""

        def look() -> list[Movement]:
            listed = self._client.v1.balance_transactions.list(
                {"created": _window(since, until), "limit": PAGE, "expand": ["data.source"]}
            )
            return [_movement(one) for one in listed.auto_paging_iter()]

        return await self._call(look)

    async def payouts(self, since: datetime, until: datetime) -> Sequence[Payout]:
        """Whatever became of them."""

        def look() -> list[Payout]:
            listed = self._client.v1.payouts.list({"created": _window(since, until), "limit": PAGE})
            return [_payout(one) for one in listed.auto_paging_iter()]

        return await self._call(look)

    async def _found(self, call: Callable[[], T]) -> T | None:
        try:
            return await self._call(call)
        except Refused as no:
            if no.code == "resource_missing":
                return None
            raise

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await in_pool(self._pool, call)
        except stripe.StripeError as error:
            raise classified(error) from None  # the SDK's own text can quote the request


def _window(since: datetime, until: datetime) -> Any:  # Any: each list has a type of its own for the same
    return {"gte": int(since.timestamp()), "lte": int(until.timestamp())}


def _payment(intent: stripe.PaymentIntent) -> TheirPayment:
    charge = intent.latest_charge
    given_back = charge.amount_refunded if isinstance(charge, stripe.Charge) else 0
    said = metadata(intent)
    state = _STATES.get(intent.status, TheirState.WAITING)
    return TheirPayment(
        intent.id, _at(intent.created), state, money(intent.amount, intent.currency),
        intent.amount_received, given_back, said.get("payment_id"), said.get("order_number"),
    )  # fmt: skip


def _refund(refund: stripe.Refund) -> TheirRefund:
    return TheirRefund(
        refund.id, _id(refund.payment_intent), _at(refund.created), money(refund.amount, refund.currency),
        _REFUNDS.get(refund.status or "", RefundState.PROCESSING),
    )  # fmt: skip


def _movement(one: stripe.BalanceTransaction) -> Movement:
    intent = getattr(one.source, "payment_intent", None)
    return Movement(
        one.id, _MOVEMENTS.get(one.type, MovementKind.OTHER), money(one.amount, one.currency), one.fee,
        _at(one.created), _id(intent) or None, _exchanged(one),
    )  # fmt: skip


def _exchanged(one: stripe.BalanceTransaction) -> Money | None:
    """What it was in the currency of the charge, refund or dispute, where that is another one.

    A charge that is captured in steps has several transactions: then the rate says how much each was.
    Source: https://docs.stripe.com/api/balance_transactions/object (exchange_rate)
    """
    source = one.source
    if isinstance(source, str) or getattr(source, "currency", one.currency) == one.currency:
        return None
    whole = source.amount_captured if isinstance(source, stripe.Charge) else getattr(source, "amount", 0)
    before = money(whole, getattr(source, "currency", one.currency))
    if one.exchange_rate:
        rate = Rate(before.currency, one.currency.upper(), Fraction(str(one.exchange_rate)))
        said = abs(one.amount)
        if abs(rate.convert(before).amount - said) > 1 + said // FINE:
            before = Money(rounded(said / rate.minor), before.currency)
    return before if one.amount > 0 else before * -1


def _payout(one: stripe.Payout) -> Payout:
    state = _PAYOUTS.get(one.status, PayoutState.PENDING)
    return Payout(one.id, money(one.amount, one.currency), state, _at(one.created))


def _id(thing: str | stripe.PaymentIntent | None) -> str:
    if thing is None:
        return ""
    return thing if isinstance(thing, str) else thing.id


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
