"""Notes about an order, and what its customer wrote."""

from uuid import UUID

from fastapi import APIRouter

from api.access import Staff
from api.paging import InPage
from api.routes.parameters import OrderName
from api.schemas.base import Listing
from api.schemas.contact import AttachBody, MessageListing, MessageView, NoteBody, NoteListing, NoteView
from api.transaction import InTransaction, Once
from orderwright.services.contact import incoming, log, notes
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", tags=["contact"], route_class=Once)


@router.post("/orders/{order}/notes", operation_id="writeNote", status_code=201)
async def write_note(order: OrderName, body: NoteBody, actor: Staff, session: InTransaction) -> NoteView:
    """Internal, or to the customer: then it leaves by mail and SMS within seconds, and stands in the log."""
    order_id = (await reading.order(session, order)).order.id
    return NoteView.of(await notes.write(session, order_id, body.audience, body.text, by=actor.name))


@router.get("/orders/{order}/notes", operation_id="listNotes")
async def list_notes(order: OrderName, _actor: Staff, session: InTransaction) -> NoteListing:
    """Notes about an order, newest first."""
    order_id = (await reading.order(session, order)).order.id
    return NoteListing(data=[NoteView.of(row) for row in await notes.of_order(session, order_id)])


@router.get("/orders/{order}/messages", operation_id="listOrderMessages")
async def list_order_messages(order: OrderName, _actor: Staff, session: InTransaction) -> MessageListing:
    """Mails and SMS that came in about an order, oldest first."""
    order_id = (await reading.order(session, order)).order.id
    return MessageListing(
        data=[MessageView.model_validate(row) for row in await log.messages(session, order_id)]
    )


@router.get("/unmatched-messages", operation_id="listUnmatchedMessages")
async def list_unmatched(_actor: Staff, session: InTransaction, page: InPage) -> Listing[MessageView]:
    """Messages that fit no order or several, oldest first."""
    rows = await log.messages(session, None, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[MessageView.model_validate(row) for row in shown], next=following)


@router.post("/unmatched-messages/{message_id}/attach", operation_id="attachMessage")
async def attach_message(
    message_id: UUID, body: AttachBody, actor: Staff, session: InTransaction
) -> MessageView:
    """Say which order a message belongs to."""
    order_id = (await reading.order(session, body.order)).order.id
    return MessageView.model_validate(await incoming.attach(session, message_id, order_id, actor.name))
