"""A shop in one process: real PostgreSQL, real Temporal, the worker's own lanes, fakes behind the ports."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select, text
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import worker
from orderwright.container import Container
from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.states import WarehouseKind
from orderwright.domain.orders import CancelState, Decision, Scope
from orderwright.domain.payments import PaymentMethod
from orderwright.messages import names
from orderwright.persistence import inbox
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import (
    Effect,
    FulfillmentOrder,
    Hold,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Shipment,
    StockLevel,
    Task,
)
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.notifications import MailSender, SmsSender
from orderwright.reporting import books
from orderwright.runtime.settings import Settings
from orderwright.services import catalog
from orderwright.services.catalog import LocationData, ProductData
from orderwright.services.customers import CustomerData
from orderwright.services.orders import cancellation, decisions, placing
from orderwright.services.orders.placing import NewLine, NewOrder
from orderwright.services.stock import stocking
from tests.workflows.fakes import FakeCarrier, FakeGateway, FakePost, FakeWarehouse

STAFF = Actor("ann", frozenset({Scope.OPERATIONS}))
HOME = Address(name="Ada King", line1="12 Row Lane", city="London", postal_code="N1 9GU", country="GB")
PRICE = 1000
TOTAL = 2 * PRICE + 500
"""Two mugs and standard shipping, in pence."""

_PLACES = {
    "LON": ("GB", 51.5, -0.1, "N1 1AA"),
    "MAN": ("GB", 57.0, -5.0, "M1 1AA"),
    "BER": ("DE", 52.5, 13.4, "10115"),
}
_TASK_IN_FLIGHT = (EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)


class Shop(Container):
    """The container with fakes for adapters. `client` decides which Temporal it speaks to."""

    def __init__(self, settings: Settings, client: Client, clock: Callable[[], datetime]) -> None:
        self.client, self.clock = client, clock
        super().__init__(settings)
        self.gateway = FakeGateway(clock)
        self.parcels = FakeCarrier()
        self.partner = FakeWarehouse()
        self.drop_shipper = FakeWarehouse()
        self.post = FakePost()

    async def temporal(self) -> Client:
        return self.client

    def gateways(self) -> dict[PaymentMethod, Any]:  # Any: the fake is a gateway by its form
        return {**super().gateways(), PaymentMethod.CARD: self.gateway}

    def carrier(self) -> Any:  # Any: as above
        return self.parcels

    def warehouse(self) -> Any:  # Any: as above
        return self.partner

    def supplier(self) -> Any:  # Any: as above
        return self.drop_shipper

    def mail(self) -> Any:  # Any: as above
        mail: MailSender = self.post.mail()
        return mail

    def sms(self) -> Any:  # Any: as above
        sms: SmsSender = self.post.sms()
        return sms

    def documents(self) -> None:
        return None


class Placed:
    """One order of the test: what the record, the run and the fakes know of it."""

    def __init__(self, world: "World", order_id: UUID, email: str) -> None:
        self._world, self.id, self.email = world, order_id, email

    @property
    def run(self) -> WorkflowHandle[Any, Any]:
        """Its workflow. Any: by name."""
        return self._world.client.get_workflow_handle(names.order_workflow(self.id))

    # --- what is there

    async def row(self) -> Order:
        row: Order = (await self._world.all(select(Order).where(Order.id == self.id)))[0]
        return row

    async def lines(self) -> Sequence[OrderLine]:
        query = select(OrderLine).where(OrderLine.order_id == self.id).order_by(OrderLine.position)
        return await self._world.all(query)

    async def units(self) -> dict[str, int]:
        """Where the units are; only what is not zero."""
        columns = [place.value for place in Units]
        found = Counter[str]()
        for line in await self.lines():
            found.update({name: getattr(line, name) for name in columns})
        return {name: units for name, units in found.items() if units}

    async def parts(self) -> Sequence[FulfillmentOrder]:
        query = select(FulfillmentOrder).where(FulfillmentOrder.order_id == self.id)
        return await self._world.all(query.order_by(FulfillmentOrder.number))

    async def part(self, number: int = 1) -> FulfillmentOrder:
        return (await self.parts())[number - 1]

    async def shipments(self) -> Sequence[Shipment]:
        query = select(Shipment).where(Shipment.order_id == self.id).order_by(Shipment.id)
        return await self._world.all(query)

    async def payments(self) -> Sequence[Payment]:
        query = select(Payment).where(Payment.order_id == self.id).order_by(Payment.id)
        return await self._world.all(query)

    async def holds(self, *, active: bool = True) -> Sequence[Hold]:
        query = select(Hold).where(Hold.order_id == self.id).order_by(Hold.id)
        rows = await self._world.all(query)
        return [row for row in rows if not active or row.state.value == "active"]

    async def tasks(self, *, open_only: bool = True) -> Sequence[Task]:
        query = select(Task).where(Task.order_id == self.id).order_by(Task.id)
        rows = await self._world.all(query)
        return [row for row in rows if not open_only or row.state.value == "open"]

    async def effects(self) -> dict[str, str]:
        """Steps (their object left out) with their states."""
        rows = await self._world.all(select(Effect).where(Effect.order_id == self.id))
        return {f"{row.step.partition('/')[0]}:{row.n}": row.state.value for row in rows}

    async def story(self) -> list[str]:
        """The timeline's kinds."""
        query = select(OrderEvent.kind).where(OrderEvent.order_id == self.id).order_by(OrderEvent.seq)
        return list(await self._world.all(query))

    async def refusals(self) -> list[tuple[str, str]]:
        """Signals that the rules refused: who, and why."""
        query = select(OrderEvent.actor, OrderEvent.why).where(
            OrderEvent.order_id == self.id, OrderEvent.kind == "signal.refused"
        )
        async with self._world.shop.db.transaction() as session:
            return [(actor, why) for actor, why in await session.execute(query)]

    def told(self) -> int:
        """Mails the customer got."""
        return len(self._world.shop.post.to(self.email))

    async def stages(self) -> list[str]:
        """Of what the customer was told by mail, sorted."""
        query = text(
            "select stage from notifications where order_id = :id and channel = 'mail' and state = 'sent'"
            " order by stage"
        )
        async with self._world.shop.db.transaction() as session:
            return [row[0] for row in await session.execute(query, {"id": self.id})]

    # --- what happens

    async def until(self, state: str) -> Order:
        """Wait for a state of the order."""
        await self._world.until(lambda: self._is(state), f"order is {state}")
        return await self.row()

    async def _is(self, state: str) -> bool:
        return (await self.row()).state.value == state

    async def until_part(self, state: str, number: int = 1) -> FulfillmentOrder:
        async def there() -> bool:
            parts = await self.parts()
            return len(parts) >= number and parts[number - 1].state.value == state

        await self._world.until(there, f"part {number} is {state}")
        return await self.part(number)

    async def until_handed(self, number: int = 1) -> FulfillmentOrder:
        """Released, and the warehouse has it."""

        async def there() -> bool:
            parts = await self.parts()
            return len(parts) >= number and str(parts[number - 1].id) in self._world.shop.partner.requests

        await self._world.until(there, f"part {number} is handed off")
        await self._world.until_story(self, "fulfillment.handed_off", number)
        return await self.part(number)

    async def until_held(self, kind: str) -> Hold:
        async def there() -> bool:
            return any(hold.type.value == kind for hold in await self.holds())

        await self._world.until(there, f"held for {kind}")
        return next(hold for hold in await self.holds() if hold.type.value == kind)

    async def until_task(self, kind: str) -> Task:
        async def there() -> bool:
            return any(task.kind.value == kind for task in await self.tasks())

        await self._world.until(there, f"task {kind}")
        return next(task for task in await self.tasks() if task.kind.value == kind)

    async def until_settled(self, state: str) -> Order:
        """Wait until the run has ended by itself in that state."""
        await self.until(state)

        async def settled() -> bool:
            return (await self.row()).settled_at is not None

        await self._world.until(settled, "settled")
        await self._world.until(self.closed, "run closed")
        assert (await self.run.describe()).status is WorkflowExecutionStatus.COMPLETED
        return await self.row()

    async def closed(self) -> bool:
        return (await self.run.describe()).status is not WorkflowExecutionStatus.RUNNING

    async def decide(self, task: Task, decision: str, actor: Actor = STAFF) -> None:
        """Through the service, as the API does."""
        async with self._world.shop.db.transaction() as session:
            await decisions.decide(session, task.id, Decision(decision), actor)

    async def cancel(self) -> CancelState:
        async with self._world.shop.db.transaction() as session:
            return await cancellation.request(session, self.id, STAFF, "changed_mind")

    async def warehouse(self, said: str, number: int = 1, **data: Any) -> None:
        """The warehouse calls back. Any: JSON."""
        part = await self.part(number)
        await self._world.event("warehouse", f"warehouse.{said}", str(part.id), **data)

    async def scan(self, status: str, number: int = 1) -> None:
        """The carrier has seen the parcel."""
        part = await self.part(number)
        rows = [row for row in await self.shipments() if row.fulfillment_id == part.id and row.tracking_code]
        await self._world.event("easypost", "parcel.scanned", rows[-1].tracking_code or "", status=status)

    async def ship(self, number: int = 1) -> None:
        """Picked, shipped and delivered at once."""
        await self.until_handed(number)
        for said in ("accepted", "picking_started", "shipped"):
            await self.warehouse(said, number)
        await self.until_part("closed", number)
        await self.scan("in_transit", number)
        await self.scan("delivered", number)

    # --- the run's history

    async def activities(self) -> list[str]:
        """Activities by name as the history has them: local ones from their markers."""
        found = []
        async for event in self.run.fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                found.append(event.activity_task_scheduled_event_attributes.activity_type.name)
            if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
                data = event.marker_recorded_event_attributes.details["data"].payloads[0].data
                found.append(str(_marker(data)))
        return found

    async def length(self) -> int:
        """Events in the newest run's history."""
        return len([event async for event in self.run.fetch_history_events()])


