"""Refunds over HTTP: two that are meant are two, twenty copies of one are one."""

import asyncio

from sqlalchemy import update

from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.payments import PaymentState
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, OrderLine, Payment
from tests.api.conftest import Json
from tests.api.world import Client, World


async def paid(world: World, shop: Client, new_order: Json) -> Json:
    """Two mugs that have left and are paid: 12.50 each and 5.00 shipping."""
    order: Json = (await shop.post("/v1/orders", new_order)).json()
    (line,) = order["lines"]
    async with world.db.transaction() as session:
        payment = Payment(
            order_id=order["id"], method="card", amount=order["total"], captured=order["total"],
            currency=order["currency"], state=PaymentState.CAPTURED,
        )  # fmt: skip
        session.add(payment)
        await session.flush()
        part = FulfillmentOrder(
            order_id=order["id"], number=1, location="LON", amount=order["total"],
            captured=order["total"], shipping=order["shipping"], tax=order["tax"],
            state=FulfillmentState.CLOSED,
        )  # fmt: skip
        session.add(part)
        await session.flush()
        session.add(
            FulfillmentLine(
                fulfillment_id=part.id,
                line_id=line["id"],
                sku="MUG",
                units=2,
                amount=line["total"],
                tax=line["tax"],
            )
        )
        await session.execute(
            update(OrderLine).where(OrderLine.id == line["id"]).values(unallocated=0, delivered=2)
        )
    return order


async def test_a_unit_and_the_shipping(world: World, shop: Client, new_order: Json) -> None:
    order = await paid(world, shop, new_order)

    answer = await shop.post(
        f"/v1/orders/{order['id']}/refunds", {"lines": [{"sku": "MUG", "quantity": 1}], "shipping": "all"}
    )

    assert answer.status_code == 201
    (refund,) = answer.json()["data"]
    assert [(one["kind"], one["units"], one["amount"]) for one in refund["lines"]] == [
        ("line", 1, order["lines"][0]["total"] // 2), ("shipping", 0, order["shipping"]),
    ]  # fmt: skip
    seen = (await shop.get(f"/v1/orders/{order['id']}")).json()
    assert seen["refunds"] == [refund]
    assert seen["lines"][0]["refunded"] == 1


async def test_two_equal_refunds_are_two_and_twenty_copies_of_one_are_one(
    world: World, shop: Client, new_order: Json
) -> None:
    """See medusa#16681: what tells a copy from an intent is the key, and it must outlive a failure."""
    order = await paid(world, shop, new_order)
    path, body = f"/v1/orders/{order['id']}/refunds", {"amount": 500, "reason": "late"}

    meant = [await shop.post(path, body, Idempotency_Key=f"r{n}-{order['id']}") for n in range(2)]
    copies = await asyncio.gather(
        *(shop.post(path, body, Idempotency_Key=f"copy-{order['id']}") for _ in range(20))
    )

    assert [one.status_code for one in meant] == [201, 201]
    assert {one.status_code for one in copies} <= {201, 409}
    assert len({one.json()["data"][0]["id"] for one in copies if one.status_code == 201}) == 1
    seen = (await shop.get(f"/v1/orders/{order['id']}")).json()
    assert [one["amount"] for one in seen["refunds"]] == [500, 500, 500]


async def test_a_refund_that_makes_no_sense_is_refused_with_a_word(
    world: World, shop: Client, new_order: Json
) -> None:
    order = await paid(world, shop, new_order)
    path = f"/v1/orders/{order['id']}/refunds"

    for body, status in (
        ({"amount": 500, "shipping": "all"}, 422),
        ({"lines": [{"sku": "MUG"}]}, 422),
        ({"lines": [{"quantity": 1}]}, 422),
        ({"amount": 0}, 422),
        ({"lines": [{"sku": "NONE", "quantity": 1}]}, 422),
        ({"lines": [{"sku": "MUG", "quantity": 3}]}, 409),
        ({"amount": order["total"] + 1}, 409),
    ):
        assert (await shop.post(path, body)).status_code == status

    assert (await shop.get(f"/v1/orders/{order['id']}")).json()["refunds"] == []
