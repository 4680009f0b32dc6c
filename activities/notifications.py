"""The step that tells customer and business of a stage."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import classified
from orderwright.messages.orders import StageRef
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects
from orderwright.ports.documents import Documents
from orderwright.ports.notifications import MailSender, SmsSender
from orderwright.services.portal.links import Links
from orderwright.services.telling.rendering import Shop
from orderwright.services.telling.teller import Manners, Teller


class NotificationActivities:
    """Mail and SMS. Failures name neither an address nor a number."""

    def __init__(
        self,
        effects: Effects,
        db: Database,
        mail: MailSender,
        sms: SmsSender,
        *,
        sender: str,
        public_url: str,
        business_email: str,
        links: Links,
        documents: Documents | None = None,
        manners: Manners = Manners(),  # noqa: B008 - frozen
    ) -> None:
        """`sender` as in a From header: its name signs the mails, its domain their Message-IDs.

        `links` open an order's page; `documents` sets the papers that go along with mails, where that is
        installed.
        """
        shop = Shop.of(sender=sender, public_url=public_url, business_email=business_email)
        self.teller = Teller(effects, db, mail, sms, shop, links, manners, printer=documents)

    @activity.defn(name="notifications.tell")
    async def tell(self, ref: StageRef) -> None:
        """Tell of one stage, each channel once, whatever is retried. A definite no is a row, not a failure.

        Fails with Unreachable or NotSent (retried), not_found or unknown_stage (final).
        """
        with classified():
            try:
                await self.teller.tell(ref.order_id, ref.stage)
            except ValueError:
                raise ApplicationError("no such stage", type="unknown_stage", non_retryable=True) from None
