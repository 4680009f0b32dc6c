"""The relay delivers every wake and applies every event, once in effect, however many of it there are."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import OrderState
from orderwright.persistence import inbox
from orderwright.ports.failures import Unreachable
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.orchestrator import OrderLabels, RunState
from orderwright.services.relay import Relay
from tests.shop import NOW, Shop

Told = tuple[EventKind, str, dict[str, str]]


@dataclass
class Runs:
    """The engine: notes who is woken, and can be away."""

    woken: Counter[UUID] = field(default_factory=Counter)
    labels: dict[UUID, OrderLabels] = field(default_factory=dict)
    away: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def wake(self, order_id: UUID, labels: OrderLabels, **_: object) -> bool:
        if self.away:
            raise Unreachable("away")
        await asyncio.sleep(0.001)
        self.woken[order_id] += 1
        self.labels[order_id] = labels
        self.heard.set()
        return True

    async def restart(self, order_id: UUID, labels: OrderLabels, **_: object) -> None: ...

    async def look(self, order_id: UUID, **_: object) -> RunState:
        return RunState.OPEN

    async def ping(self) -> bool:
        return not self.away


async def stocked(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 100)


async def tell(shop: Shop, kind: EventKind, reference: object, event_id: str = "", **data: str) -> None:
    event = ProviderEvent(
        source="test", event_id=event_id or str(uuid4()), kind=kind, reference=str(reference),
        occurred_at=NOW, data=data,
    )  # fmt: skip
    await shop.do(lambda session: inbox.store(session, event))


async def inbox_states(shop: Shop) -> dict[str, int]:
    states = ("pending", "processed", "listed")
    return {
        state: n
        for state in states
        if (n := await shop.count("SELECT count(*) FROM inbox WHERE state = :s", s=state))
    }


# --- wakes


async def test_two_relays_side_by_side_deliver_each_wake_once(shop: Shop) -> None:
    await stocked(shop)
    orders = [await shop.order(("MUG", 1)) for _ in range(30)]
    runs = Runs()

    await asyncio.gather(*(Relay(shop.db, runs).once() for _ in range(4)))

    assert runs.woken == Counter(orders)
    assert await shop.count("SELECT count(*) FROM outbox") == 0


async def test_while_the_engine_is_away_wakes_are_kept(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1))
    runs = Runs(away=True)
    relay = Relay(shop.db, runs)

    await relay.once()
    await relay.deliver(order_id)
    kept = await shop.wakes(order_id)
    runs.away = False
    await shop.execute("UPDATE outbox SET leased_until = NULL")
    await relay.once()

    assert kept == 1
    assert runs.woken == {order_id: 1}
    assert await shop.wakes(order_id) == 0


async def test_the_run_is_told_what_developers_filter_by(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1))
    runs = Runs()

    await Relay(shop.db, runs).deliver(order_id)

    order = await shop.get(order_id)
    assert runs.labels[order_id] == OrderLabels("submitted", "web", needs_person=False, summary=order.number)


async def test_a_relay_that_is_stopped_stops(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1))
    runs, stop = Runs(), asyncio.Event()
    running = asyncio.create_task(Relay(shop.db, runs).run(stop))

    async with asyncio.timeout(10):
        await runs.heard.wait()
        stop.set()
        await running

    assert runs.woken == {order_id: 1}


# --- events


async def story(shop: Shop) -> tuple[UUID, UUID, list[Told]]:
    """An order with its warehouse, and all that will be told of it."""
    await stocked(shop)
    order_id = await shop.released(("MUG", 2))
    (part,) = await shop.parts(order_id)
    tracking = (await shop.shipment(part.id)).tracking_code or ""
    scans = (ShipmentState.IN_TRANSIT, ShipmentState.OUT_FOR_DELIVERY, ShipmentState.DELIVERED)
    scanned: list[Told] = [(EventKind.PARCEL_SCANNED, tracking, {"status": state.value}) for state in scans]
    return (
        order_id,
        part.id,
        [
            (EventKind.WAREHOUSE_ACCEPTED, str(part.id), {}),
            (EventKind.WAREHOUSE_PICKING, str(part.id), {}),
            (EventKind.WAREHOUSE_SHIPPED, str(part.id), {}),
            *scanned,
        ],
    )


@pytest.mark.parametrize("seed", range(3))
async def test_told_five_times_and_shuffled_the_story_is_the_same(shop: Shop, seed: int) -> None:
    order_id, part_id, events = await story(shop)
    told = [(n, *event) for n, event in enumerate(events)] * 5
    random.Random(seed).shuffle(told)

    for n, kind, reference, data in told:
        await tell(shop, kind, reference, event_id=f"evt_{n}", **data)
    await asyncio.gather(*(Relay(shop.db, Runs()).once() for _ in range(2)))

    (part,) = await shop.parts(order_id)
    (line,) = await shop.lines(order_id)
    assert (part.state, (await shop.shipment(part_id)).state) == (
        FulfillmentState.CLOSED,
        ShipmentState.DELIVERED,
    )
    assert (line.delivered, line.ordered) == (2, 2)
    assert await inbox_states(shop) == {"processed": 6}
    events_told = await shop.events(order_id)
    assert events_told.count("fulfillment.shipped") == events_told.count("shipment.delivered") == 1
    await shop.check_books()


async def test_an_event_for_an_unknown_parcel_waits_and_is_applied_once_it_is_known(shop: Shop) -> None:
    await stocked(shop)
    relay = Relay(shop.db, Runs())
    await tell(shop, EventKind.PARCEL_SCANNED, "TR-1", status="in_transit")

    await relay.once()
    waiting = await inbox_states(shop)
    order_id = await shop.released(("MUG", 1))
    await shop.execute("UPDATE shipments SET tracking_code = 'TR-1'")
    await shop.execute("UPDATE inbox SET due_at = now()")
    await relay.once()

    (part,) = await shop.parts(order_id)
    assert waiting == {"pending": 1}
    assert (await shop.shipment(part.id)).state is ShipmentState.IN_TRANSIT
    assert await inbox_states(shop) == {"processed": 1}


async def test_it_is_asked_for_less_and_less_often_and_listed_after_a_day(shop: Shop) -> None:
    relay = Relay(shop.db, Runs())
    await tell(shop, EventKind.PARCEL_SCANNED, "TR-1", status="in_transit")
    waits = []

    for age in ("0 hours", "10 hours", "25 hours"):
        await shop.execute(f"UPDATE inbox SET due_at = now(), received_at = now() - interval '{age}'")  # noqa: S608 - our own text
        await relay.once()
        waits.append(
            await shop.count("SELECT extract(epoch FROM due_at - clock_timestamp())::int FROM inbox")
        )

    assert waits[0] <= 1
    assert waits[1] == pytest.approx(3600, abs=60)
    assert await inbox_states(shop) == {"listed": 1}
    assert await shop.count("SELECT count(*) FROM inbox WHERE why = 'no such parcel'") == 1


@pytest.mark.parametrize(
    ("kind", "reference", "data"),
    [
        (EventKind.PARCEL_SCANNED, "TR-1", {"status": "teleported"}),
        (EventKind.PARCEL_SCANNED, "TR-1", {}),
    ],
)
async def test_an_event_that_makes_no_sense_is_listed_at_once(
    shop: Shop, kind: EventKind, reference: str, data: dict[str, str]
) -> None:
    await stocked(shop)
    await shop.released(("MUG", 1))
    await shop.execute("UPDATE shipments SET tracking_code = 'TR-1'")
    await tell(shop, kind, reference, **data)

    await Relay(shop.db, Runs()).once()

    assert await inbox_states(shop) == {"listed": 1}
    assert await shop.count("SELECT count(*) FROM shipment_scans") == 0


async def test_an_event_that_the_record_refuses_stops_no_other(shop: Shop) -> None:
    await stocked(shop)
    bad, good = await shop.released(("MUG", 1)), await shop.released(("MUG", 1))
    runs = Runs()
    await Relay(shop.db, Runs()).once()
    await shop.read_all()
    bad_part, good_part = await shop.live_part(bad), await shop.live_part(good)
    await shop.execute("UPDATE reservations SET units = 100 WHERE order_id = :o", o=bad)  # a broken record
    await tell(shop, EventKind.WAREHOUSE_SHIPPED, bad_part.id)
    await tell(shop, EventKind.WAREHOUSE_SHIPPED, good_part.id)

    for _ in range(2):
        await Relay(shop.db, runs).once()

    assert await inbox_states(shop) == {"listed": 1, "processed": 1}
    assert (await shop.live_part(bad)).state is FulfillmentState.RELEASED
    assert (await shop.live_part(good)).state is FulfillmentState.CLOSED
    assert runs.woken == {good: 1}


async def test_fifteen_scans_wake_a_sleeping_run_once(shop: Shop) -> None:
    order_id, _, events = await story(shop)
    await shop.read_all()

    for kind, reference, data in events * 3:
        await tell(shop, kind, reference, **data)
    await Relay(shop.db, Runs(away=True)).once()

    assert await shop.wakes(order_id) == 1


async def test_a_rejection_is_an_answer_that_wakes(shop: Shop) -> None:
    order_id, part_id, _ = await story(shop)
    await shop.read_all()

    await tell(shop, EventKind.WAREHOUSE_REJECTED, part_id, reason="broken")
    await Relay(shop.db, Runs(away=True)).once()

    (part,) = await shop.parts(order_id)
    assert (part.state, part.partner, part.partner_reason) == (
        FulfillmentState.CANCELED, PartnerState.REJECTED, "broken",
    )  # fmt: skip
    assert (await shop.get(order_id)).state is OrderState.IN_FULFILLMENT
    assert await shop.wakes(order_id) == 1


def kinds() -> list[EventKind]:
    return [kind for kind in EventKind if kind is not EventKind.IGNORED]


@pytest.mark.parametrize("kind", kinds())
async def test_every_kind_of_event_about_nothing_we_know_waits(shop: Shop, kind: EventKind) -> None:
    await tell(shop, kind, uuid4(), status="in_transit")

    await Relay(shop.db, Runs()).once()

    assert await inbox_states(shop) == {"pending": 1}
