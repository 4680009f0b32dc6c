"""One customer has no more than his share, however many orders come at once."""

from uuid import UUID

import pytest

from orderwright.domain.orders import OrderState
from orderwright.services import kits
from orderwright.services.carts.caps import BuyerCap
from orderwright.services.customers import CustomerData
from tests.shop import Shop, all_try


async def capped(shop: Shop, cap: int) -> None:
    """A mug that one customer may have `cap` times, and cups without a cap."""
    await shop.catalog("MUG", "CUP")
    await shop.execute("UPDATE products SET buyer_cap = :cap WHERE sku = 'MUG'", cap=cap)


def guest(email: str | None = "eve@customer.example", external_id: str | None = None) -> CustomerData:
    return CustomerData(name="Eve", email=email, external_id=external_id)


async def customer_of(shop: Shop, order_id: UUID) -> UUID:
    return (await shop.get(order_id)).customer_id


async def mugs(shop: Shop) -> int:
    return await shop.count("SELECT coalesce(sum(ordered), 0) FROM order_lines WHERE sku = 'MUG'")


@pytest.mark.parametrize("customer", [guest(), guest(external_id="e-1"), guest(None, "e-2")])
async def test_of_twenty_first_orders_at_once_only_the_share_is_taken(
    shop: Shop, customer: CustomerData
) -> None:
    await capped(shop, 3)

    outcomes = await all_try([lambda: shop.order(("MUG", 1), ("CUP", 1), customer=customer)] * 20, at_once=20)

    refused = [one for one in outcomes if isinstance(one, BuyerCap)]
    assert len(refused) == 17
    assert all(one.more == {"sku": "MUG", "cap": 3, "left": 0} for one in refused)
    assert await mugs(shop) == 3
    assert await shop.count("SELECT count(*) FROM orders") == 3
    assert await shop.count("SELECT count(*) FROM customers") == 1


async def test_of_twenty_orders_of_one_customer_by_all_his_names_only_the_share_is_taken(shop: Shop) -> None:
    await capped(shop, 7)
    known = guest(external_id="e-1")
    order_id = await shop.order(("MUG", 1), customer=known)
    names = [known, await customer_of(shop, order_id), "e-1", guest()]

    await all_try(
        [lambda name=name: shop.order(("MUG", 2), customer=name) for name in names * 5],  # type: ignore[misc]  # bound now
        at_once=20,
    )

    assert await mugs(shop) == 7
    assert await shop.count("SELECT count(*) FROM customers") == 1


async def test_what_is_left_is_told_and_nothing_is_written(shop: Shop) -> None:
    await capped(shop, 5)
    await shop.order(("MUG", 3), customer=guest())

    with pytest.raises(BuyerCap) as refused:
        await shop.order(("MUG", 2), ("CUP", 1), ("MUG", 1), customer=guest("EVE@customer.example"))

    assert refused.value.more == {"sku": "MUG", "cap": 5, "left": 2}
    assert await shop.count("SELECT count(*) FROM orders") == 1
    assert await shop.count("SELECT count(*) FROM outbox") == 1


async def test_everybody_has_a_share_of_his_own(shop: Shop) -> None:
    await capped(shop, 2)

    for customer in (guest(), guest("ada@customer.example"), guest(external_id="e-1"), guest(None)):
        await shop.order(("MUG", 2), customer=customer)

    assert await mugs(shop) == 8


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.CANCELED, OrderState.EXPIRED])
async def test_orders_that_fell_through_do_not_count(shop: Shop, state: OrderState) -> None:
    await capped(shop, 2)
    order_id = await shop.order(("MUG", 2), customer=guest())
    with pytest.raises(BuyerCap):
        await shop.order(("MUG", 1), customer=guest())

    await shop.execute("UPDATE orders SET state = :state WHERE id = :id", state=state.value, id=order_id)

    await shop.order(("MUG", 2), customer=guest())


async def test_canceled_units_do_not_count_and_completed_orders_do(shop: Shop) -> None:
    await capped(shop, 3)
    order_id = await shop.order(("MUG", 3), customer=guest())
    await shop.execute("UPDATE order_lines SET canceled = 1, unallocated = 0, delivered = 2")
    await shop.execute("UPDATE orders SET state = 'completed' WHERE id = :id", id=order_id)

    await shop.order(("MUG", 1), customer=guest())

    with pytest.raises(BuyerCap):
        await shop.order(("MUG", 1), customer=guest())


async def test_what_is_in_kits_counts_and_kits_have_caps_of_their_own(shop: Shop) -> None:
    await capped(shop, 6)
    await shop.catalog("SET", "BOX")
    await shop.do(lambda s: kits.put(s, "SET", {"MUG": 2, "CUP": 1}))
    await shop.do(lambda s: kits.put(s, "BOX", {"CUP": 2}))
    await shop.execute("UPDATE products SET buyer_cap = 3 WHERE sku = 'BOX'")
    await shop.order(("SET", 2), ("BOX", 2), customer=guest())

    with pytest.raises(BuyerCap) as mug:
        await shop.order(("SET", 1), ("MUG", 1), customer=guest())
    with pytest.raises(BuyerCap) as box:
        await shop.order(("BOX", 2), customer=guest())

    assert mug.value.more == {"sku": "MUG", "cap": 6, "left": 2}
    assert box.value.more == {"sku": "BOX", "cap": 3, "left": 1}
    await shop.execute(
        "UPDATE order_lines SET canceled = 3, unallocated = 1 WHERE sku = 'CUP' AND ordered = 4"
    )
    await shop.order(("BOX", 2), customer=guest())


async def test_an_order_that_is_there_already_is_named_though_nothing_is_left(shop: Shop) -> None:
    await capped(shop, 1)
    await shop.order(("MUG", 1), customer=guest(), external_id="checkout-1")

    outcome, *_ = await all_try(
        [lambda: shop.order(("MUG", 1), customer=guest(), external_id="checkout-1")], at_once=1
    )

    assert getattr(outcome, "code", "") == "exists"