def _marker(data: bytes) -> str:
    import json  # noqa: PLC0415 - only here

    return str(json.loads(data)["activity_type"])


class World:
    """What one test file shares."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.client = shop, shop.client
        self.clock = shop.clock
        self.patience = 20.0
        self.placed: list[Placed] = []
        self._numbers = itertools.count(1)

    # --- stage

    async def stock(self, *, price: int = PRICE, **units: int) -> str:
        """A new SKU with units at locations."""
        sku = f"MUG-{next(self._numbers)}"
        async with self.shop.db.transaction() as session:
            await catalog.create_product(session, ProductData(sku, "Mug", price, "GBP", grams=400))
        for location, count in units.items():
            await self.receive(sku, location, count)
        return sku

    async def receive(self, sku: str, location: str, units: int) -> None:
        async with self.shop.db.transaction() as session:
            await stocking.receive(session, sku, location, units, STAFF)

    async def levels(self, sku: str) -> dict[str, tuple[int, int]]:
        """On hand and reserved by location."""
        rows = await self.all(select(StockLevel).where(StockLevel.sku == sku))
        return {row.location: (row.on_hand, row.reserved) for row in rows}

    async def place(self, sku: str, units: int = 2, **more: Any) -> Placed:
        """An order for a customer of its own. Any: fields of NewOrder."""
        email = f"ada{next(self._numbers)}@example.org"
        given: dict[str, Any] = {
            "channel": "web",
            "lines": [NewLine(sku, units)],
            "customer": CustomerData("Ada King", email=email),
            "ship_to": HOME,
            "payment_source": "tok_visa",
        }
        async with self.shop.db.transaction() as session:
            record = await placing.place(session, NewOrder(**{**given, **more}), STAFF)
        order = Placed(self, record.order.id, email)
        self.placed.append(order)
        await self.turn()
        return order

    async def place_for_approval(self, sku: str) -> Placed:
        """A new customer, over the limit."""
        return await self.place(sku, lines=[NewLine(sku, 2, unit_price=30_000)])

    async def event(
        self, source: str, kind: str, reference: str, *, event_id: str | None = None, **data: Any
    ) -> None:
        """A provider's event, stored; the next turn applies it. Any: JSON."""
        event = ProviderEvent(
            source=source, event_id=event_id or f"evt_{next(self._numbers)}", kind=EventKind(kind),
            reference=reference, occurred_at=self.clock(), data=data,
        )  # fmt: skip
        async with self.shop.db.transaction() as session:
            await inbox.store(session, event)

    # --- time

    async def turn(self) -> None:
        """One pass of the relay."""
        await self.shop.relay.once()

    async def until(self, true: Callable[[], Awaitable[bool]], what: str) -> None:
        """Turn the relay until it is so."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience
        while not await true():
            if loop.time() > end:
                raise AssertionError(f"not in {self.patience} s: {what}; {await self._where()}")
            await self.turn()
            await asyncio.sleep(0.04)

    async def until_story(self, order: Placed, kind: str, times: int = 1) -> None:
        async def there() -> bool:
            return (await order.story()).count(kind) >= times

        await self.until(there, f"{kind} is told {times} times")

    async def rest(self, seconds: float = 0.4) -> None:
        """Let happen what would wrongly happen."""
        for _ in range(int(seconds / 0.05)):
            await self.turn()
            await asyncio.sleep(0.05)

    async def _where(self) -> str:
        last = self.placed[-1]
        row = await last.row()
        failures = ""
        try:
            described = await last.run.describe()
            pending = described.raw_description.pending_activities
            failures = f"{described.status} " + ", ".join(
                f"{one.activity_type.name} try {one.attempt}: {one.last_failure.message}" for one in pending
            )
            kinds = [event.event_type async for event in last.run.fetch_history_events()]
            failures += f" last events {kinds[-8:]}"
            if described.raw_description.pending_workflow_task.attempt > 1:
                failures += " FAILING TASK"
        except RPCError as error:
            failures = str(error)
        return f"last order {row.state}/{row.cancel} {await last.story()} {await last.effects()} {failures}"

    # --- look

    async def all(self, query: Any) -> Sequence[Any]:  # Any: rows of any table
        async with self.shop.db.transaction() as session:
            return (await session.scalars(query.execution_options(populate_existing=True))).all()

    async def books_balance(self) -> None:
        """Money, labels, stock and units of every order agree."""
        async with self.shop.db.transaction() as session:
            found = await books.check(session, minutes=0)
        assert [(fault.rule, fault.reason) for fault in found.faults] == []

    async def end(self) -> None:
        """No run is left, and no fault.

        What is in flight ends first, a call or a workflow task (which has the local activities): on the
        time-skipping server one whose run is gone stops time for ever.
        """
        shop = self.shop
        for provider in (shop.gateway, shop.parcels, shop.partner, shop.drop_shipper, shop.post):
            provider.reset()
        self.shop.gateway.validity = None
        for order in self.placed:
            await self.until(partial(idle, order.run), "nothing is in flight")
            try:
                await order.run.terminate("test is over")
            except RPCError as gone:
                if gone.status is not RPCStatusCode.NOT_FOUND:  # it has ended by itself
                    raise
        self.placed.clear()


async def idle(run: WorkflowHandle[Any, Any]) -> bool:
    """Whether a run (Any: by name) has ended or waits, with no workflow task and no first try in flight."""
    described = await run.describe()
    if described.status is not WorkflowExecutionStatus.RUNNING:
        return True
    *_, last = [event.event_type async for event in run.fetch_history_events()]
    return last not in _TASK_IN_FLIGHT and all(
        one.attempt > 1 and one.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
        for one in described.raw_description.pending_activities
    )


def settings(database_url: str, **more: Any) -> Settings:  # Any: settings by name
    """The test's settings."""
    return Settings(database_url=SecretStr(database_url), database_pool=30, **more)


