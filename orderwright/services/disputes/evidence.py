"""What can be put before a bank: words of a person, papers, parcels and messages of the order."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.payments import EvidenceKind
from orderwright.persistence.tables import CustomerMessage, FulfillmentOrder, Shipment
from orderwright.ports.disputes import EvidenceFile
from orderwright.ports.documents import Documents
from orderwright.services.documents import printing, reading
from orderwright.services.documents.printing import Form

MOST_BYTES = 4_500_000
"""Of all documents of an answer together: the providers refuse what is larger."""
MOST_TEXT = 20_000
STARTS = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """As a person asks for it. `papers`: numbers of documents of the order; `parcels`, `messages`: with what
    we know of its parcels and what the customer wrote.
    """

    text: str = ""
    papers: Sequence[str] = ()
    files: Sequence[EvidenceFile] = ()
    parcels: bool = True
    messages: bool = False
    defense_reason: str = ""


def check(files: Sequence[EvidenceFile]) -> None:
    """Raises Invalid where one is not what it says, or all are too much."""
    for file in files:
        start = STARTS.get(file.media_type)
        if start is None or not file.content.startswith(start):
            raise Invalid(f"{file.name} is no {file.media_type}", field="files")
    if sum(len(file.content) for file in files) > MOST_BYTES:
        raise Invalid(f"more than {MOST_BYTES} bytes of documents", field="files")


async def papers(
    session: AsyncSession, order_id: UUID, numbers: Sequence[str], printer: Documents | None
) -> list[EvidenceFile]:
    """Invoices, credit memos and receipts of the order, as they were handed out. Raises NotFound, Invalid."""
    found = []
    for number in numbers:
        row = (await reading.one(session, number)).row
        if row.order_id != order_id:
            raise Invalid(f"{number} is a paper of another order", field="papers")
        content = await printing.printed(session, row, Form.PDF, printer)
        found.append(EvidenceFile(EvidenceKind.RECEIPT, f"{number}.pdf", Form.PDF.value, content))
    return found


@dataclass(frozen=True, slots=True)
class Sent:
    """Parcels that have left: as the provider's fields want them, and in words."""

    carrier: str = ""
    tracking: str = ""
    shipped_on: str = ""
    words: str = ""


async def parcels(session: AsyncSession, order_id: UUID) -> Sent:
    """What left, when, and when it arrived."""
    rows = (
        await session.execute(
            select(Shipment, FulfillmentOrder.shipped_at)
            .join(FulfillmentOrder, FulfillmentOrder.id == Shipment.fulfillment_id)
            .where(
                Shipment.order_id == order_id,
                Shipment.tracking_code.is_not(None),
                Shipment.state.not_in([ShipmentState.PLANNED, ShipmentState.LABELED, ShipmentState.VOIDED]),
            )
            .order_by(Shipment.id)
        )
    ).all()
    words = [
        f"Parcel {one.tracking_code} by {one.carrier or 'our carrier'}"
        + (f", handed over on {left.date().isoformat()}" if left else "")
        + (f", delivered on {one.delivered_at:%Y-%m-%d at %H:%M} UTC" if one.delivered_at else "")
        + "."
        for one, left in rows
    ]
    return Sent(
        ", ".join(dict.fromkeys(one.carrier for one, _ in rows if one.carrier)),
        ", ".join(one.tracking_code or "" for one, _ in rows),
        min((left.date().isoformat() for _, left in rows if left), default=""),
        "\n".join(words),
    )


async def messages(session: AsyncSession, order_id: UUID) -> str:
    """What the customer wrote to us about the order, oldest first."""
    rows = await session.scalars(
        select(CustomerMessage).where(CustomerMessage.order_id == order_id).order_by(CustomerMessage.id)
    )
    return "\n\n".join(
        f"The customer wrote on {one.received_at:%Y-%m-%d at %H:%M} UTC: {one.subject}\n{one.text}"
        for one in rows
    )
