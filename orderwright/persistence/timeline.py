"""Every change of an order is told here, in the transaction that made it."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import OrderEvent

_EVENT = insert(cast(Table, OrderEvent.__table__))  # built once; cast: declared as any FROM


async def tell(
    session: AsyncSession, order_id: UUID, kind: str, /, *, by: str = "system", why: str = "", **data: Any
) -> None:  # Any: JSON values; ids, amounts, states, before and after; nothing personal
    """Append one event to the order's timeline."""
    await session.execute(_EVENT, {"order_id": order_id, "kind": kind, "actor": by, "why": why, "data": data})
