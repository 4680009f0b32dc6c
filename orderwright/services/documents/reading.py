"""Which documents are there?"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.documents.papers import DocumentKind, Paper
from orderwright.domain.failures import NotFound
from orderwright.persistence.tables import MoneyDocument, Order
from orderwright.services.documents.issuing import PAPER


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document, the number of its order, and all it shows."""

    row: MoneyDocument
    order_number: str
    paper: Paper


_ALL = select(MoneyDocument, Order.number).join(Order, Order.id == MoneyDocument.order_id)


async def of_order(session: AsyncSession, order_id: UUID) -> Sequence[DocumentRecord]:
    """All of one order, oldest first."""
    return await _records(session, _ALL.where(MoneyDocument.order_id == order_id).order_by(MoneyDocument.id))


async def one(session: AsyncSession, number: str) -> DocumentRecord:
    """By its number. Raises NotFound."""
    found = await _records(session, _ALL.where(MoneyDocument.number == number.upper()))
    if not found:
        raise NotFound("no such document")
    return found[0]


async def search(
    session: AsyncSession, *, kind: DocumentKind | None, year: int | None, after: UUID | None, limit: int
) -> Sequence[DocumentRecord]:
    """Those that fit, oldest first."""
    query = _ALL.order_by(MoneyDocument.id).limit(limit)
    if kind is not None:
        query = query.where(MoneyDocument.kind == kind)
    if year is not None:
        query = query.where(MoneyDocument.year == year)
    if after is not None:
        query = query.where(MoneyDocument.id > after)
    return await _records(session, query)


async def _records(session: AsyncSession, query: Select[MoneyDocument, str]) -> Sequence[DocumentRecord]:
    rows = await session.execute(query)
    return [DocumentRecord(row, number, PAPER.validate_python(row.content)) for row, number in rows]
