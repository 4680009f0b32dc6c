"""A bank wants money back: answered from our side, decided by the bank, and booked when it has."""

from typing import Any

import httpx2
from temporalio.client import Client

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import order_when, placed
from tests.e2e.test_methods import Json, until


async def disputed(stack: Stack, shop: httpx2.Client, email: str) -> tuple[Json, str]:
    """A delivered order with a dispute, and its id."""
    card = {"method": "card", "source": "pm_card_createDispute"}
    order = placed(shop, email, payment=card)
    order_when(shop, order["id"], state="completed")

    def there() -> Json | None:
        found: Json = shop.get(f"/v1/orders/{order['id']}").raise_for_status().json()
        return next(iter(found["disputes"]), None)

    return order, until(there, "the bank has asked")["id"]


async def told_now(stack: Stack) -> None:
    """The provider is told without waiting for the minute."""
    client = await Client.connect(stack.env["TEMPORAL_ADDRESS"])
    await client.get_schedule_handle("DisputeSweep").trigger()


async def answered(stack: Stack, shop: httpx2.Client, dispute: str, **wanted: Any) -> Json:
    """The dispute once it reads so, the provider being told at once. Any: JSON."""
    await told_now(stack)

    def read() -> Json | None:
        found: Json = shop.get(f"/v1/disputes/{dispute}").raise_for_status().json()
        return found if all(found[name] == value for name, value in wanted.items()) else None

    return until(read, f"the dispute is {wanted}")


async def test_evidence_with_the_invoice_wins_the_money_back(stack: Stack, shop: httpx2.Client) -> None:
    order, dispute = await disputed(stack, shop, "wins@example.com")
    papers = shop.get(f"/v1/orders/{order['id']}/documents").raise_for_status().json()["data"]
    invoice = next(one["number"] for one in papers if one["kind"] == "invoice")
    body = {"text": "winning_evidence", "papers": [invoice], "parcels": False}

    shop.post(f"/v1/disputes/{dispute}/evidence", json=body).raise_for_status()
    ended = await answered(stack, shop, dispute, state="won")

    [answer] = ended["answers"]
    assert (answer["state"], answer["said"], answer["files"][0]["name"]) == ("sent", "", f"{invoice}.pdf")
    query = {"provider": "stripe", "operation": "files.create"}
    calls = httpx2.get(f"{stack.urls['simulator']}/_sim/ledger", params=query, timeout=10).json()["calls"]
    assert len(calls) == 1
    tasks = shop.get("/v1/tasks", params={"filter[order_id]": order["id"]}).json()["data"]
    assert [one["kind"] for one in tasks if one["state"] == "open"] == []


async def test_what_is_accepted_is_lost(stack: Stack, shop: httpx2.Client) -> None:
    _, dispute = await disputed(stack, shop, "accepts@example.com")

    shop.post(f"/v1/disputes/{dispute}/accept", json={"note": "cheaper"}).raise_for_status()
    ended = await answered(stack, shop, dispute, state="lost")

    assert [(one["kind"], one["state"]) for one in ended["answers"]] == [("accept", "sent")]
