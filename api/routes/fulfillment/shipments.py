"""Parcels: where they are, their labels, and scans by hand."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Anyone, Floor, Reader
from api.routes.parameters import OrderName, Responses, file_of
from api.schemas.base import Listing
from api.schemas.fulfillment import ScanBody, ShipmentView
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.orders import Scope
from orderwright.persistence.tables import Document
from orderwright.services.fulfillment import documents, station
from orderwright.services.fulfillment.documents import Elsewhere
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", tags=["shipments"], route_class=Once)
FILE: Responses = {**file_of(documents.PDF, documents.ZPL), 302: {"description": "The carrier keeps it"}}


@router.get("/orders/{order}/shipments", operation_id="listShipments")
async def list_shipments(order: OrderName, actor: Reader, session: InTransaction) -> Listing[ShipmentView]:
    """The parcels of an order with tracking."""
    parcels = await reading.parcels_of(session, await reading.order_id(session, order))
    costs = actor.may(Scope.OPERATIONS)
    return Listing(data=[ShipmentView.of(parcel, costs=costs) for parcel in parcels])


@router.get("/shipments/{shipment_id}", operation_id="readShipment")
async def read_shipment(shipment_id: UUID, actor: Anyone, session: InTransaction) -> ShipmentView:
    """One parcel with tracking."""
    parcel = await reading.parcel(session, shipment_id)
    return ShipmentView.of(parcel, costs=actor.may(Scope.OPERATIONS, Scope.WAREHOUSE))


@router.get(
    "/shipments/{shipment_id}/label", operation_id="readLabel", response_class=Response, responses=FILE
)
async def read_label(shipment_id: UUID, _actor: Floor, session: InTransaction) -> Response:
    """The label in whatever form there is."""
    return await _label(session, shipment_id, None)


@router.get(
    "/shipments/{shipment_id}/label.pdf", operation_id="readLabelPdf", response_class=Response, responses=FILE
)
async def read_label_pdf(shipment_id: UUID, _actor: Floor, session: InTransaction) -> Response:
    """The label as PDF."""
    return await _label(session, shipment_id, documents.PDF)


@router.get(
    "/shipments/{shipment_id}/label.zpl", operation_id="readLabelZpl", response_class=Response, responses=FILE
)
async def read_label_zpl(shipment_id: UUID, _actor: Floor, session: InTransaction) -> Response:
    """The label for a label printer."""
    return await _label(session, shipment_id, documents.ZPL)


async def _label(session: AsyncSession, shipment_id: UUID, media_type: str | None) -> Response:
    return labeled(await documents.label(session, shipment_id, media_type))


def labeled(found: Document | Elsewhere) -> Response:
    """The file, or the way to it."""
    if isinstance(found, Elsewhere):
        return RedirectResponse(found.url, 302)
    return Response(found.content, media_type=found.media_type)


@router.post("/shipments/{shipment_id}/scans", operation_id="scanShipment", status_code=201)
async def scan_shipment(
    shipment_id: UUID, body: ScanBody, actor: Floor, session: InTransaction, wake: Wake
) -> ShipmentView:
    """A scan by hand. A late one is kept and moves nothing back."""
    seen = await station.scan(session, shipment_id, body.status, actor, body.at or datetime.now(UTC))
    wake(seen.order_id)
    return ShipmentView.of(await reading.parcel(session, shipment_id))
