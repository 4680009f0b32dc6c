"""What the product needs from a payment provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orderwright.domain.money import Money


@dataclass(frozen=True, slots=True)
class KeptInstrument:
    """An instrument that the provider keeps for a customer. `reference` is what `authorize` takes as source.

    Of a card no more than what tells it from others; empty where the provider does not say it.
    """

    provider: str
    reference: str
    brand: str = ""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """Money reserved, or an action the customer must take first.

    `reference` is the provider's id. `action_url` set: not authorized yet. `expires_at` None: never ends.
    `kept`: where it was asked to be kept, and is. `raisable`: it may be raised until money is taken from it.
    """

    reference: str
    amount: Money
    expires_at: datetime | None = None
    action_url: str | None = None
    kept: KeptInstrument | None = None
    raisable: bool = False


@dataclass(frozen=True, slots=True)
class Increase:
    """An authorization over more than before: `amount` is all of it. It ends when it would have ended.

    `settled` is False while the provider is still at it: an event tells whether it was done.
    """

    reference: str
    amount: Money
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Capture:
    """Money taken from an authorization."""

    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Voided:
    """An authorization given back; of no use any more. What was captured before stays."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money given back. `settled` is False while the provider is still at it."""

    reference: str
    amount: Money
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Context:
    """What the provider should keep beside a payment so that it is found again: ids, never names."""

    order_id: str
    payment_id: str
    order_number: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class PaymentGateway(Protocol):
    """One way to be paid. Every key is ours: the same key twice has one effect and returns the first answer.

    All raise Declined or Refused (final, nothing happened), Unreachable (unknown: use the `find_…` twin),
    NotSent (repeat).
    """

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Reserve `amount` on `source`: the storefront's token for an instrument, or one that is kept.

        One that is kept is charged without the customer: where the bank wants him, it is Declined with
        `authentication_required`. `keep_for`: keep the instrument for this customer, by our own id of him.
        """

    async def find_authorization(self, key: str) -> Authorization | None:
        """The authorization made with `key`, or None where there is none."""

    async def request_payment(
        self, amount: Money, *, context: Context, return_url: str, key: str, keep_for: str | None = None
    ) -> Authorization:
        """A hosted page where the customer pays with another instrument; its `action_url` is the link.

        What he pays with is kept as `authorize` says.
        """

    async def increase(self, reference: str, to: Money, *, context: Context, key: str) -> Increase:
        """Raise an authorization from which nothing was taken: `to` is its amount afterwards.

        `context` is of the payment that it is raised for. A no leaves it as it was.
        """

    async def find_increase(self, reference: str, to: Money, *, key: str) -> Increase | None:
        """The increase made with `key`, or None where there is none."""

    async def capture(self, reference: str, amount: Money, *, final: bool, key: str) -> Capture:
        """Take `amount` from the authorization; `final` gives the rest back."""

    async def find_capture(self, reference: str, amount: Money, *, key: str) -> Capture | None:
        """The capture made with `key`."""

    async def void(self, reference: str, *, key: str) -> Voided:
        """Give the authorization back. Already void is success."""

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        """Give captured money back."""

    async def find_refund(self, reference: str, *, key: str) -> Refunded | None:
        """The refund made with `key`."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An instrument that the provider keeps no more."""

    reference: str


class InstrumentVault(Protocol):
    """The instruments that a provider keeps for our customers; failures as of a PaymentGateway."""

    async def kept(self, owner: str) -> Sequence[KeptInstrument]:
        """What is kept for that customer, by our own id of him. Nobody known, nothing kept."""

    async def forget(self, reference: str, *, key: str) -> Forgotten:
        """Keep it no longer. What is not kept is success, so that the repeat is safe."""
