"""A miss is found before the promised day; the customer is told once; nobody's deadline is forgotten."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from orderwright.domain.delivery.cases import CaseKind, WayOut
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import Inbox, Shipment
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.services import events
from orderwright.services.delivery import ending, guarding, polling
from tests.services.delivery.stories import cases, parcel, refunds, sent, settle, told, units
from tests.shop import NOW, Shop
from tests.workflows.fakes import FakeCarrier

SHIPPED = datetime(2026, 11, 16, 15, tzinfo=UTC)


async def on_the_way(shop: Shop, *, promised: date) -> UUID:
    """A parcel that left on Monday, by a lane of its own."""
    order_id = await sent(shop, ("MUG", 1))
    await shop.execute(
        "UPDATE shipments SET carrier = 'DPD', service = 'parcel', promised_on = :day, state = 'in_transit'",
        day=promised,
    )
    await shop.execute("UPDATE fulfillment_orders SET shipped_at = :at", at=SHIPPED)
    return order_id


async def past(shop: Shop, days: int, parcels: int = 20) -> None:
    """So many parcels of the same lane took so long."""
    await shop.receive("MUG", parcels)
    for _ in range(parcels):
        order_id = await shop.released(("MUG", 1))
        part = (await shop.parts(order_id))[0]
        await shop.ship(part.id)
        await shop.scan(part.id, ShipmentState.DELIVERED)
        async with shop.db.transaction() as session:
            await session.execute(
                update(Shipment)
                .where(Shipment.fulfillment_id == part.id)
                .values(carrier="DPD", service="parcel", delivered_at=SHIPPED - timedelta(days=9 - days))
            )
        await shop.execute(
            "UPDATE fulfillment_orders SET shipped_at = :at WHERE id = :id",
            at=SHIPPED - timedelta(days=9), id=part.id,
        )  # fmt: skip


async def test_a_parcel_that_its_lane_makes_late_is_found_before_its_promised_day(shop: Shop) -> None:
    order_id = await on_the_way(shop, promised=date(2026, 11, 19))
    await past(shop, days=5)
    await shop.read_all()

    looked, late = await guarding.guard(shop.db, datetime(2026, 11, 17, 8, tzinfo=UTC))
    again = await guarding.guard(shop.db, datetime(2026, 11, 17, 8, tzinfo=UTC))

    assert (looked, late, again) == (1, 1, (0, 0))
    assert await told(shop, order_id) == [(CaseKind.DELAYED, "open", None)]
    assert await shop.wakes(order_id) == 1
    box = await parcel(shop, order_id)
    assert (box.expected_on, box.told_on) == (date(2026, 11, 21), date(2026, 11, 21))
    part = box.fulfillment_id
    assert f"delayed:{part}@2026-11-21" in (await shop.position(order_id)).stages_due


async def test_a_late_parcel_that_arrives_ends_its_case(shop: Shop) -> None:
    order_id = await on_the_way(shop, promised=date(2026, 11, 17))
    await guarding.guard(shop.db, datetime(2026, 11, 18, 8, tzinfo=UTC))

    await shop.scan((await parcel(shop, order_id)).fulfillment_id, ShipmentState.DELIVERED)

    assert await told(shop, order_id) == [(CaseKind.DELAYED, "resolved", WayOut.ARRIVED)]
    assert [s for s in (await shop.position(order_id)).stages_due if s.startswith("delayed")] == []


async def test_a_parcel_in_time_is_looked_at_again_later(shop: Shop) -> None:
    order_id = await on_the_way(shop, promised=date(2026, 11, 30))
    at = datetime(2026, 11, 17, 8, tzinfo=UTC)

    found = await guarding.guard(shop.db, at)

    assert found == (1, 0)
    assert (await parcel(shop, order_id)).watch_at == at + timedelta(hours=6)
    assert await told(shop, order_id) == []


async def test_nobody_decides_and_the_deadline_pays_a_lost_parcel_back(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    assert case.deadline is not None

    early = await ending.pass_deadlines(shop.db, case.deadline - timedelta(seconds=1))
    passed = await ending.pass_deadlines(shop.db, case.deadline)
    again = await ending.pass_deadlines(shop.db, case.deadline)
    await settle(shop, order_id)

    assert (early, passed, again) == (0, 1, 0)
    assert await told(shop, order_id) == [(CaseKind.LOST, "expired", WayOut.REFUND)]
    assert [refund.amount for refund in await refunds(shop, order_id)] == [1500]
    await shop.check_books()


async def test_a_deadline_that_cannot_be_carried_out_leaves_the_case_to_a_person(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    order_id = await shop.released(("MUG", 1))  # and never paid
    await shop.ship((await shop.parts(order_id))[0].id)
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    assert case.deadline is not None

    await ending.pass_deadlines(shop.db, case.deadline)

    assert await told(shop, order_id) == [(CaseKind.LOST, "open", None)]
    assert (await cases(shop, order_id))[0].deadline is None
    assert "case.overdue" in await shop.events(order_id)


async def test_a_silent_parcel_is_asked_about_and_its_scans_count_once(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.execute("UPDATE fulfillment_orders SET shipped_at = :at", at=SHIPPED)
    box = await parcel(shop, order_id)
    carrier = FakeCarrier()
    carrier.seen[box.tracking_code or ""] = [
        ProviderEvent(
            source="easypost", event_id=f"seen/{status}", kind=EventKind.PARCEL_SCANNED,
            reference=box.tracking_code or "", occurred_at=NOW, data={"status": status},
        )
        for status in ("in_transit", "delivered")
    ]  # fmt: skip
    at = SHIPPED + timedelta(days=2)

    first = await polling.ask(shop.db, carrier, at)
    at_once = await polling.ask(shop.db, carrier, at)
    later = await polling.ask(shop.db, carrier, at + timedelta(hours=13))
    await _apply(shop)

    assert (first, at_once, later) == ((1, 2), (0, 0), (1, 0))
    assert await units(shop, order_id) == [{"delivered": 1}]
    assert await shop.count("SELECT count(*) FROM shipment_scans") == 2


async def _apply(shop: Shop) -> None:
    """What the relay does with the inbox."""
    async with shop.db.transaction() as session:
        for event in (await session.scalars(select(Inbox).order_by(Inbox.event_id.desc()))).all():
            await events.apply(session, event)
