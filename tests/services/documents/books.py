"""Money taken and given back through the services, and the documents of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind, InvoicePer, Paper, Party
from orderwright.domain.money import Money
from orderwright.persistence import locks
from orderwright.persistence.tables import FulfillmentOrder, MoneyDocument, Refund
from orderwright.ports.payments import Capture, Refunded
from orderwright.reporting import books
from orderwright.services.documents import sellers
from orderwright.services.documents.issuing import PAPER
from orderwright.services.documents.sellers import SellerData
from orderwright.services.payments import capturing, giving_back, refunding
from orderwright.services.payments.giving_back import Wanted
from tests.shop import STAFF, Shop

EXAMPLE = Party(
    Address("Example Ltd", "1 Market Street", "Dublin", "D02 X285", "IE"), tax_id="IE1234567T",
    email="billing@shop.example", note="Registered in Ireland no. 123456",
)  # fmt: skip
NOT_MADE_HERE = "what has shipped had one label, or needed none"  # the test shop buys no labels


async def sell_as(shop: Shop, per: InvoicePer = InvoicePer.SHIPMENT, channel: str = "*") -> None:
    await shop.do(lambda session: sellers.put(session, channel, SellerData(EXAMPLE, per)))


async def shipped(shop: Shop, *lines: tuple[str, int], **other: Any) -> UUID:
    """Any: fields of NewOrder. An order of goods in London, all parts shipped, nothing captured."""
    await shop.catalog(*dict(lines))
    for sku, units in lines:
        await shop.receive(sku, units)
    order_id = await shop.released(*lines, **other)
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
    return order_id


async def take(session: AsyncSession, part: FulfillmentOrder) -> int:
    """What is due for the part is captured, with the order locked as `effects.once` does."""
    await locks.lock(session, part.order_id)
    found = await capturing.due(session, part.id)
    for due in found:
        await capturing.captured(session, due, Capture("ch_1", Money(due.amount, due.payment.currency)))
    return sum(due.amount for due in found)


async def paid(shop: Shop, order_id: UUID) -> None:
    for part in await shop.parts(order_id):
        await shop.do(lambda session, part=part: take(session, part))  # type: ignore[misc]


async def refund(shop: Shop, order_id: UUID, wanted: Wanted | int | None) -> Sequence[UUID]:
    """Asked for and given: an amount, what is wanted, or everything."""
    asks = wanted if isinstance(wanted, Wanted) else Wanted("broken", wanted)

    async def ask(session: AsyncSession) -> list[Refund]:
        return await giving_back.request(session, order_id, STAFF, asks)

    asked = await shop.do(ask)

    async def give(session: AsyncSession) -> None:
        await locks.lock(session, order_id)
        for one in asked:
            answer = Refunded(f"re_{uuid4()}", Money(one.amount, one.currency), settled=True)
            await refunding.refunded(session, one.id, answer)

    await shop.do(give)
    return [one.id for one in asked]


async def documents(shop: Shop, order_id: UUID, kind: DocumentKind | None = None) -> list[Paper]:
    """What was issued, oldest first."""
    query = select(MoneyDocument).where(MoneyDocument.order_id == order_id).order_by(MoneyDocument.id)
    async with shop.db.transaction() as session:
        rows = (await session.scalars(query)).all()
    papers = [PAPER.validate_python(row.content) for row in rows]
    return [paper for paper in papers if kind in (None, paper.kind)]


async def faults(shop: Shop) -> list[tuple[str, str]]:
    async with shop.db.transaction() as session:
        found = await books.examine(session, minutes=10)
    return [(one.rule, one.reason) for one in found.faults if one.rule != NOT_MADE_HERE]
