"""Transfers: units from one location to another."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Floor
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.stock.supply import ArrivalsBody, TransferBody, TransferShipBody, TransferView
from api.transaction import InTransaction, Once
from orderwright.domain.stock.supply import TransferState
from orderwright.services.supply import transfer_lots, transferring
from orderwright.services.supply.transferring import Full

router = APIRouter(prefix="/v1/stock/transfers", tags=["stock"], route_class=Once)


@router.post("", operation_id="requestTransfer", status_code=201)
async def request_transfer(body: TransferBody, actor: Floor, session: InTransaction) -> TransferView:
    """Ask for units; nothing moves until they are shipped."""
    return await _shown(session, await transferring.request(session, body.data(), actor))


@router.get("", operation_id="listTransfers")
async def list_transfers(
    _actor: Floor,
    session: InTransaction,
    page: InPage,
    state: Annotated[TransferState | None, Query()] = None,
    location: Annotated[Lookup | None, Query(description="Where they go from or to")] = None,
) -> Listing[TransferView]:
    """Transfers in the order they were asked for."""
    rows = await transferring.transfers(
        session, state=state, location=location, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row[0].id,))
    lots = await transfer_lots.of(session, [row.id for row, _ in shown])
    return Listing(data=[TransferView.of(*row, lots) for row in shown], next=following)


@router.get("/{transfer_id}", operation_id="readTransfer")
async def read_transfer(transfer_id: UUID, _actor: Floor, session: InTransaction) -> TransferView:
    """One transfer."""
    return await _shown(session, await transferring.transfer(session, transfer_id))


@router.post("/{transfer_id}/ship", operation_id="shipTransfer")
async def ship_transfer(
    transfer_id: UUID, body: TransferShipBody, actor: Floor, session: InTransaction
) -> TransferView:
    """All its units have left, and are expected at the destination."""
    return await _shown(session, await transferring.ship(session, transfer_id, actor, body.due_on))


@router.post("/{transfer_id}/receipts", operation_id="receiveTransfer")
async def receive_transfer(
    transfer_id: UUID, body: ArrivalsBody, actor: Floor, session: InTransaction
) -> TransferView:
    """What came of some lines, each once; the last closes the transfer."""
    return await _shown(session, await transferring.receive(session, transfer_id, body.data(), actor))


@router.post("/{transfer_id}/cancel", operation_id="cancelTransfer")
async def cancel_transfer(transfer_id: UUID, _actor: Floor, session: InTransaction) -> TransferView:
    """Call it off before it is shipped."""
    return await _shown(session, await transferring.cancel(session, transfer_id))


async def _shown(session: AsyncSession, found: Full) -> TransferView:
    return TransferView.of(*found, await transfer_lots.of(session, [found[0].id]))
