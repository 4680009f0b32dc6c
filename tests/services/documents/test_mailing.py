"""Papers in the mail: the invoice once it is issued, a refund with its credit memo, as the API prints."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import facturx
import httpx2
import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from activities.notifications import NotificationActivities
from orderwright.adapters.documents.typst import TypstDocuments
from orderwright.adapters.notifications.smtp import SmtpMail
from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind
from orderwright.domain.money import Money
from orderwright.messages.orders import StageRef
from orderwright.persistence import positions
from orderwright.persistence.effects import Effects
from orderwright.persistence.tables import MoneyDocument, Notification
from orderwright.ports.documents import Documents, Letter, Sheet, SlipData
from orderwright.ports.failures import Unreachable
from orderwright.ports.notifications import MailSender
from orderwright.ports.payments import Refunded
from orderwright.services.documents import printing
from orderwright.services.documents.printing import Form
from orderwright.services.payments import giving_back, refunding
from orderwright.services.payments.giving_back import Wanted
from orderwright.services.portal.links import Links
from tests.adapters.test_documents import text_of
from tests.conftest import Mailbox
from tests.services.documents.books import paid, sell_as, shipped
from tests.services.telling.fakes import FakeMail, FakeSms
from tests.shop import STAFF, Shop

BERLIN = Address("Ana Novak", "Hauptstraße 5", "Berlin", "10115", "DE")
SENDER = "Blue Shop <orders@shop.example>"
CUSTOMER = "ana@customer.example"
PRINTER = TypstDocuments("Shop Example")


@dataclass
class Desk:
    """Where stages of the shop's orders are told, by a worker that knows nothing of earlier ones."""

    shop: Shop
    mail: MailSender
    printer: Documents | None = PRINTER
    sms: FakeSms = field(default_factory=FakeSms)

    async def tell(self, order_id: UUID, stage: str) -> None:
        activities = NotificationActivities(
            Effects(self.shop.db), self.shop.db, self.mail, self.sms, sender=SENDER,
            public_url="http://127.0.0.1:8080", business_email="",
            links=Links("a key of the tests", "http://127.0.0.1:8080"), documents=self.printer,
        )  # fmt: skip
        await activities.tell(StageRef(order_id=order_id, stage=stage))


@pytest.fixture
async def posted(shop: Shop, mailbox: Mailbox) -> AsyncIterator[Desk]:
    """Mail goes out over SMTP, to the catcher."""
    sender = SmtpMail(mailbox.smtp, SENDER)
    yield Desk(shop, sender)
    await sender.close()


async def due(shop: Shop, order_id: UUID) -> list[str]:
    """The stages of papers and refunds that the order's run would tell of now."""
    position = await shop.do(lambda session: positions.read(session, order_id))
    return [one for one in position.stages_due if one.startswith(("invoiced", "refunded"))]


async def billed(shop: Shop, ship_to: Address = BERLIN) -> tuple[UUID, MoneyDocument]:
    """An order that was shipped and charged, and its invoice."""
    await sell_as(shop)
    order_id = await shipped(shop, ("MUG", 2), ship_to=ship_to)
    await paid(shop, order_id)
    return order_id, await row(shop, order_id, DocumentKind.INVOICE)


async def row(shop: Shop, order_id: UUID, kind: DocumentKind) -> MoneyDocument:
    query = select(MoneyDocument).where(MoneyDocument.order_id == order_id, MoneyDocument.kind == kind)
    found = await shop.do(lambda session: session.scalar(query))
    assert found is not None
    return found


async def printed(shop: Shop, document: MoneyDocument) -> bytes:
    """What the API hands out."""
    return await shop.do(lambda session: printing.printed(session, document, Form.PDF, PRINTER))


def caught(mailbox: Mailbox) -> tuple[dict[str, object], bytes]:
    """The one mail that was caught, and its one file."""
    (mail,) = httpx2.get(f"{mailbox.url}/messages", timeout=5).json()["messages"]
    file = httpx2.get(f"{mailbox.url}/messages/{mail['n']}/attachments/0", timeout=5).raise_for_status()
    assert file.headers["content-type"] == Form.PDF
    return mail, file.content


async def test_an_invoice_is_due_once_it_is_issued_and_arrives_as_the_api_prints_it(
    shop: Shop, posted: Desk, mailbox: Mailbox
) -> None:
    order_id, invoice = await billed(shop)
    assert await due(shop, order_id) == [f"invoiced:{invoice.id}"]

    await posted.tell(order_id, f"invoiced:{invoice.id}")

    mail, pdf = caught(mailbox)
    assert (mail["to"], mail["attachments"]) == ([CUSTOMER], [f"{invoice.number}.pdf"])
    assert invoice.number in text_of(pdf)
    name, machine = facturx.get_xml_from_pdf(pdf, check_xsd=True)
    assert (name, invoice.number.encode() in machine) == ("factur-x.xml", True)
    assert pdf == await printed(shop, invoice)
    for body in (str(mail["html"]), str(mail["text"])):
        assert invoice.number in body
        assert "25.00" in body
        assert "attached as a PDF" in body
    assert await due(shop, order_id) == []


