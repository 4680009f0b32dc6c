"""Stripe's error bodies."""

from __future__ import annotations

from orderwright.simulator.types import Answer, Call, Json, Outcome, Refused

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card", "Your card was declined."),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card", "Your card was declined."),
    "pm_card_chargeDeclinedFraudulent": ("card_declined", "fraudulent", "Your card was declined."),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card", "Your card has expired."),
    "pm_card_chargeDeclinedIncorrectCvc": (
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
    ),
    "pm_card_chargeDeclinedProcessingError": (
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


def invalid(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    status: int = 400,
    is_kept: bool = True,
    **more: object,
) -> Refused:
    """An invalid_request_error."""
    error: Json = {"type": "invalid_request_error", "message": message, **more}
    if code:
        error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
    if param:
        error["param"] = param
    return Refused(status, {"error": error}, is_kept=is_kept)


def missing(kind: str, object_id: str, param: str = "intent") -> Refused:
    """No such object."""
    return invalid(
        f"No such {kind}: '{object_id}'", code="resource_missing", param=param, status=404, is_kept=False
    )


def card(code: str, decline: str, message: str, **more: object) -> Json:
    """A card_error's body."""
    return {
        "error": {
            "type": "card_error",
            "code": code,
            "decline_code": decline,
            "message": message,
            "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            **more,
        }
    }


CHARGES = frozenset({
    "payment_intents.create", "payment_intents.confirm", "payment_intents.increment_authorization",
})  # fmt: skip


class StripeForm:
    """What the switches `refuse` and `server_error` answer here."""

    def refusal(self, call: Call, message: str) -> Answer:
        """A decline where money is asked for, else an invalid request."""
        if call.operation in CHARGES:
            return Answer(card("card_declined", "generic_decline", message), 402, outcome=Outcome.REFUSED)
        return invalid(message).answer

    def server_error(self) -> Answer:
        """A 500 that nothing remembers."""
        return Answer({"error": {"type": "api_error", "message": "An unknown error occurred."}}, 500)
