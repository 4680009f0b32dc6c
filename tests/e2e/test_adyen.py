"""The whole stack with Adyen in Stripe's place: nothing else is changed, and the same orders go through."""

from collections.abc import Iterator

import httpx2
import pytest

from orderwright.local.stack import Stack
from tests.e2e.conftest import DOCK, admin
from tests.e2e.test_disputes import told_now
from tests.e2e.test_doorstep import order_when, placed, world
from tests.e2e.test_methods import Json, until
from tests.e2e.test_raising import dearer, finished


@pytest.fixture(scope="module")
def adyen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own: the gateway is a setting of every process."""
    env = {"ORDERWRIGHT_CARD_GATEWAY": "adyen", "ORDERWRIGHT_ADYEN_PREAUTHORIZE": "true"}
    folder = tmp_path_factory.mktemp("adyen")
    with Stack(folder, ports="auto", fast=True, inherit=False, env=env) as running:
        yield running


@pytest.fixture(scope="module")
def till(adyen: Stack) -> Iterator[httpx2.Client]:
    """Plates on the shelf of one warehouse."""
    with admin(adyen) as api:
        place = {
            "code": "E2E",
            "name": "E2E",
            "kind": "http",
            "address": DOCK,
            "latitude": 51.5,
            "longitude": 0,
        }
        plate = {"sku": "PLATE", "name": "Plate", "price": 900, "currency": "GBP", "grams": 300}
        receipt = {"sku": "PLATE", "location": "E2E", "units": 50}
        api.post("/v1/locations", json={**place, "longitude": 0.0}).raise_for_status()
        api.post("/v1/products", json=plate).raise_for_status()
        api.post("/v1/stock/receipts", json=receipt).raise_for_status()
        yield api


def test_an_order_is_charged_once_and_part_of_it_given_back(adyen: Stack, till: httpx2.Client) -> None:
    order = placed(till, "adyen@example.com", payment={"method": "card", "source": "shopper-1/visa"})
    done = order_when(till, order["id"], state="completed")
    back = till.post(f"/v1/orders/{order['id']}/refunds", json={"amount": 900})
    settled = order_when(till, order["id"], refunds=[{**back.json()["data"][0], "state": "succeeded"}])

    assert done["state"] == "completed"
    [payment] = world(adyen, order_id=order["id"])["payments"]
    assert (payment["amount"], payment["captured"], payment["refunded"]) == (2300, 2300, 900)
    assert [one["reference"] for one in settled["payments"]] == [payment["id"]]


def test_a_refused_card_ends_the_order_in_adyens_words(adyen: Stack, till: httpx2.Client) -> None:
    order = placed(till, "refused@example.com", payment={"method": "card", "source": "shopper-1/expired"})

    ended = order_when(till, order["id"], state="rejected")

    assert (ended["state"], ended["failure"]) == ("rejected", "payment_declined")
    assert [one["failure"] for one in ended["payments"]] == ["expired_card"]
    [payment] = world(adyen, order_id=order["id"])["payments"]
    assert (payment["status"], payment["captured"]) == ("refused", 0)


def test_a_bank_that_asks_the_customer_is_answered_on_its_page(adyen: Stack, till: httpx2.Client) -> None:
    source = "shopper-1/authentication"
    order = placed(till, "bank@example.com", payment={"method": "card", "source": source})

    def asked() -> Json | None:
        payments = till.get(f"/v1/orders/{order['id']}").json()["payments"]
        return next((one for one in payments if one["action_url"]), None)

    page = until(asked, "a page of the bank")["action_url"]
    httpx2.post(page, data={"action": "complete"}, timeout=5)
    done = order_when(till, order["id"], state="completed")

    assert done["state"] == "completed"
    [payment] = world(adyen, order_id=order["id"])["payments"]
    assert (payment["id"], payment["captured"]) == (done["payments"][0]["reference"], 2300)


def test_a_dearer_order_raises_what_is_reserved_when_adyen_says_so(adyen: Stack, till: httpx2.Client) -> None:
    order = dearer(till, "raised@example.com", "shopper-1/visa")

    done = finished(till, order)

    [payment] = world(adyen, order_id=order["id"])["payments"]
    assert (payment["amount"], payment["captured"]) == (done["total"], done["total"])
    assert sorted(one["state"] for one in done["payments"]) == ["captured", "raised"]


def test_what_adyen_does_not_raise_is_reserved_beside(adyen: Stack, till: httpx2.Client) -> None:
    order = dearer(till, "fixed@example.com", "shopper-1/fixed")

    done = finished(till, order)

    there = world(adyen, order_id=order["id"])["payments"]
    assert sorted(one["captured"] for one in there) == [900, done["total"] - 900]
    assert [one["state"] for one in done["payments"]] == ["captured", "captured"]


async def test_a_chargeback_is_defended_with_documents_and_reversed(
    adyen: Stack, till: httpx2.Client
) -> None:
    order = placed(till, "charged@example.com", payment={"method": "card", "source": "shopper-1/visa"})
    done = order_when(till, order["id"], state="completed")
    bank = f"{adyen.urls['simulator']}/_sim/adyen/{done['payments'][0]['reference']}/dispute"
    httpx2.post(bank, json={"event": "CHARGEBACK"}, timeout=5).raise_for_status()

    def asked() -> Json | None:
        return next(iter(till.get(f"/v1/orders/{order['id']}").json()["disputes"]), None)

    dispute = until(asked, "the bank has taken it")["id"]
    till.post(f"/v1/disputes/{dispute}/evidence", json={"text": "It was signed for."}).raise_for_status()
    await told_now(adyen)

    def sent() -> Json | None:
        found: Json = till.get(f"/v1/disputes/{dispute}").json()
        return found if found["answers"][0]["state"] == "sent" else None

    answer = until(sent, "adyen has it")["answers"][0]
    httpx2.post(bank, json={"event": "CHARGEBACK_REVERSED"}, timeout=5).raise_for_status()
    ended = until(lambda: _won(till, dispute), "the bank has decided")

    assert [one["name"] for one in answer["files"]] == ["answer.pdf"]
    assert ended["state"] == "won"
    query = {"provider": "adyen", "operation": "disputes.defendDispute"}
    calls = httpx2.get(f"{adyen.urls['simulator']}/_sim/ledger", params=query, timeout=5).json()["calls"]
    assert [one["outcome"] for one in calls] == ["effective"]


def _won(till: httpx2.Client, dispute: str) -> Json | None:
    found: Json = till.get(f"/v1/disputes/{dispute}").json()
    return found if found["state"] == "won" else None
