"""What an order's customer is told: looked at before and after, and sent again."""

from uuid import UUID

from fastapi import APIRouter

from api.access import InContainer, Staff
from api.routes.parameters import OrderName
from api.schemas.contact import NotificationListing, NotificationView, PreviewBody, PreviewView, ResendBody
from api.transaction import InTransaction, Once
from orderwright.services.contact import log, previewing
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", tags=["notifications"], route_class=Once)


@router.post("/notifications/preview", operation_id="previewNotification")
async def preview_notification(
    body: PreviewBody, _actor: Staff, session: InTransaction, container: InContainer
) -> PreviewView:
    """Subject, text, HTML and SMS with a real order's data; nothing is sent. `template` is tried unsaved."""
    found = await previewing.preview(
        session,
        container.shop(),
        container.links,
        (await reading.order(session, body.order)).order.id,
        body.stage,
        subject=body.subject_id,
        language=body.language,
        brand=body.brand,
        unsaved=body.template.sources() if body.template else None,
    )
    return PreviewView.of(found)


@router.get("/orders/{order}/notifications", operation_id="listNotifications")
async def list_notifications(order: OrderName, _actor: Staff, session: InTransaction) -> NotificationListing:
    """Every mail and SMS about an order, newest first, with the text as it was sent."""
    order_id = (await reading.order(session, order)).order.id
    found = await log.of_order(session, order_id)
    return NotificationListing(data=[NotificationView.of(row, kept) for row, kept in found])


@router.post("/notifications/{notification_id}/resend", operation_id="resendNotification", status_code=202)
async def resend_notification(
    notification_id: UUID, body: ResendBody, actor: Staff, session: InTransaction
) -> NotificationView:
    """A new one of the same stage on the same channel, with the words of now; it leaves within seconds."""
    return NotificationView.of(await log.again(session, notification_id, by=actor.name, why=body.why), None)
