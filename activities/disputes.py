"""Steps that answer disputes."""

from temporalio import activity

from activities.failures import classified
from orderwright.messages.orders import Swept
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects
from orderwright.ports.disputes import DisputeDesk
from orderwright.services.disputes import answering


class DisputeActivities:
    """What the schedule runs, at the provider of cards."""

    def __init__(self, db: Database, effects: Effects, desk: DisputeDesk) -> None:
        self._db, self._effects, self._desk = db, effects, desk

    @activity.defn(name="disputes.answer")
    async def answer(self) -> Swept:
        """Tell the provider what people have answered; `flagged`: not taken, or not told yet."""
        with classified():
            done = await answering.send(self._db, self._effects, self._desk)
            return Swept(checked=done.sent + done.refused + done.waiting, flagged=done.refused + done.waiting)
