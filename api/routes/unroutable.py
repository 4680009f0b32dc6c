"""The queue of orders that no location can or will ship."""

from uuid import UUID

from fastapi import APIRouter

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.routing import UnroutableView
from api.transaction import InTransaction, Once
from orderwright.services.orders import unroutable

router = APIRouter(prefix="/v1/unroutable-orders", tags=["routing"], route_class=Once)


@router.get("", operation_id="listUnroutableOrders")
async def list_unroutable(_actor: Staff, session: InTransaction, page: InPage) -> Listing[UnroutableView]:
    """Those that wait, the longest first, each with the reason; `retryOrder` looks for a place anew."""
    rows = await unroutable.listed(session, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.hold.id,))
    return Listing(data=[UnroutableView.of(row) for row in shown], next=following)
