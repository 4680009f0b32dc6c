"""Steps of the scheduled sweeps."""

from temporalio import activity

from activities.failures import classified
from orderwright.messages.orders import Swept
from orderwright.persistence.database import Database
from orderwright.ports.orchestrator import Orchestrator
from orderwright.services import idempotency, sweeping
from orderwright.services.contact import log
from orderwright.services.fulfillment import closing
from orderwright.services.supply import reconciling


class SweepActivities:
    """What the schedules run."""

    def __init__(self, db: Database, orchestrator: Orchestrator, *, texts_kept_days: int = 180) -> None:
        self._db, self._orchestrator, self._texts_kept_days = db, orchestrator, texts_kept_days

    @activity.defn(name="sweeps.orders")
    async def orders(self) -> Swept:
        """Restart unsettled orders without a run; flag those whose run fails."""
        with classified():
            return await sweeping.sweep_orders(self._db, self._orchestrator)

    @activity.defn(name="sweeps.reservations")
    async def reservations(self) -> Swept:
        """Give back units held past their time; forget answers and texts of notifications past theirs.

        Parts at locations that are closed by now look for another place.
        """
        with classified():
            async with self._db.transaction() as session:
                await idempotency.forget(session)
                await log.forget(session, self._texts_kept_days)
            await closing.sweep(self._db)
            return await sweeping.sweep_reservations(self._db)

    @activity.defn(name="sweeps.stock")
    async def stock(self) -> Swept:
        """List where figures of stock do not agree; `flagged`: found for the first time."""
        with classified():
            async with self._db.transaction() as session:
                found = await reconciling.reconcile(session)
            return Swept(checked=found.levels, flagged=found.new)
