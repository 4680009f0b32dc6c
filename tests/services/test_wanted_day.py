"""An order is wanted on a later day: the promise is that day, and nothing is labeled before its day."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from orderwright.domain.changes.wishes import ChangeKind, TooEarly, Wish
from orderwright.domain.failures import Invalid, PastPivot
from orderwright.domain.fulfillment.shipping import arrival, weekday
from orderwright.domain.geography import transit_days
from orderwright.domain.orders import AtDeadline, HoldType
from orderwright.messages.orders import HoldDeadline
from orderwright.persistence.tables import Hold
from orderwright.services.orders import decisions
from tests.services.test_changes import change, preview, stocked
from tests.shop import STAFF, STORE, Shop

ON_ITS_WAY = transit_days("GB", "GB", "standard")


def today() -> date:
    return datetime.now(UTC).date()


def wanted(day: date) -> Wish:
    return Wish(ChangeKind.DATE, day=day)


def a_thursday() -> date:
    """Two to three weeks ahead, with a weekend before the days that a parcel takes."""
    day = today() + timedelta(days=14)
    return day + timedelta(days=(4 - day.isoweekday()) % 7)


async def holds(shop: Shop, order_id: UUID) -> list[Hold]:
    position = await shop.position(order_id)
    return [await shop.do(lambda s, one=hold.id: s.get_one(Hold, one)) for hold in position.holds]  # type: ignore[misc]


async def test_the_part_is_made_anew_for_that_day_and_waits_for_the_day_it_leaves(shop: Shop) -> None:
    await stocked(shop)
    order_id, day = await shop.planned(("MUG", 2)), a_thursday()

    shown = await preview(shop, order_id, wanted(day), actor=STORE)
    await change(shop, order_id, wanted(day), actor=STORE)
    await shop.plan(order_id, datetime.now(UTC))

    part = await shop.live_part(order_id)
    [hold] = await holds(shop, order_id)
    assert part.ships_on is not None
    assert (shown.promised_on, part.promised_on, (await shop.get(order_id)).wanted_on) == (day, day, day)
    assert part.number == 2
    assert weekday(part.ships_on)
    assert arrival(part.ships_on, ON_ITS_WAY) == day
    assert (hold.type, hold.fulfillment_id, hold.at_deadline) == (HoldType.DATE, part.id, AtDeadline.GO_ON)
    assert hold.deadline == datetime.combine(part.ships_on, time(), UTC)
    assert not await shop.hand_over(part.id)
    await shop.check_books()


async def test_on_its_day_it_goes_on_by_itself(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))
    await change(shop, order_id, wanted(a_thursday()))
    await shop.plan(order_id, datetime.now(UTC))
    [hold] = await holds(shop, order_id)
    assert hold.deadline is not None
    message = HoldDeadline(order_id=order_id, hold_id=hold.id, deadline=hold.deadline)

    await shop.do(lambda s: decisions.pass_deadline(s, message))

    assert await holds(shop, order_id) == []
    assert await shop.hand_over((await shop.live_part(order_id)).id)
    assert (await shop.get(order_id)).state.value == "in_fulfillment"


async def test_another_day_takes_the_place_of_the_first_and_its_hold(shop: Shop) -> None:
    await stocked(shop)
    order_id, day = await shop.planned(("MUG", 2)), a_thursday()
    await change(shop, order_id, wanted(day))
    await shop.plan(order_id, datetime.now(UTC))

    await change(shop, order_id, wanted(day + timedelta(days=7)))
    await shop.plan(order_id, datetime.now(UTC))

    part = await shop.live_part(order_id)
    assert part.promised_on == day + timedelta(days=7)
    assert [hold.fulfillment_id for hold in await holds(shop, order_id)] == [part.id]


async def test_a_day_that_cannot_be_kept_is_refused_with_the_first_that_can(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    with pytest.raises(TooEarly) as refused:
        await change(shop, order_id, wanted(today() + timedelta(days=1)))
    with pytest.raises(Invalid):
        await change(shop, order_id, wanted(today()))
    with pytest.raises(Invalid):
        await change(shop, order_id, wanted(today() + timedelta(days=181)))

    soonest = date.fromisoformat(str(refused.value.more["soonest"]))
    assert soonest > today() + timedelta(days=1)
    await change(shop, order_id, wanted(soonest))
    await shop.plan(order_id, datetime.now(UTC))
    assert (await shop.live_part(order_id)).promised_on == soonest
    assert await holds(shop, order_id) == []


async def test_what_has_begun_comes_when_it_comes(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 2))
    await shop.ship((await shop.live_part(order_id)).id)

    with pytest.raises(PastPivot):
        await change(shop, order_id, wanted(a_thursday()), actor=STAFF)

    assert (await shop.get(order_id)).wanted_on is None


async def test_every_preview_says_for_which_day(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    slow = await preview(shop, order_id, Wish(ChangeKind.QUANTITY, line="MUG", units=1))
    fast = await preview(shop, order_id, Wish(ChangeKind.SERVICE, service="express"))

    assert slow.promised_on is not None
    assert fast.promised_on is not None
    assert fast.promised_on < slow.promised_on
