"""Promotions: made, listed, read, ended."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.pricing.promotions import PromotionBody, PromotionView
from api.transaction import InTransaction, Once
from orderwright.services.pricing import campaigns

router = APIRouter(prefix="/v1/promotions", tags=["pricing"], route_class=Once)
Name = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$", description="Its id or code", examples=["NOV10"])
]


@router.post("", operation_id="createPromotion", status_code=201)
async def create_promotion(body: PromotionBody, actor: Staff, session: InTransaction) -> PromotionView:
    """A new promotion; it is never changed, only ended, so that its uses mean what they meant."""
    return PromotionView.of(await campaigns.create(session, body.data(), actor))


@router.get("", operation_id="listPromotions")
async def list_promotions(_actor: Staff, session: InTransaction, page: InPage) -> Listing[PromotionView]:
    """All promotions, oldest first, with their uses."""
    rows = await campaigns.listed(session, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda one: (one.row.id,))
    return Listing(data=[PromotionView.of(one) for one in shown], next=following)


@router.get("/{promotion}", operation_id="readPromotion")
async def read_promotion(promotion: Name, _actor: Staff, session: InTransaction) -> PromotionView:
    """One promotion by id or code."""
    return PromotionView.of(await campaigns.find(session, promotion))


@router.post("/{promotion}/end", operation_id="endPromotion")
async def end_promotion(promotion: Name, _actor: Staff, session: InTransaction) -> PromotionView:
    """No order uses it from now on; those that have keep what it gave."""
    return PromotionView.of(await campaigns.end(session, promotion))
