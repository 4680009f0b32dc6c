"""Locations: where stock lies and parcels leave."""

from fastapi import APIRouter

from api.access import Anyone, Staff
from api.paging import InPage
from api.routes.parameters import LocationCode
from api.schemas.base import Listing
from api.schemas.catalog import LocationBody, LocationView, NewLocationBody
from api.transaction import InTransaction, Once
from orderwright.services import catalog

router = APIRouter(prefix="/v1/locations", tags=["locations"], route_class=Once)


@router.post("", operation_id="createLocation", status_code=201)
async def create_location(body: NewLocationBody, _actor: Staff, session: InTransaction) -> LocationView:
    """A new location."""
    return LocationView.model_validate(await catalog.create_location(session, body.data(body.code)))


@router.get("", operation_id="listLocations")
async def list_locations(_actor: Anyone, session: InTransaction, page: InPage) -> Listing[LocationView]:
    """Locations by code."""
    rows = await catalog.locations(session, after=page.after(str), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.code,))
    return Listing(data=[LocationView.model_validate(row) for row in shown], next=following)


@router.get("/{code}", operation_id="readLocation")
async def read_location(code: LocationCode, _actor: Anyone, session: InTransaction) -> LocationView:
    """One location."""
    return LocationView.model_validate(await catalog.location(session, code))


@router.put("/{code}", operation_id="replaceLocation")
async def replace_location(
    code: LocationCode, body: LocationBody, _actor: Staff, session: InTransaction
) -> LocationView:
    """Change a location."""
    return LocationView.model_validate(await catalog.replace_location(session, body.data(code)))
