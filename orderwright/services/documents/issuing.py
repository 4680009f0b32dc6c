"""Issue the document of what was just taken or given back, in the transaction that says so.

The number's row is locked last (persistence/locks.py): call these at the end of a transaction that has the
order. Of several series invoices come first, everywhere: then two transactions never wait for each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
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
from orderwright.services.receivables import owing

PAPER = TypeAdapter(Paper)
PAID_BY = {
    PaymentMethod.CARD: "Card", PaymentMethod.MANUAL: "On terms", PaymentMethod.TRANSFER: "Bank transfer",
    PaymentMethod.GIFT_CARD: "Gift card", PaymentMethod.STORE_CREDIT: "Store credit",
    PaymentMethod.CASH_ON_DELIVERY: "Cash on delivery",
}  # fmt: skip


async def taken(
    session: AsyncSession, payment: Payment, parts: Sequence[FulfillmentOrder], amount: int, reference: str
) -> None:
    """Money of shipped parts was taken: their invoice, and a receipt where it was money and not a promise."""
    money = payment.method not in ON_CREDIT
    # Written before the first number is taken: from there to the commit, captures wait for each other.
    receipt = await _receipt(session, payment, parts, amount, reference) if money else None
    await bill(session, payment.order_id)
    if receipt is not None:
        receipt = replace(receipt, refers_to=await _invoices_of(session, parts))
        await _issue(session, payment.order_id, receipt, payment_id=payment.id)


async def bill(session: AsyncSession, order_id: UUID, *, all_now: bool = False) -> None:
    """Bill the parts whose money was taken and that no invoice bills yet. An order that is billed in one
    waits until nothing of it is on its way any more, or `all_now`."""
    parts = await _unbilled(session, order_id)
    if not parts:
        return
    order, seller = await _order(session, order_id)
    whole = seller.invoice_per is InvoicePer.ORDER
    if whole and not all_now and await _more_follows(session, order_id):
        return
    for group in [parts] if whole else [[part] for part in parts]:
        await _invoice(session, order, seller, group)


async def given_back(session: AsyncSession, refund: Refund) -> None:
    """A credit memo for a refund. What was taken and not billed yet is billed first: it is about invoices."""
    await bill(session, refund.order_id, all_now=True)
    order, seller = await _order(session, refund.order_id)
    earlier = await _documents(session, refund.order_id)
    lines = await composing.of_refund(session, refund, _left(earlier))
    about = [Reference(row.number, row.issued_on) for row in earlier if row.kind is DocumentKind.INVOICE]
    paper = await _paper(session, DocumentKind.CREDIT_MEMO, order, seller, lines)
    paper = replace(paper, refers_to=about, reason=refund.reason, paid=True)
    await _issue(session, order.id, paper, refund_id=refund.id)


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


async def _order(session: AsyncSession, order_id: UUID) -> tuple[Order, SellerData]:
    order = await session.get_one(Order, order_id)
    return order, await sellers.of(session, order.channel)


async def _invoice(
    session: AsyncSession, order: Order, seller: SellerData, parts: Sequence[FulfillmentOrder]
) -> None:
    lines = await composing.of_parts(session, parts)
    shipped = [part.shipped_at.date() for part in parts if part.shipped_at is not None]
    paper = await _paper(session, DocumentKind.INVOICE, order, seller, lines)
    paid = order.payment_method not in ON_CREDIT
    how = PAID_BY[order.payment_method]
    paper = replace(paper, supplied_on=max(shipped, default=None), paid_by=how, paid=paid)
    if order.payment_method is PaymentMethod.MANUAL:
        paper = replace(paper, due_on=paper.issued_on + terms(order))
        await owing.due_by(
            session, [part.id for part in parts], paper.issued_on + terms(order), PaymentMethod.MANUAL
        )
    document_id = await _issue(session, order.id, paper)
    await session.execute(
        insert(BilledPart),
        [
            {"fulfillment_id": part.id, "document_id": document_id, "amount": part.amount, "tax": part.tax}
            for part in parts
        ],
    )


async def _receipt(
    session: AsyncSession, payment: Payment, parts: Sequence[FulfillmentOrder], amount: int, reference: str
) -> Paper:
    """For the parts it pays; a part of their worth is split by their rates."""
    order, seller = await _order(session, payment.order_id)
    lines = await composing.of_parts(session, parts)
    if sum(line.total for line in lines) != amount:
        lines = composing.split(f"Payment for order {order.number}", amount, by_rate(lines))
    paper = await _paper(session, DocumentKind.RECEIPT, order, seller, lines)
    return replace(paper, paid_by=f"{PAID_BY[payment.method]} ({reference})", paid=True)


async def _invoices_of(session: AsyncSession, parts: Sequence[FulfillmentOrder]) -> Sequence[Reference]:
    billed = await session.execute(
        select(MoneyDocument.number, MoneyDocument.issued_on)
        .join(BilledPart, BilledPart.document_id == MoneyDocument.id)
        .where(BilledPart.fulfillment_id.in_([part.id for part in parts]))
        .order_by(MoneyDocument.number)
        .distinct()
    )
    return [Reference(number, issued_on) for number, issued_on in billed]


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


async def _paper(
    session: AsyncSession, kind: DocumentKind, order: Order, seller: SellerData, lines: Sequence[PaperLine]
) -> Paper:
    """All but its number."""
    customer = await session.get_one(Customer, order.customer_id)
    bill_to = Address(**(order.bill_to or order.ship_to))
    return Paper(
        kind=kind, number="", issued_on=today(), currency=order.currency, seller=seller.party,
        bill_to=Party(
            replace(bill_to, company=bill_to.company or customer.company, phone=""), order.vat_id or "",
            email=order.email or "",
        ),
        lines=lines, order_number=order.number, ordered_on=order.placed_at.date(),
        ship_to=replace(Address(**order.ship_to), phone=""), po_number=order.po_number or "",
    )  # fmt: skip


def terms(order: Order) -> timedelta:
    """How long the customer has to pay an invoice: as was agreed when the order was placed."""
    return timedelta(days=sellers.TERMS_DAYS if order.terms_days is None else order.terms_days)


def today() -> date:
    """The day that documents are dated: in UTC, as every other moment here."""
    return datetime.now(UTC).date()


async def _issue(
    session: AsyncSession, order_id: UUID, paper: Paper, **of: Any
) -> UUID:  # Any: ids of its columns
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
    return made.scalar_one()
