"""Mail and SMS that come in: proven, kept once, and attached to their order."""

from fastapi import APIRouter, Request, Response

from api.access import InContainer
from api.schemas.inbound import Received
from orderwright.persistence import inbox
from orderwright.services.contact import incoming

router = APIRouter(prefix="/v1/inbound", tags=["inbound"])
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@router.post(
    "/sms",
    operation_id="receiveSms",
    responses={200: {"content": {"application/xml": {"schema": {"type": "string"}}}}},
)
async def receive_sms(request: Request, container: InContainer) -> Response:
    """A signed form of Twilio's. STOP and START are obeyed; Twilio answers these and HELP itself."""
    message = container.texts().read(await request.body(), request.headers)
    async with container.db.transaction() as session:
        if said := incoming.keyword(message):
            await incoming.obey(session, message, said)
        else:
            await incoming.take(session, message)
    return Response(NOTHING_TO_SAY, media_type="application/xml")


@router.post("/mail", operation_id="receiveMail")
async def receive_mail(request: Request, container: InContainer) -> Received:
    """A whole mail (RFC 5322), signed as Standard Webhooks, 2 MB at most; or a delivery report."""
    raw = await request.body()
    reader = container.mail_in()
    message, report = reader.read(raw, request.headers), reader.report(raw)
    async with container.db.transaction() as session:
        if report is None:
            await incoming.take(session, message)
        else:
            await inbox.store(session, report)
    return Received(received=True)