async def test_a_refund_is_told_once_it_is_given_with_its_credit_memo(
    shop: Shop, posted: Desk, mailbox: Mailbox
) -> None:
    order_id, invoice = await billed(shop)
    await posted.tell(order_id, f"invoiced:{invoice.id}")
    httpx2.delete(f"{mailbox.url}/messages", timeout=5)
    (asked,) = await shop.do(lambda s: giving_back.request(s, order_id, STAFF, Wanted("late", 700)))
    assert await due(shop, order_id) == []  # nothing has been given yet
    given = Refunded("re_1", Money(700, "EUR"), settled=True)
    await shop.do(lambda session: refunding.refunded(session, asked.id, given))
    assert await due(shop, order_id) == [f"refunded:{asked.id}"]

    await posted.tell(order_id, f"refunded:{asked.id}")

    memo = await row(shop, order_id, DocumentKind.CREDIT_MEMO)
    mail, pdf = caught(mailbox)
    assert mail["attachments"] == [f"{memo.number}.pdf"]
    assert memo.number in text_of(pdf)
    assert pdf == await printed(shop, memo)
    assert memo.number in str(mail["html"])


async def test_a_repeat_has_the_same_message_id_and_the_same_file(shop: Shop) -> None:
    order_id, invoice = await billed(shop)
    mail = FakeMail(fails=[Unreachable("no answer")], lost=True)
    with pytest.raises(ApplicationError):
        await Desk(shop, mail).tell(order_id, f"invoiced:{invoice.id}")

    await Desk(shop, mail).tell(order_id, f"invoiced:{invoice.id}")

    first, second = mail.handed
    assert first == second
    assert [one.name for one in second.attachments] == [f"{invoice.number}.pdf"]


async def test_what_another_release_printed_is_what_goes_along(shop: Shop) -> None:
    order_id, invoice = await billed(shop)
    before = await printed(shop, invoice)
    await shop.execute("UPDATE documents SET content = content || ' '::bytea WHERE kind = 'invoice'")
    mail = FakeMail()

    await Desk(shop, mail).tell(order_id, f"invoiced:{invoice.id}")

    assert [one.content for one in mail.handed[0].attachments] == [before + b" "]


async def test_without_typst_the_mail_shows_the_paper_and_speaks_of_no_file(shop: Shop) -> None:
    order_id, invoice = await billed(shop)
    mail = FakeMail()

    await Desk(shop, mail, printer=None).tell(order_id, f"invoiced:{invoice.id}")

    (sent,) = mail.handed
    assert sent.attachments == ()
    assert invoice.number in sent.html
    assert "attached" not in sent.html + sent.text


class OneAfterTheOther:
    """A printer that no two prints of make the same bytes, and that sees who holds a connection meanwhile."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self.held, self.printed = shop, list[str](), 0

    async def packing_slip(self, slip: SlipData) -> bytes:
        raise NotImplementedError(slip.order_number)

    async def letter(self, letter: Letter) -> bytes:
        raise NotImplementedError(letter.heading)

    async def sheet(self, sheet: Sheet, *, attached: bytes | None = None) -> bytes:
        """Set in a moment."""
        self.printed += 1
        mark = self.printed
        self.held.append(
            self._shop.db.engine.pool.status().rpartition("Current Checked out connections: ")[2]
        )
        await asyncio.sleep(0)
        return f"{sheet.number} {attached is not None} {mark}".encode()


async def test_no_connection_is_held_while_a_paper_is_set(shop: Shop) -> None:
    order_id, invoice = await billed(shop)
    printer = OneAfterTheOther(shop)

    await Desk(shop, FakeMail(), printer).tell(order_id, f"invoiced:{invoice.id}")

    assert printer.held == ["0"]


async def test_of_many_who_print_at_once_all_have_the_first_ones_bytes(shop: Shop) -> None:
    _, invoice = await billed(shop)
    printer = OneAfterTheOther(shop)

    made = await asyncio.gather(*(printing.attachable(shop.db, invoice.id, printer) for _ in range(8)))

    assert len(set(made)) == 1
    assert await printed(shop, invoice) == made[0]


async def test_a_paper_is_no_text_message(shop: Shop) -> None:
    order_id, invoice = await billed(shop)
    await shop.execute("UPDATE orders SET email = NULL, phone = '07400 123456', sms_consent = true")
    await shop.execute("UPDATE customers SET email = NULL")
    desk = Desk(shop, FakeMail())

    await desk.tell(order_id, f"invoiced:{invoice.id}")

    assert desk.sms.sent == []
    rows = await shop.do(lambda session: session.execute(select(Notification.channel, Notification.why)))
    assert [tuple(one) for one in rows] == [("none", "no address")]
    assert await due(shop, order_id) == []


async def test_an_invoice_of_another_order_is_not_told(shop: Shop) -> None:
    _, invoice = await billed(shop)
    other = await shop.order(("MUG", 1))
    mail = FakeMail()

    with pytest.raises(ApplicationError) as failed:
        await Desk(shop, mail).tell(other, f"invoiced:{invoice.id}")

    assert (failed.value.type, failed.value.non_retryable) == ("not_found", True)
    assert mail.handed == []
