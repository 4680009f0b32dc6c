"""Cases as people read them, with their order's number, units and claim."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.delivery.cases import CaseKind, CaseState
from orderwright.domain.failures import NotFound
from orderwright.persistence.tables import CarrierClaim, CaseLine, DeliveryCase, Order


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case. Without `lines` it is about the whole parcel."""

    row: DeliveryCase
    order_number: str
    lines: Sequence[CaseLine]
    claim: CarrierClaim | None


async def one(session: AsyncSession, case_id: UUID) -> CaseRecord:
    """Raises NotFound."""
    found = await _records(session, _query().where(DeliveryCase.id == case_id))
    if not found:
        raise NotFound("no such case")
    return found[0]


async def search(
    session: AsyncSession,
    *,
    state: CaseState | None,
    kind: CaseKind | None,
    order_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[CaseRecord]:
    """Cases, oldest first, from after `after`."""
    asked = (
        (state, DeliveryCase.state == state),
        (kind, DeliveryCase.kind == kind),
        (order_id, DeliveryCase.order_id == order_id),
    )
    query = _query().where(*(condition for value, condition in asked if value is not None))
    query = query if after is None else query.where(DeliveryCase.id > after)
    return await _records(session, query.order_by(DeliveryCase.id).limit(limit))


def _query() -> Select[DeliveryCase, str]:
    return (
        select(DeliveryCase, Order.number)
        .join(Order, Order.id == DeliveryCase.order_id)
        .execution_options(populate_existing=True)
    )


async def _records(session: AsyncSession, query: Select[DeliveryCase, str]) -> Sequence[CaseRecord]:
    rows = (await session.execute(query)).all()
    ids = [row.id for row, _ in rows]
    lines: dict[UUID, list[CaseLine]] = defaultdict(list)
    for line in await session.scalars(select(CaseLine).where(CaseLine.case_id.in_(ids))):
        lines[line.case_id].append(line)
    claims = await session.scalars(
        select(CarrierClaim).where(CarrierClaim.case_id.in_(ids)).execution_options(populate_existing=True)
    )
    by_case = {claim.case_id: claim for claim in claims}
    return [CaseRecord(row, number, lines[row.id], by_case.get(row.id)) for row, number in rows]
