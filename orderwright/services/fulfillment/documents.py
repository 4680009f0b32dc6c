"""Labels and packing slips, as they were made."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import Document, ReturnParcel, Shipment

LABEL = "label"
PACKING_SLIP = "packing_slip"
PDF = "application/pdf"
ZPL = "x-application/zpl"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The carrier keeps it: there is where it is read."""

    url: str


async def find(session: AsyncSession, kind: str, subject_id: UUID, media_type: str) -> Document | None:
    """The stored document, or None."""
    row: Document | None = await session.scalar(
        select(Document).where(
            Document.kind == kind, Document.subject_id == subject_id, Document.media_type == media_type
        )
    )
    return row


async def label(session: AsyncSession, shipment_id: UUID, media_type: str | None) -> Document | Elsewhere:
    """A parcel's label in that form (None: any), or where the carrier keeps it. Raises NotFound."""
    url = await session.scalar(select(Shipment.label_url).where(Shipment.id == shipment_id))
    return await _label(session, shipment_id, url, media_type)


async def return_label(
    session: AsyncSession, return_id: UUID, media_type: str | None
) -> Document | Elsewhere:
    """The same for the way back; a label that was voided is none. Raises NotFound."""
    parcel = await session.scalar(
        select(ReturnParcel).where(
            ReturnParcel.return_id == return_id,
            ReturnParcel.state.not_in([ShipmentState.PLANNED, ShipmentState.VOIDED]),
        )
    )
    if parcel is None:
        raise NotFound("no such label")
    return await _label(session, parcel.id, parcel.label_url, media_type)


async def _label(
    session: AsyncSession, parcel_id: UUID, url: str | None, media_type: str | None
) -> Document | Elsewhere:
    wanted = [PDF, ZPL] if media_type is None else [media_type]
    for form in wanted:
        if (stored := await find(session, LABEL, parcel_id, form)) is not None:
            return stored
    if url is None or (media_type is not None and not url.split("?")[0].endswith(SUFFIX[media_type])):
        raise NotFound("no such label")
    return Elsewhere(url)


async def packing_slip(session: AsyncSession, fulfillment_id: UUID) -> Document:
    """The packing slip of a fulfillment order. Raises NotFound."""
    stored = await find(session, PACKING_SLIP, fulfillment_id, PDF)
    if stored is None:
        raise NotFound("no packing slip yet")
    return stored


SUFFIX = {PDF: ".pdf", ZPL: ".zpl"}
