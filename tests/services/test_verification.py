"""What a person must see first is asked once, with a deadline counted from the run's clock."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from orderwright.domain.orders import HoldOutcome, HoldType
from orderwright.persistence import holds
from tests.shop import HOME, NOW, Shop

FRANCE = replace(HOME, city="Paris", postal_code="75001", country="FR")


async def held(shop: Shop, order_id: UUID) -> dict[HoldType, str]:
    """The active holds and their reasons."""
    return {hold.type: hold.reason for hold in await shop.do(lambda s: holds.active(s, order_id))}


async def verified(shop: Shop, price: int = 1000, **order: object) -> UUID:
    await shop.catalog("MUG", price=price)
    order_id = await shop.order(("MUG", 1), **order)
    await shop.verify(order_id)
    return order_id


async def test_a_small_order_to_a_good_address_goes_on(shop: Shop) -> None:
    order_id = await verified(shop)

    assert await held(shop, order_id) == {}
    assert (await shop.position(order_id)).verified


async def test_an_address_that_cannot_be_is_a_question_with_three_days(shop: Shop) -> None:
    order_id = await verified(shop, ship_to=replace(HOME, postal_code="12"))

    (hold,) = await shop.do(lambda s: holds.active(s, order_id))
    assert (hold.type, hold.words, hold.deadline) == (
        HoldType.ADDRESS, "postal_code_wrong", NOW + timedelta(hours=72),
    )  # fmt: skip
    assert await shop.count("SELECT count(*) FROM tasks WHERE kind = 'address' AND state = 'open'") == 1


async def test_a_dear_order_is_approved_first(shop: Shop) -> None:
    order_id = await verified(shop, price=200_000)

    (hold,) = await shop.do(lambda s: holds.active(s, order_id))
    assert hold.type is HoldType.APPROVAL
    assert hold.deadline is not None
    assert hold.deadline > NOW
    assert await shop.payments(order_id) == []


async def test_verified_twice_it_is_asked_once(shop: Shop) -> None:
    order_id = await verified(shop, price=200_000)

    await shop.verify(order_id)

    assert await shop.count("SELECT count(*) FROM tasks") == 1
    assert (await shop.events(order_id)).count("order.verified") == 1


async def test_what_was_approved_is_not_asked_again_for_a_corrected_address(shop: Shop) -> None:
    order_id = await verified(shop, price=200_000)
    await shop.do(lambda s: holds.release_all(s, order_id, HoldOutcome.APPROVED))
    await shop.execute("UPDATE orders SET verified_at = NULL")

    await shop.verify(order_id)

    assert await held(shop, order_id) == {}


@pytest.mark.parametrize(("bill_to", "score"), [(None, 30), (FRANCE, 60)])
async def test_the_score_is_counted_once_and_kept(shop: Shop, bill_to: object, score: int) -> None:
    order_id = await verified(shop, bill_to=bill_to)
    first = (await shop.get(order_id)).risk_score
    await shop.execute("UPDATE orders SET verified_at = NULL, bill_to = NULL")

    await shop.verify(order_id)

    assert (first, (await shop.get(order_id)).risk_score) == (score, score)
