"""Orders without a place land in a queue with the reason; a person's retry asks every location anew."""

from uuid import UUID

import pytest

from orderwright.domain.failures import Conflict, Forbidden
from orderwright.domain.orders import Decision, HoldOutcome, HoldType
from orderwright.domain.status import Action, allowed_actions
from orderwright.persistence import holds
from orderwright.persistence.tables import FulfillmentOrder, Hold
from orderwright.services.fulfillment import partner, shorting
from orderwright.services.orders import decisions, holding, reading, unroutable
from orderwright.services.orders.unroutable import Unroutable
from tests.shop import STAFF, STORE, Shop


async def queue(shop: Shop) -> list[Unroutable]:
    return list(await shop.do(lambda session: unroutable.listed(session, after=None, limit=10)))


async def retry(shop: Shop, order_id: UUID) -> None:
    await shop.do(lambda session: unroutable.retry(session, order_id, STAFF, "called them"))


async def held(shop: Shop, order_id: UUID) -> set[HoldType]:
    return {hold.type for hold in await shop.do(lambda session: holds.active(session, order_id))}


async def rejected(shop: Shop) -> UUID:
    """London, the only place with mugs, has said no."""
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 5)
    order_id = await shop.released(("MUG", 2))
    part = await shop.live_part(order_id)
    await shop.do(lambda s: partner.rejected(s, part.id, by="warehouse", reason="broken"))
    await shop.reserve(order_id)
    return order_id


async def test_an_order_that_its_only_location_refused_is_listed_with_the_reason(shop: Shop) -> None:
    order_id = await rejected(shop)
    await shop.order(("MUG", 1))

    (found,) = await queue(shop)

    assert (found.hold.order_id, found.order_number) == (order_id, (await shop.get(order_id)).number)
    assert found.task_id is not None
    assert found.decision is not None
    assert found.decision["missing"] == {"MUG": 2}
    assert [(one["location"], one["constraint"]) for one in found.decision["excluded"]] == [
        ("LON", "refused")
    ]  # fmt: skip


async def test_a_retry_asks_the_location_that_refused(shop: Shop) -> None:
    order_id = await rejected(shop)
    await shop.read_all()

    await retry(shop, order_id)
    assert await shop.wakes(order_id) == 1
    await shop.reserve(order_id)
    await shop.plan(order_id)

    assert [part.location for part in await shop.parts(order_id)] == ["LON", "LON"]
    assert await queue(shop) == []
    assert "task.approve" in await shop.events(order_id)
    await shop.check_books()


async def test_others_are_asked_before_the_one_that_refused(shop: Shop) -> None:
    order_id = await rejected(shop)
    await shop.receive("MUG", 2, at="PAR")

    await retry(shop, order_id)
    await shop.reserve(order_id)

    assert [row.location for row in await shop.reservations(order_id)][-1] == "PAR"


async def test_after_a_second_no_it_is_not_asked_again_by_itself(shop: Shop) -> None:
    order_id = await rejected(shop)
    await retry(shop, order_id)
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    part = await shop.live_part(order_id)
    assert await shop.hand_over(part.id)

    await shop.do(lambda s: partner.rejected(s, part.id, by="warehouse", reason="broken"))
    await shop.reserve(order_id)

    assert await held(shop, order_id) == {HoldType.ROUTING}
    assert [line.unallocated for line in await shop.lines(order_id)] == [2]


async def short(shop: Shop, part: FulfillmentOrder, found: int) -> None:
    await shop.do(lambda s: shorting.short_at_station(s, part.id, STAFF, {"MUG": found}, "not found"))


async def test_a_retry_looks_again_where_units_were_not_found(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.released(("MUG", 3))
    part = await shop.live_part(order_id)
    await shop.do(lambda s: partner.picking(s, part.id, by="warehouse"))
    await short(shop, part, found=2)
    await shop.reserve(order_id)
    assert await held(shop, order_id) == {HoldType.ROUTING}

    await retry(shop, order_id)
    await shop.reserve(order_id)

    assert [line.unallocated for line in await shop.lines(order_id)] == [0]
    await short(shop, part, found=1)
    await shop.reserve(order_id)
    assert await held(shop, order_id) == {HoldType.ROUTING}


@pytest.mark.parametrize("way", ["task", "hold"])
async def test_approving_its_task_or_releasing_its_hold_is_a_retry_too(shop: Shop, way: str) -> None:
    order_id = await rejected(shop)
    (found,) = await queue(shop)
    task_id, hold_id = found.task_id, found.hold.id
    assert task_id is not None

    if way == "task":
        await shop.do(lambda s: decisions.decide(s, task_id, Decision.APPROVE, STAFF))
    else:
        await shop.do(lambda s: holding.release(s, hold_id, STAFF))
    await shop.reserve(order_id)

    assert [line.unallocated for line in await shop.lines(order_id)] == [0]
    assert await held(shop, order_id) == set()


async def test_an_order_that_waits_for_stock_may_be_retried_and_keeps_its_deadline(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 2))
    await shop.reserve(order_id)
    await shop.read_all()
    (before,) = await shop.do(lambda session: holds.active(session, order_id))

    await retry(shop, order_id)

    assert await shop.wakes(order_id) == 1
    assert await queue(shop) == []
    (after,) = await shop.do(lambda session: holds.active(session, order_id))
    assert (after.id, after.deadline) == (before.id, before.deadline)
    assert (await shop.events(order_id))[-1] == "sourcing.retried"


async def test_what_waits_for_no_place_is_not_retried(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 2)
    order_id = await shop.planned(("MUG", 2))
    events = await shop.events(order_id)

    with pytest.raises(Conflict):
        await retry(shop, order_id)
    with pytest.raises(Forbidden):
        await shop.do(lambda session: unroutable.retry(session, order_id, STORE))

    assert await shop.events(order_id) == events
    facts = await shop.do(lambda session: reading.facts(session, order_id))
    assert Action.RETRY not in {allowed.action for allowed in allowed_actions(facts)}


async def test_units_that_come_in_meanwhile_answer_the_question(shop: Shop) -> None:
    """Not planned yet, the order looks with every wake; nobody has to decide what is solved."""
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE locations SET serves = '{FR}' WHERE code = 'PAR'")
    await shop.receive("MUG", 5, at="PAR")
    order_id = await shop.order(("MUG", 2))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    (found,) = await queue(shop)
    facts = await shop.do(lambda session: reading.facts(session, order_id))
    assert Action.RETRY in {allowed.action for allowed in allowed_actions(facts)}

    await shop.receive("MUG", 5)
    await shop.reserve(order_id)

    assert await queue(shop) == []
    hold = await shop.do(lambda session: session.get_one(Hold, found.hold.id))
    assert hold.outcome is HoldOutcome.RESOLVED
    assert await shop.count("SELECT count(*) FROM tasks WHERE state = 'open'") == 0
