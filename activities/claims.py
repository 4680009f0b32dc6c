"""Claims at the carrier: filed once, and asked about until there is an outcome."""

from datetime import datetime

from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.ports.carriers import Carrier, FiledClaim
from orderwright.ports.failures import ProviderFailure
from orderwright.services.delivery import claims_due
from orderwright.services.delivery.claims_due import Due


class CarrierClaims:
    """Part of the sweep of deliveries. What fails now is tried by the next one."""

    def __init__(self, db: Database, effects: Effects, carrier: Carrier, contact_email: str) -> None:
        self._db, self._effects, self._carrier = db, effects, carrier
        self._contact_email = contact_email

    async def look(self, at: datetime) -> int:
        """File what waits, then ask: how many have been decided."""
        async with self._db.transaction() as session:
            due = await claims_due.to_file(session, self._contact_email)
        for one in due:
            try:
                await self._file(one)
            except (ProviderFailure, NotWanted):
                continue  # the rows say so
        return await self._ask(at)

    async def _file(self, due: Due) -> None:
        filing = due.filing
        asked = {"amount": filing.amount.amount, "currency": filing.amount.currency}
        await self._effects.once(
            Step(due.order, f"carrier-claim/{due.claim}", asked),
            into=FiledClaim,
            intend=lambda session: claims_due.may_file(session, due.claim),
            call=lambda key: self._carrier.claim(filing, key=key),
            find=lambda key: self._carrier.find_claim(filing.tracking_code, key=key),
            record=lambda session, answer: claims_due.filed(session, due, answer),
            refused=lambda session, no: claims_due.refused(session, due, no),
        )

    async def _ask(self, at: datetime) -> int:
        async with self._db.transaction() as session:
            waiting = await claims_due.to_ask(session, at)
        decided = 0
        for claim_id, reference in waiting:
            try:
                answer = await self._carrier.claim_state(reference)
            except ProviderFailure:
                continue
            async with self._db.transaction() as session:
                decided += await claims_due.answered(session, claim_id, answer)
        return decided
