"""Orders that have left and are paid, and what becomes of their parcels."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from orderwright.domain.delivery.cases import CaseKind, WayOut
from orderwright.domain.money import Money
from orderwright.domain.orders import TaskKind, TaskState
from orderwright.domain.payments import RefundState
from orderwright.persistence import locks
from orderwright.persistence.tables import DeliveryCase, FulfillmentOrder, Order, Refund, Shipment, Task
from orderwright.ports.payments import Capture, Refunded
from orderwright.reporting import books
from orderwright.services.delivery import deciding
from orderwright.services.delivery.deciding import Choice
from orderwright.services.orders import ending
from orderwright.services.payments import capturing, refunding
from tests.shop import STAFF, Shop


async def sent(shop: Shop, *lines: tuple[str, int], price: int = 1000, **other: object) -> UUID:
    """An order whose parts have all left and are paid: 5.00 shipping, 20 % tax in the prices."""
    skus = [sku for sku, _ in lines]
    await shop.catalog(*skus, price=price)
    for sku in skus:
        await shop.receive(sku, 20)
    order_id = await shop.released(*lines, **other)
    await leave(shop, order_id)
    return order_id


async def leave(shop: Shop, order_id: UUID) -> None:
    """Every part that is with its warehouse leaves, and its money is taken."""
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
        async with shop.db.transaction() as session:
            await locks.lock(session, order_id)
            for due in await capturing.due(session, part.id):
                amount = Money(due.amount, due.payment.currency)
                await capturing.captured(session, due, Capture(f"pi_{due.payment.id}", amount))


async def run_again(shop: Shop, order_id: UUID) -> FulfillmentOrder:
    """What the order's run does with units that look for a place: the new part, which has left."""
    await shop.reserve(order_id)
    await shop.plan(order_id)
    part = (await shop.parts(order_id))[-1]
    await shop.hand_over(part.id)
    await leave(shop, order_id)
    return part


async def settle(shop: Shop, order_id: UUID) -> Order:
    """Refunds that are asked for are given, then the order comes to its end."""
    await shop.do(lambda session: ending.settle(session, order_id))
    for refund in await refunds(shop, order_id):
        if refund.state is RefundState.REQUESTED:
            answer = Refunded(f"re_{refund.id}", Money(refund.amount, refund.currency))
            async with shop.db.transaction() as session:
                await locks.lock(session, order_id)
                await refunding.refunded(session, refund.id, answer)
    await shop.do(lambda session: ending.settle(session, order_id))
    return await shop.get(order_id)


async def refunds(shop: Shop, order_id: UUID) -> Sequence[Refund]:
    query = select(Refund).where(Refund.order_id == order_id).order_by(Refund.id)
    async with shop.db.transaction() as session:
        return (await session.scalars(query)).all()


async def cases(shop: Shop, order_id: UUID) -> Sequence[DeliveryCase]:
    query = select(DeliveryCase).where(DeliveryCase.order_id == order_id).order_by(DeliveryCase.id)
    async with shop.db.transaction() as session:
        return (await session.scalars(query)).all()


async def told(shop: Shop, order_id: UUID) -> list[tuple[CaseKind, str, WayOut | None]]:
    """Kind, state and outcome of each case."""
    return [(case.kind, case.state.value, case.outcome) for case in await cases(shop, order_id)]


async def question(shop: Shop, kind: TaskKind) -> UUID:
    """The one open question of a kind."""
    query = select(Task.id).where(Task.state == TaskState.OPEN, Task.kind == kind)
    async with shop.db.transaction() as session:
        return (await session.scalars(query)).one()


async def decide(shop: Shop, case: DeliveryCase, way: WayOut, why: str = "as asked") -> DeliveryCase:
    return await shop.do(lambda session: deciding.decide(session, case.id, Choice(way, why), STAFF))


async def parcel(shop: Shop, order_id: UUID, nth: int = 0) -> Shipment:
    return await shop.shipment((await shop.parts(order_id))[nth].id)


async def units(shop: Shop, order_id: UUID) -> list[dict[str, int]]:
    """Where the units of each line are."""
    places = ("canceled", "unallocated", "backordered", "allocated", "released", "shipped", "delivered",
              "undelivered")  # fmt: skip
    return [
        {name: count for name in places if (count := getattr(line, name))}
        for line in await shop.lines(order_id)
    ]


async def unbalanced(shop: Shop) -> list[str]:
    """What the books say that is not as it must be; the labels of these stories cost nothing."""
    async with shop.db.transaction() as session:
        found = await books.examine(session, minutes=10)
    return [f"{fault.rule}: {fault.reason}" for fault in found.faults if "label" not in fault.rule]


def now() -> datetime:
    return datetime.now(UTC)
