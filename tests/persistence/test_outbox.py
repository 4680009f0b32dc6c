"""A wake is written once until it is read, leased by one, and kept until it was delivered."""

from orderwright.persistence import inbox, outbox
from orderwright.ports.inbound import EventKind, ProviderEvent
from tests.shop import NOW, Shop, all_try


async def test_one_wake_is_enough_until_it_is_read(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))
    await shop.read_all()

    woken = await all_try([lambda: shop.do(lambda s: outbox.wake(s, order_id))] * 12, at_once=12)
    first = await shop.wakes(order_id)
    await shop.position(order_id)
    again = await shop.do(lambda s: outbox.wake(s, order_id))

    assert woken.count(True) == 1
    assert first == 1
    assert again
    assert await shop.wakes(order_id) == 2


async def test_a_wake_that_is_rolled_back_was_never_asked_for(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))
    await shop.read_all()

    async with shop.db.sessions() as session:
        await outbox.wake(session, order_id)
        await session.rollback()

    assert await shop.wakes(order_id) == 0
    assert await shop.do(lambda s: outbox.wake(s, order_id))


async def test_what_one_has_leased_no_other_gets(shop: Shop) -> None:
    await shop.catalog("MUG")
    orders = {await shop.order(("MUG", 1)) for _ in range(6)}

    leases = await all_try([lambda: shop.do(lambda s: outbox.lease(s, limit=2))] * 6, at_once=6)

    leased = [one.order_id for lease in leases if not isinstance(lease, Exception) for one in lease]
    assert sorted(leased) == sorted(orders)


async def test_a_lease_that_runs_out_is_given_again(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))

    first = await shop.do(outbox.lease)
    at_once = await shop.do(outbox.lease)
    await shop.execute("UPDATE outbox SET leased_until = leased_until - interval '11 seconds'")
    again = await shop.do(outbox.lease)
    await shop.do(lambda s: outbox.delivered(s, [one.seq for one in again]))

    assert at_once == []
    assert first == again
    assert await shop.wakes(order_id) == 0


async def test_the_api_leases_the_wakes_of_its_own_order(shop: Shop) -> None:
    await shop.catalog("MUG")
    mine, other = await shop.order(("MUG", 1)), await shop.order(("MUG", 1))

    leased = await shop.do(lambda s: outbox.lease(s, order_id=mine))

    assert [one.order_id for one in leased] == [mine]
    assert [one.order_id for one in await shop.do(outbox.lease)] == [other]


def event(event_id: str = "evt_1", **other: object) -> ProviderEvent:
    values = {"kind": EventKind.PARCEL_SCANNED, "reference": "TR-1", "occurred_at": NOW, **other}
    return ProviderEvent.model_validate({"source": "easypost", "event_id": event_id, **values})


async def test_an_event_is_stored_once_by_source_and_id(shop: Shop) -> None:
    told = [event(), event(), event(source="stripe"), event("evt_2")]

    stored = [await shop.do(lambda s, e=one: inbox.store(s, e)) for one in told]  # type: ignore[misc]  # bound now

    assert stored == [True, False, True, True]


async def test_five_deliveries_at_once_are_one_event(shop: Shop) -> None:
    stored = await all_try([lambda: shop.do(lambda s: inbox.store(s, event()))] * 5, at_once=5)

    assert sorted(stored, key=bool) == [False] * 4 + [True]


async def test_an_event_of_no_use_is_not_kept(shop: Shop) -> None:
    assert not await shop.do(lambda s: inbox.store(s, event(kind=EventKind.IGNORED)))
    assert await shop.count("SELECT count(*) FROM inbox") == 0
