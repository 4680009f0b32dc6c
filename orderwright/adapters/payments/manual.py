"""Paid by transfer or on terms: nobody is called, the books keep what is owed."""
# ruff: noqa: ARG002 - the form is the port's, and there is nobody to pass these on to

from orderwright.domain.money import Money
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Authorization, Capture, Context, Increase, Refunded, Voided


class ManualGateway:
    """Agrees to what it can know. Nothing happens elsewhere: finds say None and repeating is free."""

    timeout = 0.0

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Whether the customer may owe that much was decided before: credit is a rule, not a provider."""
        return Authorization(f"manual:{context.payment_id}", amount)

    async def find_authorization(self, key: str) -> Authorization | None:
        """None: there is nobody to ask."""
        return None

    async def request_payment(
        self, amount: Money, *, context: Context, return_url: str, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Refused: there is no page."""
        raise Refused("no_payment_page", "a transfer has no page to pay on")

    async def increase(self, reference: str, to: Money, *, context: Context, key: str) -> Increase:
        """Refused: it says of none of its authorizations that it may be raised."""
        raise Refused("not_raisable", "a transfer is not raised")

    async def find_increase(self, reference: str, to: Money, *, key: str) -> Increase | None:
        """None: there never is one."""
        return None

    async def capture(self, reference: str, amount: Money, *, final: bool, key: str) -> Capture:
        """From now on the amount is owed."""
        return Capture(reference, amount)

    async def find_capture(self, reference: str, amount: Money, *, key: str) -> Capture | None:
        """None: there is nobody to ask."""
        return None

    async def void(self, reference: str, *, key: str) -> Voided:
        """Nothing was reserved anywhere."""
        return Voided(reference)

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        """Refused: a person sends the money, and says so."""
        raise Refused("manual_required", "send the money back by transfer")

    async def find_refund(self, reference: str, *, key: str) -> Refunded | None:
        """None: there is nobody to ask."""
        return None
