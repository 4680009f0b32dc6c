"""What does a PaymentIntent say in our words?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

import stripe

from orderwright.adapters.payments import stripe_vault
from orderwright.domain.money import Money
from orderwright.ports.failures import Declined, Refused, Unreachable
from orderwright.ports.payments import Authorization, Capture, Increase, KeptInstrument, Refunded


def authorization(intent: stripe.PaymentIntent) -> Authorization:
    """What the intent's state means. Raises Declined, also for one whose answer got lost."""
    match intent.status:
        case "requires_capture" | "succeeded":
            return Authorization(
                intent.id, money(intent.amount, intent.currency), expires_at(intent), kept=kept(intent),
                raisable=raisable(intent),
            )  # fmt: skip
        case "requires_action":
            return Authorization(intent.id, money(intent.amount, intent.currency), action_url=_action(intent))
        case "canceled":
            raise Declined("authorization_canceled", intent.cancellation_reason or "")
        case "requires_payment_method":
            failure = intent.last_payment_error  # whose fields are missing where Stripe has nothing to say
            raise Declined(
                getattr(failure, "code", None) or "card_declined",
                getattr(failure, "message", None) or "no instrument left",
            )
    raise Unreachable(f"stripe: the intent is {intent.status}")


def captured(intent: stripe.PaymentIntent, amount: Money, key: str) -> Capture | None:
    """The capture that was made with `key`: its mark is in the intent's metadata.

    Without any mark (an account that captures elsewhere too) the sum received decides.
    """
    marks = {name: value for name, value in metadata(intent).items() if name.startswith("capture_")}
    taken = marks.get(capture_mark(key))
    if taken is not None:
        return Capture(intent.id, money(int(taken), intent.currency))
    if not marks and intent.status == "succeeded" and intent.amount_received == amount.amount:
        return Capture(intent.id, amount)
    return None


def raisable(intent: stripe.PaymentIntent) -> bool:
    """Whether Stripe says of the card that it may be raised: in the charge, where it was expanded."""
    card = getattr(_paid_by(intent), "card", None)
    return getattr(getattr(card, "incremental_authorization", None), "status", None) == "available"


def increased(intent: stripe.PaymentIntent, key: str) -> Increase | None:
    """The increase that was made with `key`: its mark is in the intent's metadata."""
    to = metadata(intent).get(increase_mark(key))
    return None if to is None else Increase(intent.id, money(int(to), intent.currency))


def is_void(intent: stripe.PaymentIntent) -> bool:
    """Whether nothing is reserved any more although not everything was taken."""
    left = intent.amount - intent.amount_received
    return intent.status == "canceled" or (intent.status == "succeeded" and left > 0)


def refunded(refund: stripe.Refund, reference: str) -> Refunded:
    """Raises Refused where the bank sent the money back."""
    if refund.status in ("failed", "canceled"):
        raise Refused("refund_failed", refund.failure_reason or refund.status)
    return Refunded(
        refund.id or reference, money(refund.amount, refund.currency), refund.status == "succeeded"
    )


def metadata(thing: stripe.PaymentIntent | stripe.Refund) -> Mapping[str, str]:
    """The metadata as a mapping: the SDK's objects are not dicts."""
    return thing.metadata.to_dict() if thing.metadata is not None else {}


def money(amount: int, currency: str) -> Money:
    """Stripe writes currencies in lower case and amounts in minor units, as we do."""
    return Money(amount, currency.upper())


def capture_mark(key: str) -> str:
    """The metadata name for one capture. Stripe allows 40 characters, our keys are longer."""
    return f"capture_{sha256(key.encode()).hexdigest()[:24]}"


def increase_mark(key: str) -> str:
    """The same for one increase."""
    return f"increase_{sha256(key.encode()).hexdigest()[:24]}"


def kept(intent: stripe.PaymentIntent) -> KeptInstrument | None:
    """The instrument it was paid with, where that was to be kept: by the charge, where it was expanded."""
    if not intent.setup_future_usage or intent.customer is None or intent.payment_method is None:
        return None
    customer, method = (
        thing if isinstance(thing, str) else thing.id for thing in (intent.customer, intent.payment_method)
    )
    return stripe_vault.kept(customer, method, getattr(_paid_by(intent), "card", None))


def _paid_by(intent: stripe.PaymentIntent) -> object:
    charge = intent.latest_charge
    return charge.payment_method_details if isinstance(charge, stripe.Charge) else None


def expires_at(intent: stripe.PaymentIntent) -> datetime | None:
    """Until when it may be captured: in the charge, where it was expanded."""
    card = getattr(_paid_by(intent), "card", None)
    until = getattr(card, "capture_before", None)
    return datetime.fromtimestamp(until, UTC) if until else None


def _action(intent: stripe.PaymentIntent) -> str:
    """Where the customer goes. Without a return_url Stripe offers an action for its own script only."""
    redirect = getattr(intent.next_action, "redirect_to_url", None)
    url = getattr(redirect, "url", None)
    if not url:
        raise Refused("action_unsupported", "stripe wants an action that has no page: set a return url")
    return str(url)
