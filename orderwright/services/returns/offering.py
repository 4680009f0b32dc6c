"""What of an order may come back now, and by which reasons?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.returns.rules import Ruling, Verdict, Wish, judge
from orderwright.domain.returns.states import ReturnReason
from orderwright.persistence.tables import Order, OrderLine
from orderwright.services.returns import judging, policies


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A line of which `units` arrived and are in no return, and what the rules say for each reason."""

    line_id: UUID
    name: str
    units: int
    rulings: Mapping[ReturnReason, Ruling]

    @property
    def reasons(self) -> list[ReturnReason]:
        """Those for which it may come back; perhaps a person is asked."""
        return [reason for reason, one in self.rulings.items() if one.verdict is not Verdict.REFUSED]

    @property
    def ends(self) -> datetime:
        """When the longest window ends, or has ended."""
        return max(one.window_ends for one in self.rulings.values())

    @property
    def why(self) -> str:
        """A stable code where no reason lets it come back."""
        return "" if self.reasons else self.rulings[ReturnReason.CHANGED_MIND].why


async def offered(session: AsyncSession, order_id: UUID, at: datetime) -> Sequence[OfferedLine]:
    """Lines that have arrived, as the order has them, whatever they are worth."""
    arrived = await judging.arrivals(session, order_id)
    free = {line_id: row for line_id, row in arrived.items() if row.delivered_at is not None and row.free > 0}
    if not free:
        return []
    order, policy = await session.get_one(Order, order_id), await policies.current(session)
    last = max(row.delivered_at for row in arrived.values() if row.delivered_at is not None)
    buyer = await judging.buyer(session, order, last)
    lines = await session.scalars(
        select(OrderLine).where(OrderLine.id.in_(free)).order_by(OrderLine.position)
    )

    def ruling(line: OrderLine, reason: ReturnReason) -> Ruling:
        wish = Wish(line.sku, reason, free[line.id].delivered_at, 0)
        return judge(policy, buyer, [wish], at).lines[0]

    return [
        OfferedLine(
            line.id, line.name, free[line.id].free, {reason: ruling(line, reason) for reason in ReturnReason}
        )
        for line in lines
    ]
