"""What is owed for goods that have left, how long overdue, and what carriers pay over of it."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.money.receivables import (
    AgedView,
    GivenBackBody,
    OpenItemView,
    ParcelBody,
    RemittanceBody,
    RemittanceView,
)
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.payments import PaymentMethod, TransferState
from orderwright.reporting import receivables
from orderwright.services.orders import reading
from orderwright.services.receivables import remitting

router = APIRouter(tags=["receivables"], route_class=Once)


def _after(day: str, fulfillment_id: str) -> tuple[date, UUID]:
    return date.fromisoformat(day), UUID(fulfillment_id)


@router.get("/v1/receivables", operation_id="listReceivables")
async def list_receivables(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    overdue: Annotated[bool, Query(alias="filter[overdue]")] = False,
    method: Annotated[PaymentMethod | None, Query(alias="filter[method]")] = None,
    customer_id: Annotated[UUID | None, Query(alias="filter[customer_id]")] = None,
) -> Listing[OpenItemView]:
    """Open items, what is due first at the front."""
    rows = await receivables.open_items(
        session, datetime.now(UTC).date(), overdue=overdue, method=method, customer_id=customer_id,
        after=page.after(_after), limit=page.wanted,
    )  # fmt: skip
    shown, following = page.cut(rows, lambda row: (row.due_on, row.fulfillment_id))
    return Listing(data=[OpenItemView.model_validate(row) for row in shown], next=following)


@router.get("/v1/receivables/aging", operation_id="readAging")
async def read_aging(_actor: Staff, session: InTransaction) -> Listing[AgedView]:
    """What is open in all, by currency, who owes it, and days past due."""
    found = await receivables.aging(session, datetime.now(UTC).date())
    return Listing(data=[AgedView.model_validate(one) for one in found])


@router.post("/v1/remittances", operation_id="recordRemittance", status_code=201)
async def record_remittance(
    body: RemittanceBody, actor: Staff, session: InTransaction, wake: Wake
) -> RemittanceView:
    """A carrier has paid over what it collected: each line is `matched`, `short`, `over` or `unmatched`."""
    record = await remitting.record(session, body.remittance(), actor)
    for order_id in {line.order_id for line in record.lines if line.order_id is not None}:
        wake(order_id)
    return RemittanceView.of(record)


@router.get("/v1/remittances", operation_id="listRemittances")
async def list_remittances(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    state: Annotated[TransferState | None, Query(alias="filter[state]")] = None,
) -> Listing[RemittanceView]:
    """Remittances, oldest first; with a line in that state, where one is named."""
    rows = await remitting.listed(session, state=state, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda record: (record.row.id,))
    return Listing(data=[RemittanceView.of(record) for record in shown], next=following)


@router.post("/v1/remittances/lines/{line_id}/assign", operation_id="assignRemittanceLine")
async def assign_remittance_line(
    line_id: UUID, body: ParcelBody, actor: Staff, session: InTransaction, wake: Wake
) -> RemittanceView:
    """A person knows which order's parcel it was."""
    order_id = await reading.order_id(session, body.order)
    record = await remitting.assign(session, line_id, order_id, actor)
    wake(order_id)
    return RemittanceView.of(record)


@router.post("/v1/remittances/lines/{line_id}/return", operation_id="returnRemittanceLine")
async def return_remittance_line(
    line_id: UUID, _body: GivenBackBody, actor: Staff, session: InTransaction
) -> RemittanceView:
    """It was for no parcel of ours, and was sent back to the carrier."""
    return RemittanceView.of(await remitting.sent_back(session, line_id, actor))
