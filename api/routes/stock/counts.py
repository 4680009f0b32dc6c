"""Stock counts: what people count, and what becomes of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Floor, Staff
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.stock.counts import (
    CountBody,
    CountDecisionBody,
    CountHead,
    CountView,
    EntriesBody,
    SubmitCountBody,
)
from api.transaction import InTransaction, Once
from orderwright.domain.stock.supply import CountState
from orderwright.services.supply import counting, variances
from orderwright.services.supply.counting import Full

router = APIRouter(prefix="/v1/stock/counts", tags=["stock"], route_class=Once)


@router.post("", operation_id="openCount", status_code=201)
async def open_count(body: CountBody, actor: Floor, session: InTransaction) -> CountView:
    """Count some SKUs of a location, or whatever lies there."""
    found = await counting.open_count(
        session, body.location, body.skus, actor, approval_limit=body.approval_limit, note=body.note
    )
    return await _shown(session, found)


@router.get("", operation_id="listCounts")
async def list_counts(
    _actor: Floor,
    session: InTransaction,
    page: InPage,
    state: Annotated[CountState | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
) -> Listing[CountHead]:
    """Counts in the order they were opened, without their lines."""
    rows = await counting.counts(
        session, state=state, location=location, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[CountHead.model_validate(row) for row in shown], next=following)


@router.get("/{count_id}", operation_id="readCount")
async def read_count(count_id: UUID, _actor: Floor, session: InTransaction) -> CountView:
    """One count; what the books say is told once it is submitted."""
    return await _shown(session, await counting.count(session, count_id))


@router.post("/{count_id}/entries", operation_id="enterCount")
async def enter_count(count_id: UUID, body: EntriesBody, actor: Floor, session: InTransaction) -> CountView:
    """What somebody has counted; again until it is submitted."""
    return await _shown(session, await counting.enter(session, count_id, body.data(), actor))


@router.post("/{count_id}/submit", operation_id="submitCount")
async def submit_count(
    count_id: UUID, body: SubmitCountBody, actor: Floor, session: InTransaction
) -> CountView:
    """Counting is over: small variances are applied, others wait for a second person."""
    return await _shown(session, await variances.submit(session, count_id, actor, partly=body.partly))


@router.post("/{count_id}/approve", operation_id="approveCount")
async def approve_count(
    count_id: UUID, body: CountDecisionBody, actor: Staff, session: InTransaction
) -> CountView:
    """Apply what waits; not by whoever counted it."""
    return await _shown(session, await variances.approve(session, count_id, actor, body.skus))


@router.post("/{count_id}/reject", operation_id="rejectCount")
async def reject_count(
    count_id: UUID, body: CountDecisionBody, actor: Staff, session: InTransaction
) -> CountView:
    """Leave the books as they are."""
    return await _shown(session, await variances.reject(session, count_id, actor, body.skus))


@router.post("/{count_id}/cancel", operation_id="cancelCount")
async def cancel_count(count_id: UUID, _actor: Floor, session: InTransaction) -> CountView:
    """Give it up before it is submitted."""
    return await _shown(session, await counting.cancel(session, count_id))


async def _shown(session: AsyncSession, found: Full) -> CountView:
    return CountView.of(*found, await variances.held(session, *found))
