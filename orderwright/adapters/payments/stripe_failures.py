"""What does an error of Stripe's SDK mean for us?"""

import stripe

from orderwright.adapters.blocking import never_sent
from orderwright.ports.failures import Declined, NotSent, ProviderFailure, Refused, Unreachable


def classified(error: stripe.StripeError) -> ProviderFailure:
    """Our failure for Stripe's.

    A wrong key is NotSent, not Refused: it is our mistake, and must not reject an order for good.
    """
    match error:
        case stripe.CardError():
            return Declined(error.code or "card_declined", _words(error))
        case stripe.RateLimitError() | stripe.AuthenticationError() | stripe.PermissionError():
            return NotSent(f"stripe answered {error.http_status}")
        case stripe.IdempotencyError():
            return Refused("idempotency_key_reused", "stripe knows this key with another body")
        case stripe.InvalidRequestError():
            return Refused(error.code or "invalid_request", _words(error))
        case stripe.APIConnectionError() if never_sent(error):
            return NotSent("stripe: no connection")
    return _by_status(error.http_status)


def _by_status(status: int | None) -> ProviderFailure:
    """409: the same key is in progress, or the object is locked. No status: no answer."""
    if status == 409:
        return NotSent("stripe is still at the same request")
    return Unreachable(f"stripe answered {status}" if status else "stripe: no answer")


def _words(error: stripe.StripeError) -> str:
    decline = error.error.decline_code if error.error is not None else None
    words = error.user_message or ""
    return f"{words} ({decline})" if decline else words
