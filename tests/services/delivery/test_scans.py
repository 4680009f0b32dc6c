"""Scans in any order, told any number of times, come to the end that the right order comes to."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from orderwright.domain.delivery.cases import CaseKind, Origin, WayOut
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, SHIPMENT_RANK, UNSEEN, ShipmentState
from orderwright.persistence import locks
from orderwright.persistence.tables import DeliveryCase
from orderwright.services.fulfillment import tracking
from orderwright.services.fulfillment.tracking import Seen
from tests.services.delivery.stories import parcel, sent, told, units
from tests.shop import NOW, Shop

SEEN = [state for state in ShipmentState if state not in UNSEEN]
SCANS = st.lists(st.sampled_from(SEEN), min_size=1, max_size=7)


async def end_of(shop: Shop, scans: list[tuple[int, ShipmentState]]) -> tuple[object, ...]:
    """After these scans, each at its own hour: state, units, how often its end is told, scans, cases."""
    await shop.empty()
    order_id = await sent(shop, ("MUG", 2))
    box = await parcel(shop, order_id)
    for hour, status in scans:
        at = NOW + timedelta(hours=hour)
        await shop.do(lambda s, a=at, x=status: tracking.scanned(s, box.id, x, a, by="carrier"))  # type: ignore[misc]  # bound now
    after = await parcel(shop, order_id)
    ends = (await shop.events(order_id)).count(f"shipment.{after.state.value}")
    kept = await shop.count("SELECT count(*) FROM shipment_scans")
    open_now = {kind for kind, state, _ in await told(shop, order_id) if state == "open"}
    await shop.check_books()
    return after.state, await units(shop, order_id), ends, kept, open_now & {CaseKind.RETURN_TO_SENDER}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scans=SCANS, dice=st.randoms(use_true_random=False))
async def test_any_order_comes_to_the_end_of_the_right_order(
    shop: Shop, scans: list[ShipmentState], dice: random.Random
) -> None:
    right = list(enumerate(scans))
    mixed = right + dice.sample(right, k=len(right) // 2)
    dice.shuffle(mixed)

    expected = await end_of(shop, right)
    found = await end_of(shop, mixed)

    assert found == expected
    highest = max([*scans, ShipmentState.HANDED_OVER], key=lambda state: SHIPMENT_RANK[state])
    place = "delivered" if highest in ARRIVED else "undelivered" if highest in GONE else "shipped"
    assert found[:2] == (highest, [{place: 2}])


async def test_a_scan_that_says_nothing_new_waits_for_nobody(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    box = await parcel(shop, order_id)
    await shop.scan(box.fulfillment_id, ShipmentState.OUT_FOR_DELIVERY)

    async with shop.db.transaction() as holder:
        await locks.lock(holder, order_id)
        late = Seen(ShipmentState.IN_TRANSIT, NOW - timedelta(hours=3), place="Leeds, GB")
        await shop.do(lambda session: tracking.saw(session, box.id, late, by="carrier"))

    assert await shop.count("SELECT count(*) FROM shipment_scans WHERE place = 'Leeds, GB'") == 1


@pytest.mark.parametrize("problem", [CaseKind.DAMAGED, CaseKind.ADDRESS_PROBLEM, CaseKind.REFUSED])
async def test_what_the_carrier_says_is_wrong_opens_one_case(shop: Shop, problem: CaseKind) -> None:
    order_id = await sent(shop, ("MUG", 1))
    box = await parcel(shop, order_id)

    for hour in range(3):
        seen = Seen(ShipmentState.EXCEPTION, NOW + timedelta(hours=hour), problem)
        await shop.do(lambda session, seen=seen: tracking.saw(session, box.id, seen, by="carrier"))  # type: ignore[misc]  # bound now

    assert await told(shop, order_id) == [(problem, "open", None)]
    assert await shop.count("SELECT count(*) FROM tasks WHERE kind = 'delivery'") == 1
    async with shop.db.transaction() as session:
        case = (await session.scalars(select(DeliveryCase))).one()
    assert case.origin is Origin.CARRIER
    assert case.ways[-1] == WayOut.DISMISS
