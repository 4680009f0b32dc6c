"""Tax: rates by place and time, how it is counted, and who owes none."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Day, Listing, Lookup
from api.schemas.pricing.tariffs import (
    ExemptionBody,
    ExemptionsView,
    ExemptionView,
    RatesBody,
    RatesView,
    RateView,
    RegimeBody,
    RegimesView,
    RegimeView,
)
from api.transaction import InTransaction, Once
from orderwright.services.pricing import tariffs
from orderwright.services.pricing.tariffs import RateKey

router = APIRouter(prefix="/v1/tax", tags=["pricing"], route_class=Once)


@router.put("/rates", operation_id="putTaxRates")
async def put_rates(body: RatesBody, _actor: Staff, session: InTransaction) -> RatesView:
    """Put rates in force; one that runs on ends on the day on which its successor begins."""
    rows = await tariffs.put_rates(session, body.data())
    return RatesView(data=[RateView.model_validate(row) for row in rows])


@router.get("/rates", operation_id="listTaxRates")
async def list_rates(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    country: Annotated[Lookup | None, Query(alias="filter[country]")] = None,
    tax_class: Annotated[Lookup | None, Query(alias="filter[tax_class]")] = None,
) -> Listing[RateView]:
    """Dated rates, those that have ended too."""
    rows = await tariffs.rates(
        session, country=country, tax_class=tax_class, after=page.after(_key), limit=page.wanted
    )
    shown, following = page.cut(
        rows, lambda row: (row.country, row.region, row.postal_prefix, row.tax_class, row.valid_from)
    )
    return Listing(data=[RateView.model_validate(row) for row in shown], next=following)


def _key(country: str, region: str, prefix: str, tax_class: str, valid_from: str) -> RateKey:
    return country, region, prefix, tax_class, date.fromisoformat(valid_from)


@router.put("/regimes", operation_id="putTaxRegime")
async def put_regime(body: RegimeBody, _actor: Staff, session: InTransaction) -> RegimeView:
    """Say how tax is counted in a country or region: basis, shipping, rounding, our place of business."""
    return RegimeView.model_validate(await tariffs.put_regime(session, body.data()))


@router.get("/regimes", operation_id="listTaxRegimes")
async def list_regimes(_actor: Staff, session: InTransaction) -> RegimesView:
    """How tax is counted everywhere."""
    return RegimesView(data=[RegimeView.model_validate(row) for row in await tariffs.regimes(session)])


@router.post("/exemptions", operation_id="createTaxExemption", status_code=201)
async def create_exemption(body: ExemptionBody, _actor: Staff, session: InTransaction) -> ExemptionView:
    """Keep a customer's certificate: orders there and then owe no tax, and say by which certificate."""
    return ExemptionView.model_validate(await tariffs.exempt(session, body.data()))


@router.get("/exemptions", operation_id="listTaxExemptions")
async def list_exemptions(
    _actor: Staff, session: InTransaction, customer_id: Annotated[UUID, Query(alias="filter[customer_id]")]
) -> ExemptionsView:
    """A customer's certificates."""
    rows = await tariffs.exemptions(session, customer_id)
    return ExemptionsView(data=[ExemptionView.model_validate(row) for row in rows])


@router.post("/exemptions/{exemption_id}/end", operation_id="endTaxExemption")
async def end_exemption(
    exemption_id: UUID,
    _actor: Staff,
    session: InTransaction,
    day: Annotated[Day | None, Query(alias="from", description="Left out: today")] = None,
) -> ExemptionView:
    """The certificate is valid no more from that day on."""
    ended = await tariffs.end_exemption(session, exemption_id, day or datetime.now(UTC).date())
    return ExemptionView.model_validate(ended)
