"""Stock: what came in, what there is, what is kept from whom."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Anyone, Floor, Staff
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.catalog import LevelView, ReceiptBatch, ReceiptBody, StockView, StockViews
from api.schemas.stock.levels import (
    BufferBody,
    BufferView,
    CostBody,
    CostView,
    LotView,
    QuotaBody,
    QuotaView,
    SafetyBody,
)
from api.transaction import InTransaction, Once
from orderwright.domain.orders import Scope
from orderwright.services import catalog
from orderwright.services.stock import costing, limits, stocking

router = APIRouter(prefix="/v1/stock", tags=["stock"], route_class=Once)


@router.post("/receipts", operation_id="receiveStock", status_code=201)
async def receive_stock(body: ReceiptBody | ReceiptBatch, actor: Floor, session: InTransaction) -> StockViews:
    """Units that have come in, one receipt or up to 500; orders that wait for them go on."""
    receipts = body.receipts if isinstance(body, ReceiptBatch) else [body]
    found = await stocking.receive_all(session, [receipt.receipt() for receipt in receipts], actor)
    return StockViews(data=[StockView.at(*place, position) for place, position in found.items()])


@router.get("", operation_id="listStock")
async def list_stock(
    actor: Anyone,
    session: InTransaction,
    page: InPage,
    sku: Annotated[Lookup | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
) -> Listing[LevelView]:
    """Levels by SKU and location."""
    after = page.after(_place)
    rows = await catalog.levels(session, sku=sku, location=location, after=after, limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.sku, row.location))
    staff = actor.may(Scope.OPERATIONS)
    return Listing(data=[LevelView.of(row, staff=staff) for row in shown], next=following)


@router.get("/lots", operation_id="listLots")
async def list_lots(
    _actor: Anyone,
    session: InTransaction,
    page: InPage,
    sku: Annotated[Lookup | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
) -> Listing[LotView]:
    """Lots and serial numbers that are there, by SKU, location and lot."""
    after = page.after(_three)
    rows = await catalog.lots(session, sku=sku, location=location, after=after, limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.sku, row.location, row.lot))
    return Listing(data=[LotView.model_validate(row) for row in shown], next=following)


@router.put("/safety", operation_id="setSafetyStock")
async def set_safety_stock(body: SafetyBody, _actor: Staff, session: InTransaction) -> StockView:
    """Keep units back from every buyer."""
    position = await limits.keep_back(session, body.sku, body.location, body.units)
    return StockView.at(body.sku, body.location, position)


@router.put("/costs", operation_id="setUnitCost")
async def set_unit_cost(body: CostBody, actor: Staff, session: InTransaction) -> CostView:
    """What a unit costs there: choices of locations by margin made from now on weigh it."""
    currency = await costing.set_cost(session, body.sku, body.location, body.unit_cost, actor)
    return CostView(**body.model_dump(), currency=currency)


@router.put("/buffers", operation_id="setChannelBuffer")
async def set_channel_buffer(body: BufferBody, _actor: Staff, session: InTransaction) -> BufferView:
    """Keep units at a location back from one channel."""
    await limits.set_buffer(session, body.channel, body.sku, body.location, body.units)
    return BufferView.model_validate(body.model_dump())


@router.get("/buffers", operation_id="listChannelBuffers")
async def list_channel_buffers(_actor: Anyone, session: InTransaction, page: InPage) -> Listing[BufferView]:
    """By channel, SKU and location."""
    rows = await limits.buffers(session, after=page.after(_three), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.channel, row.sku, row.location))
    return Listing(data=[BufferView.model_validate(row) for row in shown], next=following)


@router.put("/quotas", operation_id="setChannelQuota")
async def set_channel_quota(body: QuotaBody, _actor: Staff, session: InTransaction) -> QuotaView:
    """Let a channel hold and buy so many in all."""
    return QuotaView.model_validate(await limits.set_quota(session, body.channel, body.sku, body.at_most))


@router.get("/quotas", operation_id="listChannelQuotas")
async def list_channel_quotas(_actor: Anyone, session: InTransaction, page: InPage) -> Listing[QuotaView]:
    """By channel and SKU, with what is taken."""
    rows = await limits.quotas(session, after=page.after(_place), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.channel, row.sku))
    return Listing(data=[QuotaView.model_validate(row) for row in shown], next=following)


def _three(first: str, second: str, third: str) -> tuple[str, str, str]:
    return first, second, third


def _place(sku: str, location: str) -> tuple[str, str]:
    return sku, location
