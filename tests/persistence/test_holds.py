"""A hold is there once per kind, ends once, and keeps the order's stock for as long as it lasts."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from orderwright.domain.orders import AtDeadline, HoldOutcome, HoldType, TaskKind
from orderwright.persistence import holds
from tests.shop import NOW, Shop, all_try

TOMORROW = NOW + timedelta(days=1)


async def opened(
    shop: Shop, order_id: UUID, kind: HoldType = HoldType.MANUAL, *, until: datetime | None = TOMORROW
) -> UUID | None:
    return await shop.do(
        lambda session: holds.open_hold(
            session, order_id, kind, reason="because", deadline=until, at_deadline=AtDeadline.STAY,
            ask=TaskKind.MANUAL,
        )
    )  # fmt: skip


async def reserved(shop: Shop) -> UUID:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.order(("MUG", 1))
    await shop.reserve(order_id)
    return order_id


async def tasks(shop: Shop, state: str) -> int:
    return await shop.count("SELECT count(*) FROM tasks WHERE state = :s", s=state)


async def test_one_hold_of_a_kind_is_enough(shop: Shop) -> None:
    order_id = await reserved(shop)

    ids = await all_try([lambda: opened(shop, order_id)] * 6, at_once=6)

    assert ids.count(None) == 5
    assert await tasks(shop, "open") == 1
    assert (await shop.events(order_id)).count("hold.opened") == 1


async def test_two_kinds_stand_side_by_side(shop: Shop) -> None:
    order_id = await reserved(shop)

    assert await opened(shop, order_id, HoldType.MANUAL) is not None
    assert await opened(shop, order_id, HoldType.FRAUD) is not None

    assert len(await shop.do(lambda session: holds.active(session, order_id))) == 2


async def test_a_hold_ends_once_and_its_question_with_it(shop: Shop) -> None:
    order_id = await reserved(shop)
    hold_id = await opened(shop, order_id)
    assert hold_id is not None

    ended = await all_try(
        [lambda: shop.do(lambda session: holds.release(session, hold_id, HoldOutcome.RESOLVED))] * 6,
        at_once=6,
    )

    assert sum(one is not None for one in ended) == 1
    assert await tasks(shop, "withdrawn") == 1
    assert (await shop.events(order_id)).count("hold.released") == 1


async def test_a_question_that_ran_out_of_time_has_expired(shop: Shop) -> None:
    order_id = await reserved(shop)
    hold_id = await opened(shop, order_id)
    assert hold_id is not None

    await shop.do(lambda session: holds.release(session, hold_id, HoldOutcome.DEADLINE))

    assert await tasks(shop, "expired") == 1


async def test_after_its_end_the_same_kind_may_come_again(shop: Shop) -> None:
    order_id = await reserved(shop)

    first = await opened(shop, order_id)
    released = await shop.do(
        lambda session: holds.release_all(session, order_id, HoldOutcome.RESOLVED, kind=HoldType.MANUAL)
    )
    again = await opened(shop, order_id)

    assert released == 1
    assert None not in (first, again)
    assert first != again


@pytest.mark.parametrize("until", [NOW + timedelta(days=20), None])
async def test_stock_outlives_every_hold_that_is_opened(shop: Shop, until: datetime | None) -> None:
    order_id = await reserved(shop)

    await opened(shop, order_id, until=until)

    (row,) = await shop.reservations(order_id)
    assert row.expires_at == (None if until is None else until + holds.STOCK_KEPT_AFTER)


async def test_a_short_hold_does_not_shorten_the_reservation(shop: Shop) -> None:
    order_id = await reserved(shop)
    (before,) = await shop.reservations(order_id)

    await opened(shop, order_id, until=NOW - timedelta(days=1))

    (after,) = await shop.reservations(order_id)
    assert after.expires_at == before.expires_at


async def test_people_are_asked_once_while_the_question_is_open(shop: Shop) -> None:
    order_id = await reserved(shop)

    asked = [
        await shop.do(
            lambda session, s=subject: holds.ask_person(session, order_id, TaskKind.DELIVERY, "?", subject=s)  # type: ignore[misc]  # bound now
        )
        for subject in ("lost/1", "lost/1", "lost/2")
    ]

    assert [one is not None for one in asked] == [True, False, True]
    assert (await shop.events(order_id)).count("task.opened") == 2
