"""Steps of the scheduled sweeps."""

from temporalio import activity

from activities.failures import classified
from orderwright.domain.payments import ExpiredCards
from orderwright.messages.orders import SweepAt, Swept
from orderwright.persistence.database import Database
from orderwright.ports.orchestrator import Orchestrator
from orderwright.services import idempotency, sweeping
from orderwright.services.contact import log
from orderwright.services.delivery import ending, guarding
from orderwright.services.disputes import disputing
from orderwright.services.fulfillment import closing
from orderwright.services.payments import raising
from orderwright.services.receivables import overdue
from orderwright.services.supply import reconciling
from orderwright.services.vendors import overdue as vendors_overdue
from orderwright.services.wallet import ending_cards


class SweepActivities:
    """What the schedules run."""

    def __init__(
        self,
        db: Database,
        orchestrator: Orchestrator,
        expired_cards: ExpiredCards = ExpiredCards.KEEP,
        *,
        texts_kept_days: int = 180,
        upgrade_at_most: int = 0,
    ) -> None:
        """`expired_cards`: what becomes of money that is left on gift cards.

        `upgrade_at_most`: what a faster service may cost more so that a promise is kept, in minor units.
        """
        self._db, self._orchestrator, self._expired_cards = db, orchestrator, expired_cards
        self._texts_kept_days, self._upgrade_at_most = texts_kept_days, upgrade_at_most

    @activity.defn(name="sweeps.orders")
    async def orders(self) -> Swept:
        """Restart unsettled orders and open returns without a run; flag orders whose run fails.

        Ask about what is overdue, of customers and of vendors; wait no longer for providers that do not say
        whether they raised money.
        """
        with classified():
            await overdue.sweep(self._db)
            await vendors_overdue.sweep(self._db)
            await raising.give_up(self._db)
            orders = await sweeping.sweep_orders(self._db, self._orchestrator)
            returns = await sweeping.sweep_returns(self._db, self._orchestrator)
            return Swept(
                checked=orders.checked + returns.checked,
                restarted=orders.restarted + returns.restarted,
                flagged=orders.flagged,
            )

    @activity.defn(name="sweeps.reservations")
    async def reservations(self) -> Swept:
        """Give back units held past their time; forget answers and texts of notifications past theirs.

        Parts at locations that are closed by now look for another place; gift cards past their date end,
        as do questions for evidence that nobody has answered in time.
        """
        with classified():
            async with self._db.transaction() as session:
                await idempotency.forget(session)
                await log.forget(session, self._texts_kept_days)
            await closing.sweep(self._db)
            await disputing.lapse(self._db)
            await ending_cards.expire(self._db, self._expired_cards)
            return await sweeping.sweep_reservations(self._db)

    @activity.defn(name="sweeps.deliveries")
    async def deliveries(self, ref: SweepAt) -> Swept:
        """Find parcels that will miss their promise; end cases past their deadlines (`restarted`).

        Those that have not left go with a faster service where that may be.
        """
        with classified():
            looked, late = await guarding.guard(self._db, ref.at, extra=self._upgrade_at_most)
            return Swept(
                checked=looked, flagged=late, restarted=await ending.pass_deadlines(self._db, ref.at)
            )

    @activity.defn(name="sweeps.stock")
    async def stock(self) -> Swept:
        """List where figures of stock do not agree; `flagged`: found for the first time."""
        with classified():
            async with self._db.transaction() as session:
                found = await reconciling.reconcile(session)
            return Swept(checked=found.levels, flagged=found.new)
