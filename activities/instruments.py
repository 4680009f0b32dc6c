"""Steps about the instruments that a provider keeps for customers."""

from temporalio import activity

from activities.failures import classified
from orderwright.messages.orders import Swept
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects
from orderwright.ports.payments import InstrumentVault
from orderwright.services.wallet import tending


class InstrumentActivities:
    """What the schedule runs, at the provider of cards."""

    def __init__(self, db: Database, effects: Effects, vault: InstrumentVault) -> None:
        self._db, self._effects, self._vault = db, effects, vault

    @activity.defn(name="instruments.tend")
    async def tend(self) -> Swept:
        """Write down what was kept, and give up there what is forgotten here; `flagged`: not done yet."""
        with classified():
            done = await tending.tend(self._db, self._effects, self._vault)
            return Swept(
                checked=done.settled + done.refused + done.waiting, flagged=done.refused + done.waiting
            )
