"""Collected in the store: ready with a code, handed out for it, or back on the shelf."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.failures import Conflict, Forbidden, Invalid
from orderwright.domain.fulfillment.pickup import KEPT_FOR, LETTERS, TRIES
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.domain.orders import Decision, Scope
from orderwright.domain.stock.units import Position
from orderwright.domain.telling.stages import Stage
from orderwright.messages.orders import CollectionDeadline, UndoKind
from orderwright.persistence.tables import FulfillmentOrder, Task
from orderwright.services.changes import addressing
from orderwright.services.fulfillment import handing, partner, pickup, station
from orderwright.services.fulfillment.pickup import Collection, Outcome
from orderwright.services.orders import cancellation, decisions
from orderwright.services.orders.placing import NoPickup
from orderwright.services.stock import stocking
from orderwright.services.telling.loading import load
from tests.shop import NOW, STAFF, STORE, Shop, all_try

COUNTER = Actor("counter", frozenset({Scope.WAREHOUSE}))
AT_LON = {"method": DeliveryMethod.PICKUP, "pickup_at": "LON"}


async def stocked(shop: Shop, units: int = 5) -> None:
    """Mugs in London, where they may be collected, and in Paris, where not."""
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE locations SET pickup = true, ships = false WHERE code = 'LON'")
    await shop.receive("MUG", units)
    await shop.receive("MUG", 9, at="PAR")


async def handed(shop: Shop) -> FulfillmentOrder:
    """Two mugs to be collected, handed to the store."""
    part = await shop.live_part(await shop.planned(("MUG", 2), **AT_LON))
    assert await shop.do(lambda session: handing.release(session, part.id))
    return await shop.live_part(part.order_id)


async def at_counter(shop: Shop) -> FulfillmentOrder:
    """The same, made ready."""
    part = await handed(shop)
    await shop.do(lambda session: pickup.ready_at_station(session, part.id, COUNTER, NOW))
    return await shop.live_part(part.order_id)


async def released(shop: Shop) -> tuple[UUID, FulfillmentOrder]:
    """The first order of a stocked shop, handed to the store."""
    await stocked(shop)
    part = await handed(shop)
    return part.order_id, part


async def ready(shop: Shop) -> tuple[UUID, FulfillmentOrder]:
    """The same, at the counter."""
    await stocked(shop)
    part = await at_counter(shop)
    return part.order_id, part


async def collect(shop: Shop, part: FulfillmentOrder, code: str) -> Collection:
    return await shop.do(lambda session: pickup.collect(session, part.id, COUNTER, code))


def deadline(part: FulfillmentOrder) -> CollectionDeadline:
    """The one its timer is armed for."""
    assert part.collect_by is not None
    return CollectionDeadline(order_id=part.order_id, fulfillment_id=part.id, deadline=part.collect_by)


async def test_an_order_to_be_collected_is_sourced_there_and_costs_no_shipping(shop: Shop) -> None:
    await stocked(shop)

    order_id = await shop.planned(("MUG", 2), **AT_LON)

    order, part = await shop.get(order_id), await shop.live_part(order_id)
    assert (order.shipping, order.pickup_at) == (0, "LON")
    assert (order.ship_to["city"], order.ship_to["name"]) == ("LON", "Ana Novak")
    assert (part.location, part.method, part.needs_label) == ("LON", DeliveryMethod.PICKUP, False)
    assert not (await shop.position(order_id)).part(part.id).needs_label


async def test_it_is_not_sourced_elsewhere_where_the_store_has_too_few(shop: Shop) -> None:
    await stocked(shop, units=1)
    order_id = await shop.order(("MUG", 2), **AT_LON)
    await shop.verify(order_id)

    await shop.reserve(order_id)

    assert [hold.type.value for hold in (await shop.position(order_id)).holds] == ["stock"]
    assert await shop.level("MUG", "PAR") == Position(9, 0)


async def test_a_shipped_order_does_not_leave_from_a_store_that_does_not_ship(shop: Shop) -> None:
    await stocked(shop)

    order_id = await shop.planned(("MUG", 2))

    assert (await shop.live_part(order_id)).location == "PAR"


@pytest.mark.parametrize("place", ["PAR", "NOWHERE"])
async def test_where_nothing_can_be_collected_no_order_is_taken(shop: Shop, place: str) -> None:
    await stocked(shop)

    with pytest.raises(NoPickup) as refusal:
        await shop.order(("MUG", 2), method=DeliveryMethod.PICKUP, pickup_at=place)

    assert refusal.value.more == {"field": "pickup_at"}
    assert await shop.count("SELECT count(*) FROM orders") == 0


async def test_it_is_released_without_a_label(shop: Shop) -> None:
    order_id, part = await released(shop)

    assert part.state is FulfillmentState.RELEASED
    assert (await shop.shipment(part.id)).state is ShipmentState.PLANNED
    assert (await shop.lines(order_id))[0].released == 2


async def test_ready_is_the_pivot_with_a_code_and_a_deadline(shop: Shop) -> None:
    order_id, part = await ready(shop)

    assert part.state is FulfillmentState.IN_PROGRESS
    assert part.collect_by == NOW + KEPT_FOR
    assert part.pickup_code is not None
    assert len(part.pickup_code) == 6
    assert set(part.pickup_code) <= set(LETTERS)
    assert (await shop.shipment(part.id)).state is ShipmentState.READY_FOR_PICKUP
    position = await shop.position(order_id)
    assert f"ready_for_pickup:{part.id}" in position.stages_due
    assert position.part(part.id).collect_by == part.collect_by
    assert (await shop.get(order_id)).woken is False  # read by `position`
    with pytest.raises(Conflict, match="picking has begun"):
        await shop.do(lambda session: cancellation.request(session, order_id, STORE, "changed my mind"))
    assert (
        await shop.count(
            "SELECT count(*) FROM order_events WHERE data::text LIKE :c", c=f"%{part.pickup_code}%"
        )
        == 0
    )


async def test_made_ready_twice_keeps_the_first_code(shop: Shop) -> None:
    order_id, part = await ready(shop)

    with pytest.raises(Conflict, match="made ready before"):
        await shop.do(lambda session: pickup.ready_at_station(session, part.id, COUNTER, NOW))
    again = await shop.do(lambda session: pickup.ready(session, part.id, by="warehouse", at=NOW))

    assert again is False
    assert (await shop.live_part(order_id)).pickup_code == part.pickup_code


async def test_what_is_shipped_is_never_ready_and_what_is_collected_never_shipped(shop: Shop) -> None:
    await stocked(shop)
    shipping = await shop.live_part(await shop.released(("MUG", 1)))
    collected = await shop.live_part(await shop.planned(("MUG", 1), **AT_LON))
    await shop.do(lambda session: handing.release(session, collected.id))

    with pytest.raises(Conflict, match="shipped, not collected"):
        await shop.do(lambda session: pickup.ready_at_station(session, shipping.id, COUNTER, NOW))
    with pytest.raises(Conflict, match="collected, not shipped"):
        await shop.do(lambda session: station.ship(session, collected.id, COUNTER))
    await shop.do(lambda session: partner.shipped(session, collected.id, by="warehouse"))
    await shop.scan(collected.id, ShipmentState.DELIVERED)

    assert (await shop.live_part(collected.order_id)).state is FulfillmentState.RELEASED
    assert (await shop.lines(collected.order_id))[0].released == 1
    await shop.check_books()


async def test_the_right_code_hands_it_out_and_the_money_is_due(shop: Shop) -> None:
    order_id, part = await ready(shop)
    typed = f" {(part.pickup_code or '')[:3]}-{(part.pickup_code or '')[3:]} ".lower()

    found = await collect(shop, part, typed)

    assert found == Collection(Outcome.COLLECTED, TRIES)
    position = await shop.position(order_id)
    assert position.part(part.id).capture_due
    assert position.part(part.id).shipment is ShipmentState.COLLECTED
    assert position.part(part.id).collect_by is None
    assert f"delivered:{part.id}" in position.stages_due
    assert f"shipped:{part.id}" not in position.stages_due
    assert (await shop.lines(order_id))[0].delivered == 2
    assert await shop.level("MUG") == Position(3, 0)
    await shop.check_books()


async def test_collected_twice_is_refused(shop: Shop) -> None:
    _, part = await ready(shop)
    await collect(shop, part, part.pickup_code or "")

    with pytest.raises(Conflict, match="closed"):
        await collect(shop, part, part.pickup_code or "")

    assert await shop.level("MUG") == Position(3, 0)


async def test_wrong_codes_are_counted_until_a_person_looks(shop: Shop) -> None:
    order_id, part = await ready(shop)

    found = [await collect(shop, part, "WRONG1") for _ in range(TRIES + 1)]
    right = await collect(shop, part, part.pickup_code or "")

    assert [one.tries_left for one in found] == [4, 3, 2, 1, 0, 0]
    assert [one.outcome for one in found[-2:]] == [Outcome.WRONG_CODE, Outcome.LOCKED]
    assert right == Collection(Outcome.LOCKED, 0)
    assert (await shop.live_part(order_id)).state is FulfillmentState.IN_PROGRESS
    assert (await shop.lines(order_id))[0].delivered == 0

    (task_id,) = await shop.do(lambda session: _tasks(session, order_id))
    await shop.do(lambda session: decisions.decide(session, task_id, Decision.APPROVE, STAFF))
    assert (await collect(shop, part, part.pickup_code or "")).outcome is Outcome.COLLECTED


async def _tasks(session: AsyncSession, order_id: UUID) -> list[UUID]:
    rows = await session.scalars(select(Task.id).where(Task.order_id == order_id, Task.state == "open"))
    return list(rows)


async def test_a_storefront_hands_nothing_out(shop: Shop) -> None:
    order_id, part = await ready(shop)

    with pytest.raises(Forbidden):
        await shop.do(lambda session: pickup.collect(session, part.id, STORE, part.pickup_code or ""))

    assert (await shop.lines(order_id))[0].delivered == 0


async def test_a_no_show_gives_units_and_money_back_and_ends_the_order(shop: Shop) -> None:
    order_id, part = await ready(shop)

    await shop.do(lambda session: pickup.no_show(session, deadline(part)))

    order = await shop.get(order_id)
    assert (order.state.value, order.failure) == ("canceled", "not_collected")
    position = await shop.position(order_id)
    assert {undo.kind for undo in position.undo} == {UndoKind.STOCK, UndoKind.PAYMENT}
    assert "canceled" in position.stages_due
    await shop.do(lambda session: stocking.give_back(session, order_id))
    assert await shop.level("MUG") == Position(5, 0)
    assert (await shop.lines(order_id))[0].canceled == 2
    with pytest.raises(Conflict):
        await collect(shop, part, part.pickup_code or "")
    await shop.check_books()


async def test_a_deadline_that_was_put_off_or_met_does_nothing(shop: Shop) -> None:
    order_id, part = await ready(shop)
    later = NOW + timedelta(days=20)

    await shop.do(lambda session: pickup.extend(session, part.id, COUNTER, later, NOW))
    await shop.do(lambda session: pickup.no_show(session, deadline(part)))

    kept = await shop.live_part(order_id)
    assert (kept.state, kept.collect_by) == (FulfillmentState.IN_PROGRESS, later)
    await collect(shop, kept, kept.pickup_code or "")
    await shop.do(lambda session: pickup.no_show(session, deadline(kept)))
    assert (await shop.lines(order_id))[0].delivered == 2


async def test_each_moved_deadline_is_told_once(shop: Shop) -> None:
    order_id, part = await ready(shop)
    assert not [one for one in (await shop.position(order_id)).stages_due if one.startswith("kept")]

    told = []
    for days in (20, 20, 30):
        later = NOW + timedelta(days=days)
        await shop.do(lambda s, until=later: pickup.extend(s, part.id, COUNTER, until, NOW))  # type: ignore[misc]  # bound now
        (stage,) = [one for one in (await shop.position(order_id)).stages_due if one.startswith("kept")]
        told.append(stage)

    assert told[0] == told[1] == f"kept_for_pickup:{part.id}@{(NOW + timedelta(days=20)).timestamp():.0f}"
    stories = [
        await shop.do(lambda s, one=one: load(s, order_id, Stage.KEPT_FOR_PICKUP, one.partition(":")[2]))  # type: ignore[misc]  # bound now
        for one in (told[0], told[2])
    ]
    assert [story.over for story in stories] == [True, False]  # the first of them is no longer true


@pytest.mark.parametrize("days", [-1, 0, 61])
async def test_a_deadline_in_the_past_or_far_off_is_refused(shop: Shop, days: int) -> None:
    order_id, part = await ready(shop)

    with pytest.raises(Invalid):
        await shop.do(
            lambda session: pickup.extend(session, part.id, COUNTER, NOW + timedelta(days=days), NOW)
        )

    assert (await shop.live_part(order_id)).collect_by == part.collect_by


async def test_it_is_canceled_as_any_other_before_picking(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2), **AT_LON)

    answer = await shop.do(lambda session: cancellation.request(session, order_id, STORE, "changed my mind"))

    assert answer.value == "accepted"
    assert (await shop.lines(order_id))[0].canceled == 2


async def test_its_address_is_the_stores_and_stays(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 2), **AT_LON)
    order = await shop.get(order_id)

    with pytest.raises(Conflict, match="the address stays"):
        await shop.do(
            lambda session: addressing.change_address(
                session, order_id, Address(**order.ship_to), order.version, STAFF
            )
        )


async def test_a_collection_and_its_deadline_at_once_have_one_winner(shop: Shop) -> None:
    await stocked(shop, units=16)
    parts = [await at_counter(shop) for _ in range(8)]

    def attempts(part: FulfillmentOrder) -> list[Callable[[], Awaitable[object]]]:
        return [
            lambda: collect(shop, part, part.pickup_code or ""),
            lambda: shop.do(lambda session: pickup.no_show(session, deadline(part))),
            lambda: collect(shop, part, part.pickup_code or ""),
        ]

    await all_try([attempt for part in parts for attempt in attempts(part)], at_once=12)

    for part in parts:
        (line,) = await shop.lines(part.order_id)
        assert sorted((line.delivered, line.canceled)) == [0, 2]
        assert ((await shop.get(part.order_id)).state.value == "canceled") == (line.canceled == 2)
    await shop.check_books()


async def test_many_wrong_codes_at_once_are_all_counted(shop: Shop) -> None:
    _, part = await ready(shop)

    found = await all_try([lambda: collect(shop, part, "WRONG1")] * 20, at_once=10)

    assert [one.outcome for one in found if isinstance(one, Collection)].count(Outcome.WRONG_CODE) == TRIES
    assert (await shop.live_part(part.order_id)).wrong_codes == TRIES
