"""Issue the document of what was just taken or given back, in the transaction that says so.

The number's row is locked last (persistence/locks.py): call these at the end of a transaction that has the
order. Of several series invoices come first, everywhere: then two transactions never wait for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.documents import crediting
from orderwright.domain.documents.papers import (
    DocumentKind,
    InvoicePer,
    Paper,
    PaperLine,
    Party,
    RateSum,
    Reference,
    by_rate,
)
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.payments import ON_CREDIT, PaymentMethod
from orderwright.persistence import numbers, timeline
from orderwright.persistence.tables import (
    BilledPart,
    Customer,
    FulfillmentOrder,
    MoneyDocument,
    Order,
    OrderLine,
    Payment,
    Refund,
)
from orderwright.services.documents import composing, sellers
from orderwright.services.documents.sellers import SellerData
from orderwright.services.documents.wording import PAYMENT
from orderwright.services.receivables import owing
from orderwright.services.telling.environment import spoken

PAPER = TypeAdapter(Paper)
PAID_BY = {
    PaymentMethod.CARD: "Card", PaymentMethod.MANUAL: "On terms", PaymentMethod.TRANSFER: "Bank transfer",
    PaymentMethod.GIFT_CARD: "Gift card", PaymentMethod.STORE_CREDIT: "Store credit",
    PaymentMethod.CASH_ON_DELIVERY: "Cash on delivery", PaymentMethod.EXCHANGE: "Goods in exchange",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sale:
    """What all papers of an order name. Read once, before the first number is taken."""

    order: Order
    customer: Customer
    seller: SellerData

    @property
    def billed_in_one(self) -> bool:
        """Whether all of it is on one invoice."""
        return self.seller.invoice_per is InvoicePer.ORDER


Lines = Mapping[UUID, Sequence[PaperLine]]
"""By the part that they are lines of."""


async def taken(
    session: AsyncSession, payment: Payment, parts: Sequence[FulfillmentOrder], amount: int, reference: str
) -> None:
    """Money of shipped parts was taken: their invoice, and a receipt where it was money and not a promise.

    From the first number to the commit, captures wait for each other: everything is read before it.
    """
    sale = await _sale(session, payment.order_id)
    groups = await _groups(session, sale, await _unbilled(session, sale.order.id), all_now=False)
    lines = await composing.of_parts(session, {part.id: part for part in [*parts, *chain(*groups)]}.values())
    billed = [await _invoice(session, sale, group, lines) for group in groups]
    if payment.method not in ON_CREDIT:
        paid = {part.id for part in parts}
        about = [one for one, group in zip(billed, groups, strict=True) if paid & {part.id for part in group}]
        receipt = replace(_receipt(sale, payment, parts, lines, amount, reference), refers_to=about)
        await _issue(session, sale.order.id, receipt, payment_id=payment.id)


async def bill(session: AsyncSession, order_id: UUID, *, all_now: bool = False) -> None:
    """Bill the parts whose money was taken and that no invoice bills yet. An order that is billed in one
    waits until nothing of it is on its way any more, or `all_now`."""
    if parts := await _unbilled(session, order_id):
        await _bill(session, await _sale(session, order_id), parts, all_now=all_now)


async def given_back(session: AsyncSession, refund: Refund) -> None:
    """A credit memo for a refund. What was taken and not billed yet is billed first: it is about invoices."""
    sale = await _sale(session, refund.order_id)
    await _bill(session, sale, await _unbilled(session, refund.order_id), all_now=True)
    earlier = await _documents(session, refund.order_id)
    lines = await composing.of_refund(session, refund, _left(earlier))
    about = [Reference(row.number, row.issued_on) for row in earlier if row.kind is DocumentKind.INVOICE]
    paper = replace(
        _paper(DocumentKind.CREDIT_MEMO, sale, lines), refers_to=about, reason=refund.reason, paid=True
    )
    await _issue(session, sale.order.id, paper, refund_id=refund.id)


async def _sale(session: AsyncSession, order_id: UUID) -> Sale:
    query = select(Order, Customer).join(Customer).where(Order.id == order_id)
    order, customer = (await session.execute(query.execution_options(populate_existing=True))).one()
    return Sale(order, customer, await sellers.of(session, order.channel))


async def _bill(
    session: AsyncSession, sale: Sale, parts: Sequence[FulfillmentOrder], *, all_now: bool
) -> None:
    groups = await _groups(session, sale, parts, all_now=all_now)
    lines = await composing.of_parts(session, list(chain(*groups)))
    for group in groups:
        await _invoice(session, sale, group, lines)


async def _groups(
    session: AsyncSession, sale: Sale, parts: Sequence[FulfillmentOrder], *, all_now: bool
) -> list[Sequence[FulfillmentOrder]]:
    """What of `parts` is on an invoice now: all on one, or one each."""
    if not parts or not sale.billed_in_one:
        return [[part] for part in parts]
    return [] if not all_now and await _more_follows(session, sale.order.id) else [parts]


async def _unbilled(session: AsyncSession, order_id: UUID) -> Sequence[FulfillmentOrder]:
    rows = await session.scalars(
        select(FulfillmentOrder)
        .outerjoin(BilledPart, BilledPart.fulfillment_id == FulfillmentOrder.id)
        .where(
            FulfillmentOrder.order_id == order_id,
            FulfillmentOrder.captured > 0,
            FulfillmentOrder.captured == FulfillmentOrder.amount,
            BilledPart.document_id.is_(None),
        )
        .order_by(FulfillmentOrder.number)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def _more_follows(session: AsyncSession, order_id: UUID) -> bool:
    """Whether units are still to be shipped, or shipped ones still to be paid."""
    ahead = select(OrderLine.id).where(
        OrderLine.order_id == order_id,
        OrderLine.unallocated + OrderLine.backordered + OrderLine.allocated + OrderLine.released > 0,
    )
    owed = select(FulfillmentOrder.id).where(
        FulfillmentOrder.order_id == order_id,
        FulfillmentOrder.state == FulfillmentState.CLOSED,
        FulfillmentOrder.captured < FulfillmentOrder.amount,
    )
    return bool(await session.scalar(select(ahead.exists() | owed.exists())))


async def _invoice(
    session: AsyncSession, sale: Sale, parts: Sequence[FulfillmentOrder], lines: Lines
) -> Reference:
    order = sale.order
    shipped = [part.shipped_at.date() for part in parts if part.shipped_at is not None]
    paper = replace(
        _paper(DocumentKind.INVOICE, sale, _all(lines, parts)), supplied_on=max(shipped, default=None),
        paid_by=PAID_BY[order.payment_method], paid=order.payment_method not in ON_CREDIT,
    )  # fmt: skip
    if order.payment_method is PaymentMethod.MANUAL:
        paper = replace(paper, due_on=paper.issued_on + terms(order))
        await owing.due_by(
            session, [part.id for part in parts], paper.issued_on + terms(order), PaymentMethod.MANUAL
        )
    row = await _issue(session, order.id, paper)
    await session.execute(
        insert(BilledPart),
        [
            {"fulfillment_id": part.id, "document_id": row.id, "amount": part.amount, "tax": part.tax}
            for part in parts
        ],
    )
    return Reference(row.number, row.issued_on)


def _receipt(
    sale: Sale,
    payment: Payment,
    parts: Sequence[FulfillmentOrder],
    lines: Lines,
    amount: int,
    reference: str,
) -> Paper:
    """For the parts it pays; a part of their worth is split by their rates."""
    found = _all(lines, parts)
    if sum(line.total for line in found) != amount:
        found = composing.split(f"{PAYMENT} {sale.order.number}", amount, by_rate(found))
    paper = _paper(DocumentKind.RECEIPT, sale, found)
    return replace(paper, paid_by=f"{PAID_BY[payment.method]} ({reference})", paid=True)


def _all(lines: Lines, parts: Sequence[FulfillmentOrder]) -> list[PaperLine]:
    return [line for part in parts for line in lines[part.id]]


async def _documents(session: AsyncSession, order_id: UUID) -> Sequence[MoneyDocument]:
    rows = await session.scalars(
        select(MoneyDocument).where(MoneyDocument.order_id == order_id).order_by(MoneyDocument.id)
    )
    return rows.all()


def _left(documents: Sequence[MoneyDocument]) -> Sequence[RateSum]:
    """What was billed at each rate and not credited yet."""

    def sums(kind: DocumentKind) -> list[PaperLine]:
        papers = [PAPER.validate_python(row.content) for row in documents if row.kind is kind]
        return [line for paper in papers for line in paper.lines]

    return crediting.rest(by_rate(sums(DocumentKind.INVOICE)), by_rate(sums(DocumentKind.CREDIT_MEMO)))


def _paper(kind: DocumentKind, sale: Sale, lines: Sequence[PaperLine]) -> Paper:
    """All but its number."""
    order = sale.order
    bill_to = Address(**(order.bill_to or order.ship_to))
    return Paper(
        kind=kind, number="", issued_on=today(), currency=order.currency, seller=sale.seller.party,
        bill_to=Party(
            replace(bill_to, company=bill_to.company or sale.customer.company, phone=""), order.vat_id or "",
            email=order.email or "",
        ),
        lines=lines, order_number=order.number, ordered_on=order.placed_at.date(),
        ship_to=replace(Address(**order.ship_to), phone=""), po_number=order.po_number or "",
        language=spoken(sale.customer.language),
    )  # fmt: skip


def terms(order: Order) -> timedelta:
    """How long the customer has to pay an invoice: as was agreed when the order was placed."""
    return timedelta(days=sellers.TERMS_DAYS if order.terms_days is None else order.terms_days)


def today() -> date:
    """The day that documents are dated: in UTC, as every other moment here."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that has its number."""

    id: UUID
    number: str
    issued_on: date


async def _issue(
    session: AsyncSession, order_id: UUID, paper: Paper, **of: Any
) -> Issued:  # Any: ids of its columns
    """Give it its number and write it down; the timeline says so."""
    series, year = paper.kind.series, paper.issued_on.year
    number = await numbers.take(session, f"{series}-{year}")
    paper = replace(paper, number=number)
    made = await session.execute(
        insert(MoneyDocument)
        .values(
            kind=paper.kind, number=number, series=series, year=year, nth=int(number.rpartition("-")[2]),
            order_id=order_id, currency=paper.currency, net=paper.net, tax=paper.tax, total=paper.total,
            issued_on=paper.issued_on, content=PAPER.dump_python(paper, mode="json"), **of,
        )
        .returning(MoneyDocument.id)
    )  # fmt: skip
    await timeline.tell(
        session, order_id, "document.issued", document=number, type=paper.kind.value, amount=paper.total
    )
    return Issued(made.scalar_one(), number, paper.issued_on)
