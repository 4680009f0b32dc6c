"""Disputes: what customers' banks want back, answered with evidence, or accepted."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import InContainer, Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.money.disputes import AcceptBody, DefendBody, DisputeRecordView
from api.schemas.money.payments import DisputeView
from api.transaction import InTransaction, Once
from orderwright.domain.payments import DisputeState
from orderwright.services.disputes import answering

router = APIRouter(prefix="/v1/disputes", tags=["disputes"], route_class=Once)


@router.get("", operation_id="listDisputes")
async def list_disputes(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    state: Annotated[DisputeState | None, Query(alias="filter[state]")] = None,
) -> Listing[DisputeView]:
    """Disputes, oldest first; `open` ones wait for us or for the bank."""
    rows = await answering.listed(session, state=state, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[DisputeView.model_validate(row) for row in shown], next=following)


@router.get("/{dispute_id}", operation_id="readDispute")
async def read_dispute(dispute_id: UUID, _actor: Staff, session: InTransaction) -> DisputeRecordView:
    """One dispute, and what was said to it."""
    return DisputeRecordView.of(await answering.read(session, dispute_id))


@router.post("/{dispute_id}/evidence", operation_id="defendDispute", status_code=202)
async def defend_dispute(
    dispute_id: UUID, body: DefendBody, actor: Staff, session: InTransaction, container: InContainer
) -> DisputeRecordView:
    """Put evidence before the bank, once: the provider has it within minutes, and the bank decides later.

    The task about it is decided by this. Past `evidence_due`: 409 `dispute_too_late`.
    """
    await answering.defend(
        session, dispute_id, body.wanted(), actor,
        printer=container.documents(), takes_text=container.disputes().takes_text,
    )  # fmt: skip
    return DisputeRecordView.of(await answering.read(session, dispute_id))


@router.post("/{dispute_id}/accept", operation_id="acceptDispute", status_code=202)
async def accept_dispute(
    dispute_id: UUID, body: AcceptBody, actor: Staff, session: InTransaction
) -> DisputeRecordView:
    """Let the bank have the money: nothing is booked before it says so."""
    await answering.accept(session, dispute_id, actor, body.note)
    return DisputeRecordView.of(await answering.read(session, dispute_id))
