"""Cases that nobody has decided in time come to their stated end."""

from datetime import datetime

from sqlalchemy import select

from orderwright.domain.delivery.cases import CaseState
from orderwright.persistence.database import Database
from orderwright.persistence.tables import DeliveryCase
from orderwright.services.delivery import deciding

BATCH = 500


async def pass_deadlines(db: Database, at: datetime) -> int:
    """Each in a transaction of its own; how many have ended or were left to a person."""
    async with db.transaction() as session:
        due = await session.scalars(
            select(DeliveryCase.id)
            .where(DeliveryCase.state == CaseState.OPEN, DeliveryCase.deadline <= at)
            .order_by(DeliveryCase.deadline)
            .limit(BATCH)
        )
        ids = due.all()
    passed = 0
    for case_id in ids:
        async with db.transaction() as session:
            passed += await deciding.pass_deadline(session, case_id, at)
    return passed
