"""Stock: what came in, what there is."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Anyone, Floor
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.catalog import ReceiptBatch, ReceiptBody, StockView, StockViews
from api.transaction import InTransaction, Once
from orderwright.services import catalog
from orderwright.services.stock import stocking

router = APIRouter(prefix="/v1/stock", tags=["stock"], route_class=Once)


@router.post("/receipts", operation_id="receiveStock", status_code=201)
async def receive_stock(body: ReceiptBody | ReceiptBatch, actor: Floor, session: InTransaction) -> StockViews:
    """Units that have come in, one receipt or up to 500; orders that wait for them go on."""
    receipts = body.receipts if isinstance(body, ReceiptBatch) else [body]
    found = await stocking.receive_all(
        session, [stocking.Receipt(r.sku, r.location, r.units, r.reason, r.unit) for r in receipts], actor
    )
    return StockViews(data=[StockView.at(*place, position) for place, position in found.items()])


@router.get("", operation_id="listStock")
async def list_stock(
    _actor: Anyone,
    session: InTransaction,
    page: InPage,
    sku: Annotated[Lookup | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
) -> Listing[StockView]:
    """Levels by SKU and location."""
    after = page.after(_place)
    rows = await catalog.levels(session, sku=sku, location=location, after=after, limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.sku, row.location))
    return Listing(data=[StockView.of(row) for row in shown], next=following)


def _place(sku: str, location: str) -> tuple[str, str]:
    return sku, location