@asynccontextmanager
async def opened(
    client: Client,
    chosen: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sandboxed: bool = True,
) -> AsyncIterator[World]:
    """A world whose workers poll until the end."""
    shop = Shop(chosen, client, clock)
    async with AsyncExitStack() as running:
        running.push_async_callback(
            shop.close
        )  # also after a failure: a forgotten connection fails later tests
        world = await staged(shop)
        for made in _workers(client, shop, sandboxed=sandboxed):
            await running.enter_async_context(made)
        yield world
        await world.end()


async def staged(shop: Shop) -> World:
    """The shop with its locations, and nobody at work."""
    async with shop.db.transaction() as session:
        for code, (country, latitude, longitude, postal) in _PLACES.items():
            address = Address(
                name="Dock", line1="1 Dock Road", city=code, postal_code=postal, country=country
            )
            await catalog.create_location(
                session, LocationData(code, code, WarehouseKind.HTTP, address, latitude, longitude)
            )
    return World(shop)


def _workers(client: Client, shop: Shop, *, sandboxed: bool) -> list[Worker]:
    if sandboxed:
        return worker.workers(client, shop)
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=list(lane.workflows),
            activities=list(lane.activities),
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_concurrent_workflow_tasks=20 if lane.workflows else None,
        )
        for queue, lane in worker.lanes(shop).items()
    ]
