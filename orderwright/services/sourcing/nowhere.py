"""Why is there no place for units: kept once per answer, with what stands in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.sourcing import Plan
from orderwright.persistence.tables import SourcingDecision
from orderwright.services.sourcing.explaining import Then, explained

Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Lack:
    """What was `wanted` and what of it is `missing`, per SKU. `plan` takes nothing and says why.

    `ahead`: units of the missing SKUs for those who stand before in the queue; `unreleased`: their day.
    """

    plan: Plan
    wanted: Mapping[str, int]
    missing: Mapping[str, int]
    ahead: Mapping[str, int] = field(default_factory=dict)
    unreleased: Mapping[str, date] = field(default_factory=dict)

    def reason(self) -> str:
        """The first that stands in the way."""
        if self.unreleased:
            return "; ".join(f"{sku} is not released before {day}" for sku, day in self.unreleased.items())
        if self.ahead and not self.plan.missing:
            return "what is there is for orders that stand before it in the queue"
        return self.plan.reason


async def keep(session: AsyncSession, order_id: UUID, lack: Lack, then: Then) -> None:
    """Write it down, unless that is what was answered last. The order is locked."""
    decision = _decision(lack, then)
    newest = (
        select(SourcingDecision.decision)
        .where(SourcingDecision.order_id == order_id)
        .order_by(SourcingDecision.id.desc())
        .limit(1)
    )
    before = await session.scalar(newest)
    if before is None or _gist(before) != _gist(decision):
        await session.execute(insert(SourcingDecision).values(order_id=order_id, decision=decision))


def _decision(lack: Lack, then: Then) -> Json:
    return {
        **explained(lack.plan, lack.wanted),
        "reason": lack.reason(),
        "missing": dict(lack.missing),
        "ahead": dict(lack.ahead),
        "unreleased": {sku: day.isoformat() for sku, day in lack.unreleased.items()},
        "then": then.value,
    }


def _gist(decision: Mapping[str, Any]) -> Sequence[object]:
    """What makes it another answer. Days, prices and the length of the queue change with every look."""
    barred = sorted((one["location"], one["constraint"]) for one in decision.get("excluded", ()))
    names = ("rules", "wanted", "missing", "unreleased", "then")
    return [*(decision.get(name) for name in names), barred]
