"""Bank transfers: told by the bank, matched to orders, and placed by a person where that fails."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.money.transfers import AssignBody, BankTransferBody, BankTransferView, ReturnBody
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.payments import TransferState
from orderwright.services.orders import reading
from orderwright.services.payments import receiving

router = APIRouter(prefix="/v1/transfers", tags=["transfers"], route_class=Once)


@router.post("", operation_id="receiveBankTransfer", status_code=201)
async def receive_bank_transfer(
    body: BankTransferBody, actor: Staff, session: InTransaction, wake: Wake
) -> BankTransferView:
    """Money has come. `matched`: its order goes on; `short`, `over` and `unmatched` say what is missing."""
    row = await receiving.receive(session, body.incoming(), actor)
    if row.order_id is not None:
        wake(row.order_id)
    return BankTransferView.model_validate(row)


@router.get("", operation_id="listBankTransfers")
async def list_bank_transfers(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    state: Annotated[TransferState | None, Query(alias="filter[state]")] = None,
) -> Listing[BankTransferView]:
    """Transfers, oldest first; `unmatched` ones wait for a person."""
    rows = await receiving.listed(session, state=state, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[BankTransferView.model_validate(row) for row in shown], next=following)


@router.post("/{transfer_id}/assign", operation_id="assignBankTransfer")
async def assign_bank_transfer(
    transfer_id: UUID, body: AssignBody, actor: Staff, session: InTransaction, wake: Wake
) -> BankTransferView:
    """A person knows which order it is for."""
    order_id = await reading.order_id(session, body.order)
    row = await receiving.assign(session, transfer_id, order_id, actor)
    wake(order_id)
    return BankTransferView.model_validate(row)


@router.post("/{transfer_id}/return", operation_id="returnBankTransfer")
async def return_bank_transfer(
    transfer_id: UUID, _body: ReturnBody, actor: Staff, session: InTransaction
) -> BankTransferView:
    """It was nobody's, and was sent back."""
    return BankTransferView.model_validate(await receiving.sent_back(session, transfer_id, actor))
