"""Availability: asked by POST, as no address holds a cart; nothing changes, so no answer is kept by key."""

from datetime import UTC, datetime

from fastapi import APIRouter

from api.access import Reader
from api.schemas.stock.availability import AvailabilityView, CartBody
from api.transaction import InTransaction
from orderwright.services.carts import availability

router = APIRouter(prefix="/v1/availability", tags=["stock"])


@router.post("", operation_id="askAvailability")
async def ask_availability(body: CartBody, _actor: Reader, session: InTransaction) -> AvailabilityView:
    """How many of a cart can be had, from where, delivered when. Nothing is reserved by asking."""
    return AvailabilityView.of(await availability.ask(session, body.cart(), datetime.now(UTC)))
