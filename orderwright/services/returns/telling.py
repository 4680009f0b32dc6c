"""When is a return's customer told of it?"""

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.returns.states import ReturnMethod
from orderwright.domain.telling.stages import Stage
from orderwright.persistence.tables import Return
from orderwright.services.telling.postman import post


async def approved(session: AsyncSession, row: Return) -> None:
    """At once, unless a label is to be bought: then with the label."""
    if row.method is not ReturnMethod.LABEL:
        await post(session, row.order_id, Stage.RETURN_APPROVED, str(row.id))


async def labeled(session: AsyncSession, row: Return) -> None:
    """The label is there: approved, and this is how it is sent."""
    await post(session, row.order_id, Stage.RETURN_APPROVED, str(row.id))


async def declined(session: AsyncSession, row: Return) -> None:
    """It may not come back."""
    await post(session, row.order_id, Stage.RETURN_DECLINED, str(row.id))


async def received(session: AsyncSession, row: Return) -> None:
    """All or a first part is here; what comes later is not told again. Its refund is told by the order."""
    await post(session, row.order_id, Stage.RETURN_RECEIVED, str(row.id))
