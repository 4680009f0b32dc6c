"""Cases: what is wrong with a parcel, and what is decided about it; where an order's parcels are."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Reader, Staff
from api.paging import InPage
from api.routes.parameters import OrderName
from api.schemas.aftersale.cases import CaseBody, CaseView, DecideBody, TrackedParcelView
from api.schemas.base import Listing
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.delivery.cases import CaseKind, CaseState
from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import Shipment
from orderwright.services.delivery import deciding, opening
from orderwright.services.delivery import reading as cases
from orderwright.services.delivery.deciding import Choice
from orderwright.services.delivery.opening import Claim
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", tags=["cases"], route_class=Once)


@router.get("/cases", operation_id="listCases")
async def list_cases(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    state: Annotated[CaseState | None, Query(alias="filter[state]")] = None,
    kind: Annotated[CaseKind | None, Query(alias="filter[kind]")] = None,
    order_id: Annotated[UUID | None, Query(alias="filter[order_id]")] = None,
) -> Listing[CaseView]:
    """Cases, oldest first."""
    rows = await cases.search(
        session, state=state, kind=kind, order_id=order_id, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda case: (case.row.id,))
    return Listing(data=[CaseView.of(case) for case in shown], next=following)


@router.get("/cases/{case_id}", operation_id="readCase")
async def read_case(case_id: UUID, _actor: Staff, session: InTransaction) -> CaseView:
    """One case."""
    return await _view(session, case_id)


@router.post("/orders/{order}/cases", operation_id="openCase", status_code=201)
async def open_case(
    order: OrderName, body: CaseBody, actor: Reader, session: InTransaction, wake: Wake
) -> CaseView:
    """A customer's or our own people's word: damaged, missing, wrong, or never arrived."""
    order_id = await reading.order_id(session, order)
    parcel = await session.get(Shipment, body.shipment_id)
    if parcel is None or parcel.order_id != order_id:
        raise NotFound("the order has no such parcel")
    units = {line.line_id: line.units for line in body.lines}
    case = await opening.claimed(session, Claim(body.shipment_id, body.kind, body.words, units), actor)
    wake(order_id)
    return await _view(session, case.id)


@router.post("/cases/{case_id}/decide", operation_id="decideCase")
async def decide_case(
    case_id: UUID, body: DecideBody, actor: Staff, session: InTransaction, wake: Wake
) -> CaseView:
    """Take a way out. The first decision counts, here or on the case's task."""
    case = await deciding.decide(session, case_id, Choice(body.way, body.why, body.until), actor)
    wake(case.order_id)
    return await _view(session, case_id)


@router.get("/orders/{order}/tracking", operation_id="trackOrder")
async def track_order(order: OrderName, _actor: Reader, session: InTransaction) -> Listing[TrackedParcelView]:
    """Where the order's parcels are and were, without anything personal."""
    parcels = await reading.parcels_of(session, await reading.order_id(session, order))
    there = [parcel for parcel in parcels if parcel.row.state is not ShipmentState.VOIDED]
    return Listing(data=[TrackedParcelView.of(parcel) for parcel in there])


async def _view(session: AsyncSession, case_id: UUID) -> CaseView:
    return CaseView.of(await cases.one(session, case_id))
