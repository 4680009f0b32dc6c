"""Steps of the reconciliation with a payment provider."""

from temporalio import activity

from activities.failures import classified
from orderwright.messages.orders import Swept
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects
from orderwright.ports.payments import PaymentGateway
from orderwright.ports.statements import PaymentStatements
from orderwright.services.exchange import valuing
from orderwright.services.reconciliation import reconciling, returning


class ReconciliationActivities:
    """`gateway` gives money back, `statements` are the same provider's lists; without any, no comparing.

    Where there is a base currency, bookings in others are valued in it.
    """

    def __init__(
        self,
        db: Database,
        effects: Effects,
        gateway: PaymentGateway,
        statements: PaymentStatements | None,
        *,
        base_currency: str = "",
    ) -> None:
        self._db, self._effects, self._gateway, self._statements = db, effects, gateway, statements
        self._base = base_currency

    @activity.defn(name="reconciliation.give_back")
    async def give_back(self) -> Swept:
        """Money without an order that a person has decided to give back, each once; `flagged`: refused."""
        if self._statements is None:
            return Swept()
        with classified():
            done = await returning.give_back(
                self._db, self._effects, self._gateway, provider=self._statements.provider
            )
            return Swept(checked=done.given + done.refused, flagged=done.refused)

    @activity.defn(name="reconciliation.compare")
    async def compare(self) -> Swept:
        """Both sides against each other; `flagged`: differences found for the first time."""
        with classified():
            swept = Swept()
            if self._statements is not None:
                found = await reconciling.reconcile(self._db, self._statements)
                swept = Swept(checked=found.payments + found.refunds, flagged=found.new)
            if self._base:
                await valuing.value(self._db, self._base)
            return swept
