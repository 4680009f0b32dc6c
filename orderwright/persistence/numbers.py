"""Numbers of documents, without a gap: one that is taken and rolled back is given to the next."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import DocumentNumber

PURCHASE = "PO"


async def take(session: AsyncSession, kind: str) -> str:
    """The next number of that kind. Its row stays locked until the end: take it last."""
    taken = await session.execute(
        insert(DocumentNumber)
        .values(kind=kind, last=1)
        .on_conflict_do_update(index_elements=["kind"], set_={"last": DocumentNumber.last + 1})
        .returning(DocumentNumber.last)
    )
    return f"{kind}-{taken.scalar_one():06}"
