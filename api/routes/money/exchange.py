"""Exchange rates, and the books in the base currency."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import InContainer, Staff
from api.paging import InPage
from api.schemas.base import Currency, Listing, Lookup, Moment
from api.schemas.money.exchange import (
    ExchangeRatesBody,
    ExchangeRateView,
    ExchangeView,
    RecordedRatesView,
)
from api.transaction import InTransaction, Once
from orderwright.persistence.money import rates
from orderwright.reporting import exchange

router = APIRouter(prefix="/v1", tags=["books"], route_class=Once)


@router.post("/exchange-rates", operation_id="recordExchangeRates", status_code=201)
async def record_exchange_rates(
    body: ExchangeRatesBody, actor: Staff, session: InTransaction
) -> RecordedRatesView:
    """Record rates. Orders placed and bookings valued keep the rates that they have."""
    made = await rates.record(session, body.data(), source=body.source, by=actor.name)
    return RecordedRatesView(data=[ExchangeRateView.model_validate(row) for row in made])


@router.get("/exchange-rates", operation_id="listExchangeRates")
async def list_exchange_rates(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    base: Annotated[Currency | None, Query(alias="filter[base]")] = None,
    quote: Annotated[Currency | None, Query(alias="filter[quote]")] = None,
    at: Annotated[
        Moment | None, Query(alias="filter[at]", description="Those that had begun by then")
    ] = None,
) -> Listing[ExchangeRateView]:
    """Rates as they were recorded, the newest first."""
    rows = await rates.listed(
        session, base=base, quote=quote, at=at, after=page.after(int), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row.seq,))
    return Listing(data=[ExchangeRateView.model_validate(row) for row in shown], next=following)


@router.get("/books/exchange", operation_id="readExchange")
async def read_exchange(
    _actor: Staff,
    session: InTransaction,
    container: InContainer,
    at: Annotated[Moment | None, Query(description="As it was then, at the rates of then")] = None,
    order: Annotated[Lookup | None, Query(alias="filter[order]", description="The gain of one order")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Of gains")] = 200,
) -> ExchangeView:
    """Every account in the base currency, what rates have brought, and what open positions would bring."""
    base = container.settings.base_currency
    return ExchangeView.of(await exchange.report(session, base, at=at, order=order, limit=limit), at)
