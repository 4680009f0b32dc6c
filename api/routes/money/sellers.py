"""Sellers: in whose name a channel's papers are issued."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import Staff
from api.schemas.base import Listing
from api.schemas.money.documents import SellerBody, SellerView
from api.transaction import InTransaction, Once
from orderwright.services.documents import sellers

router = APIRouter(prefix="/v1/sellers", tags=["documents"], route_class=Once)
Channel = Annotated[
    str,
    Path(
        pattern=r"^(\*|[a-z0-9][a-z0-9_.-]{0,49})$",
        description="A channel, or * for all others",
        examples=["*"],
    ),
]


@router.get("", operation_id="listSellers")
async def list_sellers(_actor: Staff, session: InTransaction) -> Listing[SellerView]:
    """All, by channel."""
    return Listing(data=[SellerView.of(row) for row in await sellers.every(session)])


@router.put("/{channel}", operation_id="putSeller")
async def put_seller(channel: Channel, body: SellerBody, _actor: Staff, session: InTransaction) -> SellerView:
    """Name the seller of a channel. Papers issued before stay as they are."""
    return SellerView.of(await sellers.put(session, channel, body.seller()))
