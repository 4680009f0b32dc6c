"""A card is saved with one order, pays the next, and is forgotten, with the whole stack and its schedule."""

import httpx2
from temporalio.client import Client

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import order_when, placed, world
from tests.e2e.test_methods import Json, until


async def test_a_saved_card_pays_the_next_order_until_it_is_forgotten(
    stack: Stack, shop: httpx2.Client
) -> None:
    made = shop.post("/v1/customers", json={"name": "Ann Example", "external_id": "e2e-saved"})
    customer = made.raise_for_status().json()["id"]
    methods = f"/v1/customers/{customer}/payment-methods"
    card = {"method": "card", "source": "pm_card_visa", "save": True}
    first = placed(shop, "", customer=None, customer_id=customer, payment=card)

    def saved() -> Json | None:
        return next(iter(shop.get(methods).raise_for_status().json()["data"]), None)

    kept = until(saved, "saved")
    pays = {"method": "card", "saved": kept["id"]}
    second = placed(shop, "", customer=None, customer_id=customer, payment=pays)
    ended = [order_when(shop, one["id"], state="completed") for one in (first, second)]
    shop.delete(f"{methods}/{kept['id']}").raise_for_status()
    client = await Client.connect(stack.env["TEMPORAL_ADDRESS"])
    await client.get_schedule_handle("InstrumentSweep").trigger()

    def detached() -> Json | None:
        query = {"provider": "stripe", "operation": "payment_methods.detach"}
        calls = httpx2.get(f"{stack.urls['simulator']}/_sim/ledger", params=query, timeout=5).json()["calls"]
        return next(iter(calls), None)

    assert until(detached, "detached")["outcome"] == "effective"
    assert [one["state"] for one in ended] == ["completed", "completed"]
    assert [
        (pay["amount"], pay["captured"])
        for one in ended
        for pay in world(stack, order_id=one["id"])["payments"]
    ] == [(2300, 2300)] * 2
    assert saved() is None
