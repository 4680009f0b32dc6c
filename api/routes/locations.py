"""Locations: where stock lies and parcels leave."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access import Anyone, Staff
from api.paging import InPage
from api.routes.parameters import LocationCode
from api.schemas.base import Listing
from api.schemas.catalog import ClosureBody, ClosureView, LocationBody, LocationView, NewLocationBody
from api.transaction import InTransaction, Once
from orderwright.services import catalog, locations

router = APIRouter(prefix="/v1/locations", tags=["locations"], route_class=Once)

Day = Annotated[date, Path(ge=date(1970, 1, 1), lt=date(2200, 1, 1), examples=["2026-12-25"])]


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
    code: LocationCode, body: LocationBody, actor: Staff, session: InTransaction
) -> LocationView:
    """Change a location. Open parts of one that is not active any more look for another place."""
    return LocationView.model_validate(await locations.replace(session, body.data(code), actor))


@router.get("/{code}/closures", operation_id="listClosures")
async def list_closures(
    code: LocationCode, _actor: Anyone, session: InTransaction, page: InPage
) -> Listing[ClosureView]:
    """Its closed days, the earliest first."""
    rows = await locations.closures(session, code, after=page.after(date.fromisoformat), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.day.isoformat(),))
    return Listing(data=[ClosureView.model_validate(row) for row in shown], next=following)


@router.put("/{code}/closures/{day}", operation_id="closeLocationOn")
async def close_on(
    code: LocationCode, day: Day, body: ClosureBody, _actor: Staff, session: InTransaction
) -> ClosureView:
    """Nothing leaves on that day: promises and choices made from now on know it."""
    return ClosureView.model_validate(await locations.close_on(session, code, day, body.reason))


@router.delete("/{code}/closures/{day}", operation_id="openLocationOn", status_code=204)
async def open_on(code: LocationCode, day: Day, _actor: Staff, session: InTransaction) -> Response:
    """It works on that day after all."""
    await locations.open_on(session, code, day)
    return Response(status_code=204)
