"""Purchase orders: what suppliers were asked to send to our customers, and what it costs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.purchasing import PurchaseView
from api.transaction import InTransaction, Once
from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.services.fulfillment import purchasing

router = APIRouter(prefix="/v1/purchase-orders", tags=["purchasing"], route_class=Once)


@router.get("", operation_id="listPurchaseOrders")
async def list_purchases(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    supplier: Annotated[Lookup | None, Query(alias="filter[supplier]")] = None,
    state: Annotated[PurchaseState | None, Query(alias="filter[state]")] = None,
    order_id: Annotated[UUID | None, Query(alias="filter[order_id]")] = None,
) -> Listing[PurchaseView]:
    """Purchase orders, oldest first, with their lines."""
    rows = await purchasing.search(
        session, supplier=supplier, state=state, order_id=order_id, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda purchase: (purchase.row.id,))
    return Listing(data=[PurchaseView.of(purchase) for purchase in shown], next=following)


@router.get("/{number}", operation_id="readPurchaseOrder")
async def read_purchase(
    number: Annotated[Lookup, Path(examples=["PO-000001"])], _actor: Staff, session: InTransaction
) -> PurchaseView:
    """One purchase order by its number."""
    return PurchaseView.of(await purchasing.read(session, number))
