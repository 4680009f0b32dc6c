"""Warehouse and carrier tell the same story in any order, each line twice: it has one end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from itertools import permutations
from typing import Any, cast
from uuid import UUID

import pytest_asyncio
from sqlalchemy import text
from temporalio import activity
from temporalio.client import Client

import worker
from orderwright.messages.orders import Claim, Claimed, OrderRef, PartRef, PaymentRef, Position
from orderwright.persistence.tables import Inbox
from orderwright.ports.orchestrator import OrderLabels
from orderwright.services import events
from tests.workflows.world import Shop, World, settings, staged

TOLD = ("accepted", "picking_started", "shipped", "in_transit", "delivered")


class Nobody:
    """Wakes reach no run: the test takes the steps itself."""

    async def wake(self, order_id: UUID, labels: OrderLabels, **_: object) -> bool:
        return True


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rows(module_database_url: str) -> AsyncIterator[World]:
    """The shop without Temporal."""
    shop = Shop(settings(module_database_url), cast(Client, None), lambda: datetime.now(UTC))
    shop.relay._orchestrator = cast(Any, Nobody())
    yield await staged(shop)
    await shop.close()


class Steps:
    """The run's steps in their plain order, taken by hand."""

    def __init__(self, shop: Shop, order_id: UUID) -> None:
        self._order_id = order_id
        self._steps: dict[str, Callable[[Any], Awaitable[Any]]] = {
            str(activity._Definition.must_from_callable(step).name): step
            for lane in worker.lanes(shop).values()
            for step in lane.activities
        }

    async def __call__(self, name: str, message: Any) -> Any:
        return await self._steps[name](message)

    async def hand_off(self) -> Position:
        """From claimed to handed off."""
        ref = OrderRef(order_id=self._order_id)
        claimed: Claimed = await self("orders.claim", Claim(order_id=self._order_id, run_id="by hand"))
        assert claimed.position is not None
        await self("orders.verify", ref)
        position: Position = await self("orders.reserve", ref)
        payment = position.payments[0].id
        await self("payments.authorize", PaymentRef(order_id=self._order_id, payment_id=payment))
        position = await self("orders.plan", ref)
        part = PartRef(order_id=self._order_id, fulfillment_id=position.parts[0].id)
        await self("carriers.label", part)
        handed: Position = await self("warehouse.hand_off", part)
        return handed

    async def finish(self) -> Position:
        """What is due now."""
        position: Position = await self("orders.read", OrderRef(order_id=self._order_id))
        for part in position.parts:
            if part.capture_due:
                await self("payments.capture", PartRef(order_id=self._order_id, fulfillment_id=part.id))
        settled: Position = await self("orders.settle", OrderRef(order_id=self._order_id))
        return settled


def _event(code: str, part: UUID, told: str) -> Inbox:
    carrier = told in ("in_transit", "delivered")
    return Inbox(
        source="easypost" if carrier else "warehouse",
        event_id="unstored",
        kind="parcel.scanned" if carrier else f"warehouse.{told}",
        reference=code if carrier else str(part),
        data={"status": told} if carrier else {},
        occurred_at=datetime.now(UTC),
    )


_END = text(
    """select f.state, s.state, l.shipped, l.delivered, v.on_hand, v.reserved,
              (select count(*) from tasks where order_id = f.order_id)
         from fulfillment_orders f join shipments s on s.fulfillment_id = f.id
         join order_lines l on l.order_id = f.order_id join stock_levels v on v.sku = l.sku
        where f.order_id = :id"""
)


async def test_every_order_of_events_each_twice_has_the_same_end(rows: World) -> None:
    order = await rows.place(await rows.stock(LON=5))
    steps = Steps(rows.shop, order.id)
    part = (await steps.hand_off()).parts[0].id
    code = (await order.shipments())[0].tracking_code or ""
    ends = set()

    for way in permutations(TOLD):
        async with rows.shop.db.sessions() as session:
            for told in (*way, *reversed(way)):
                await events.apply(session, _event(code, part, told))
            ends.add(tuple((await session.execute(_END, {"id": order.id})).one()))
            await session.rollback()  # the next way starts where this one did

    assert ends == {("closed", "delivered", 0, 2, 3, 0, 0)}


async def test_the_story_told_backwards_is_paid_and_completed(rows: World) -> None:
    order = await rows.place(await rows.stock(LON=5))
    steps = Steps(rows.shop, order.id)
    part = (await steps.hand_off()).parts[0].id
    code = (await order.shipments())[0].tracking_code or ""

    for told in reversed(TOLD):
        async with rows.shop.db.transaction() as session:
            await events.apply(session, _event(code, part, told))
    position = await steps.finish()

    assert (position.state.value, position.settled) == ("completed", True)
    assert [call.amount for call in rows.shop.gateway.about(order.id, "capture")] == [2500]
