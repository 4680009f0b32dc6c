"""Quotes: asked by POST, as no address holds a cart; nothing changes, so no answer is kept by key."""

from datetime import UTC, datetime

from fastapi import APIRouter

from api.access import InContainer, Reader
from api.schemas.pricing.quotes import QuoteBody, QuoteView
from api.transaction import InTransaction
from orderwright.services.pricing import asking

router = APIRouter(prefix="/v1/quotes", tags=["pricing"])


@router.post("", operation_id="askQuote")
async def ask_quote(
    body: QuoteBody, _actor: Reader, session: InTransaction, container: InContainer
) -> QuoteView:
    """What a cart costs now, with its promotions, fees and tax; also a way to try a promotion's code."""
    cart, now = body.cart(), datetime.now(UTC)
    tax = await container.tax.engine(lambda trial, asked: asking.quote(trial, cart, now, asked))
    return QuoteView.of(await asking.quote(session, cart, now, tax))
