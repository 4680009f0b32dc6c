"""Where a payment provider says something else, and what people decide about money without an order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.money.books import AdoptBody, GiveBackBody, PaymentDifferenceView
from api.transaction import InTransaction, Once
from orderwright.domain.books.reconciliation import PaymentDifferenceKind, PaymentDifferenceState
from orderwright.persistence.money import differences as money_differences
from orderwright.services.orders import reading
from orderwright.services.reconciliation import unmatched

router = APIRouter(prefix="/v1/books/differences", tags=["books"], route_class=Once)


@router.get("", operation_id="listPaymentDifferences")
async def list_payment_differences(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    state: Annotated[PaymentDifferenceState | None, Query(alias="filter[state]")] = None,
    kind: Annotated[PaymentDifferenceKind | None, Query(alias="filter[kind]")] = None,
    order_id: Annotated[UUID | None, Query(alias="filter[order_id]")] = None,
) -> Listing[PaymentDifferenceView]:
    """Differences, oldest first."""
    rows = await money_differences.listed(
        session, state=state, kind=kind, order_id=order_id, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[PaymentDifferenceView.model_validate(row) for row in shown], next=following)


@router.get("/{difference_id}", operation_id="readPaymentDifference")
async def read_payment_difference(
    difference_id: UUID, _actor: Staff, session: InTransaction
) -> PaymentDifferenceView:
    """One difference."""
    return PaymentDifferenceView.model_validate(await money_differences.read(session, difference_id))


@router.post("/{difference_id}/adopt", operation_id="adoptMoney")
async def adopt_money(
    difference_id: UUID, body: AdoptBody, actor: Staff, session: InTransaction
) -> PaymentDifferenceView:
    """Keep money that came without an order: on account of an order, or as unmatched."""
    order_id = await reading.order_id(session, body.order) if body.order is not None else None
    row = await unmatched.adopt(session, difference_id, actor, order_id=order_id, note=body.note)
    return PaymentDifferenceView.model_validate(row)


@router.post("/{difference_id}/refund", operation_id="giveMoneyBack")
async def give_money_back(
    difference_id: UUID, body: GiveBackBody, actor: Staff, session: InTransaction
) -> PaymentDifferenceView:
    """Give money that came without an order back; the next reconciliation does it."""
    row = await unmatched.refund(session, difference_id, actor, note=body.note)
    return PaymentDifferenceView.model_validate(row)
