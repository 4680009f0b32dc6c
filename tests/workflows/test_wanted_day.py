"""What is wanted later is labeled and handed over on its day, on the server that skips time."""

from datetime import timedelta

from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.services.changes import asking
from orderwright.services.changes.asking import Asked
from tests.workflows.conftest import Clock
from tests.workflows.world import STAFF, World

DAY = timedelta(days=1)


async def test_no_label_is_bought_before_the_day_on_which_it_leaves(skipping: World, clock: Clock) -> None:
    order = await skipping.place_for_approval(await skipping.stock(LON=5))
    task = await order.until_task("approval")
    await skipping.until_story(order, "payment.authorized")
    day = (clock() + 20 * DAY).date()
    asked = Asked([Wish(ChangeKind.DATE, day=day)], STAFF)
    async with skipping.shop.db.transaction() as session:
        shown = await asking.preview(session, order.id, asked)
    async with skipping.shop.db.transaction() as session:
        await asking.confirm(session, order.id, asked, shown.fingerprint)
    await order.decide(task, "approve")
    await order.until_held("date")
    [part] = await order.parts()

    await clock.skip(12 * DAY)
    before = skipping.shop.parcels.count("buy", str(order.id))
    await clock.skip(8 * DAY)
    await order.until_handed()

    assert (shown.promised_on, part.promised_on) == (day, day)
    assert before == 0
    assert skipping.shop.parcels.count("buy", str(order.id)) == 1
    assert await order.holds() == []
    assert await order.tasks() == []
