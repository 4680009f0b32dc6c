"""Expected receipts: units on their way, and what came of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Floor, Staff
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.stock.supply import ExpectedBody, ExpectedChangeBody, ExpectedReceiptBody, ExpectedView
from api.transaction import InTransaction, Once
from orderwright.domain.stock.units import ExpectedState
from orderwright.services.supply import expecting

router = APIRouter(prefix="/v1/stock/expected", tags=["stock"], route_class=Once)


@router.post("", operation_id="announceStock", status_code=201)
async def announce(body: ExpectedBody, _actor: Staff, session: InTransaction) -> ExpectedView:
    """Units are on their way; orders that wait for them are promised anew."""
    return ExpectedView.model_validate(await expecting.announce(session, body.data()))


@router.get("", operation_id="listExpectedStock")
async def list_expected(
    _actor: Floor,
    session: InTransaction,
    page: InPage,
    state: Annotated[ExpectedState | None, Query()] = None,
    sku: Annotated[Lookup | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
    reference: Annotated[Lookup | None, Query()] = None,
) -> Listing[ExpectedView]:
    """What is or was on its way, in the order it was announced."""
    rows = await expecting.listed(
        session, state=state, sku=sku, location=location, reference=reference, after=page.after(UUID),
        limit=page.wanted,
    )  # fmt: skip
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[ExpectedView.model_validate(row) for row in shown], next=following)


@router.get("/{expected_id}", operation_id="readExpectedStock")
async def read_expected(expected_id: UUID, _actor: Floor, session: InTransaction) -> ExpectedView:
    """One expected receipt."""
    return ExpectedView.model_validate(await expecting.expected(session, expected_id))


@router.post("/{expected_id}/change", operation_id="changeExpectedStock")
async def change_expected(
    expected_id: UUID, body: ExpectedChangeBody, _actor: Staff, session: InTransaction
) -> ExpectedView:
    """Another day, or another number of units."""
    row = await expecting.change(session, expected_id, due_on=body.due_on, units=body.units)
    return ExpectedView.model_validate(row)


@router.post("/{expected_id}/receipts", operation_id="receiveExpectedStock")
async def receive_expected(
    expected_id: UUID, body: ExpectedReceiptBody, actor: Floor, session: InTransaction
) -> ExpectedView:
    """Units of it have come; orders that wait for them go on."""
    lots = [part.data() for part in body.lots]
    row = await expecting.receive(session, expected_id, body.units, actor, last=body.last, lots=lots)
    return ExpectedView.model_validate(row)


@router.post("/{expected_id}/cancel", operation_id="cancelExpectedStock")
async def cancel_expected(expected_id: UUID, _actor: Staff, session: InTransaction) -> ExpectedView:
    """No more will come: canceled, or closed where some have."""
    return ExpectedView.model_validate(await expecting.give_up(session, expected_id))
