"""Returns to vendors: gathered from what waits, shipped, settled, or called off."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Floor, Staff
from api.paging import InPage
from api.schemas.aftersale.vendors import (
    VendorReturnBody,
    VendorReturnView,
    VendorSettleBody,
    VendorShipBody,
    VendorWaitingView,
)
from api.schemas.base import Listing, Lookup
from api.transaction import InTransaction, Once
from orderwright.domain.returns.vendors import VendorReturnState
from orderwright.services.vendors import gathering, reading, settling

router = APIRouter(prefix="/v1/vendor-returns", tags=["returns"], route_class=Once)
VendorReturnName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Its id or number", examples=["RTV-10001"])
]


@router.post("", operation_id="gatherVendorReturn", status_code=201)
async def gather(body: VendorReturnBody, actor: Floor, session: InTransaction) -> VendorReturnView:
    """Gather units that wait at a location. 409 where fewer wait: a unit is on one vendor return at most."""
    row = await gathering.gather(
        session, vendor=body.vendor, location=body.location, wanted=body.wanted(), note=body.note, actor=actor
    )
    return await _read(session, row.id)


@router.get("", operation_id="listVendorReturns")
async def list_vendor_returns(
    _actor: Floor,
    session: InTransaction,
    page: InPage,
    state: Annotated[VendorReturnState | None, Query(alias="filter[state]")] = None,
    vendor: Annotated[Lookup | None, Query(alias="filter[vendor]")] = None,
    location: Annotated[Lookup | None, Query(alias="filter[location]")] = None,
) -> Listing[VendorReturnView]:
    """Vendor returns, oldest first."""
    rows = await reading.listed(
        session, state=state, vendor=vendor, location=location, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda record: (record.row.id,))
    return Listing(data=[VendorReturnView.of(record) for record in shown], next=following)


@router.get("/waiting", operation_id="listVendorWaiting")
async def list_waiting(
    _actor: Floor,
    session: InTransaction,
    location: Annotated[Lookup | None, Query(alias="filter[location]")] = None,
) -> Listing[VendorWaitingView]:
    """Units inspected as `to_vendor` that no vendor return has taken, by location, SKU and lot."""
    rows = await reading.waiting(session, location)
    return Listing(data=[VendorWaitingView.model_validate(row) for row in rows])


@router.get("/{name}", operation_id="readVendorReturn")
async def read_vendor_return(
    name: VendorReturnName, _actor: Floor, session: InTransaction
) -> VendorReturnView:
    """One vendor return."""
    return await _read(session, await reading.vendor_return_id(session, name))


@router.post("/{name}/ship", operation_id="shipVendorReturn")
async def ship(
    name: VendorReturnName, body: VendorShipBody, actor: Floor, session: InTransaction
) -> VendorReturnView:
    """It has left."""
    found = await reading.vendor_return_id(session, name)
    await settling.ship(session, found, body.sent(), actor, datetime.now(UTC))
    return await _read(session, found)


@router.post("/{name}/settle", operation_id="settleVendorReturn")
async def settle(
    name: VendorReturnName, body: VendorSettleBody, actor: Staff, session: InTransaction
) -> VendorReturnView:
    """What the vendor credits and refuses, once."""
    found = await reading.vendor_return_id(session, name)
    await settling.settle(session, found, body.settled(), actor, datetime.now(UTC))
    return await _read(session, found)


@router.post("/{name}/cancel", operation_id="cancelVendorReturn")
async def cancel(name: VendorReturnName, actor: Floor, session: InTransaction) -> VendorReturnView:
    """Call it off before it leaves: its units wait again."""
    found = await reading.vendor_return_id(session, name)
    await gathering.cancel(session, found, actor)
    return await _read(session, found)


async def _read(session: AsyncSession, vendor_return_id: UUID) -> VendorReturnView:
    return VendorReturnView.of(await reading.one(session, vendor_return_id))
