"""Paid with what a return gives back: nobody is called, both sides are booked here."""
# ruff: noqa: ARG002 - the form is the port's

from orderwright.adapters.payments.manual import ManualGateway
from orderwright.domain.money import Money
from orderwright.ports.payments import Authorization, Context, Refunded


class ExchangeGateway(ManualGateway):
    """Agrees to everything, but for money back: only a return's own, which is credited to the other order."""

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Agreed to: how much the return brings is known before anything is taken."""
        return Authorization(f"exchange:{context.payment_id}", amount)

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        """Credited at once. Of what an order took from a return itself, a person sends the money."""
        if reference.startswith("exchange:"):
            return await super().refund(reference, amount, key=key)
        return Refunded(f"exchanged:{key}", amount)
