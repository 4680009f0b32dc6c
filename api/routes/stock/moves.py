"""Moves: put right by hand, read back, and compared with what is kept beside them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Floor
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.catalog import StockView
from api.schemas.stock.supply import AdjustmentBody, DifferenceView, MoveView
from api.transaction import InTransaction, Once
from orderwright.domain.stock.supply import DifferenceState
from orderwright.domain.stock.units import MoveKind
from orderwright.services.supply import adjusting, history, reconciling

router = APIRouter(prefix="/v1/stock", tags=["stock"], route_class=Once)


@router.post("/adjustments", operation_id="adjustStock", status_code=201)
async def adjust_stock(body: AdjustmentBody, actor: Floor, session: InTransaction) -> StockView:
    """Put stock right, with the reason; where it stands then."""
    return StockView.at(body.sku, body.location, await adjusting.adjust(session, body.data(), actor))


@router.get("/moves", operation_id="listStockMoves")
async def list_moves(
    _actor: Floor,
    session: InTransaction,
    page: InPage,
    sku: Annotated[Lookup | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
    kind: Annotated[MoveKind | None, Query()] = None,
    reference: Annotated[Lookup | None, Query()] = None,
) -> Listing[MoveView]:
    """Every change of a level, the newest first."""
    rows = await history.moves(
        session, sku=sku, location=location, kind=kind, reference=reference, before=page.after(int),
        limit=page.wanted,
    )  # fmt: skip
    shown, following = page.cut(rows, lambda row: (row.seq,))
    return Listing(data=[MoveView.model_validate(row) for row in shown], next=following)


@router.get("/differences", operation_id="listStockDifferences")
async def list_differences(
    _actor: Floor,
    session: InTransaction,
    page: InPage,
    state: Annotated[DifferenceState | None, Query()] = None,
    sku: Annotated[Lookup | None, Query()] = None,
    location: Annotated[Lookup | None, Query()] = None,
) -> Listing[DifferenceView]:
    """Figures of stock that did not agree when they were last compared, oldest first."""
    rows = await reconciling.listed(
        session, state=state, sku=sku, location=location, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[DifferenceView.model_validate(row) for row in shown], next=following)
