"""One whole stack for all end-to-end tests: real servers, real SDKs, the simulated world."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from orderwright.local.stack import Stack

DOCK = {"name": "Dock", "line1": "1 Quay Rd", "city": "London", "postal_code": "E16 1AA", "country": "GB"}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, on free ports, without durability; at Stripe an account with more rights than most."""
    env = {"ORDERWRIGHT_STRIPE_INCREMENTAL": "true"}
    with Stack(tmp_path_factory.mktemp("e2e"), ports="auto", fast=True, inherit=False, env=env) as running:
        yield running


def _told(answer: httpx2.Response) -> None:
    """A mistake of ours is named where it is made."""
    if answer.status_code >= 500:
        raise AssertionError(f"{answer.request.method} {answer.url}: {answer.read().decode()}")


def admin(stack: Stack) -> httpx2.Client:
    """The API of that stack with the admin's key."""
    key = json.loads(stack.key_file.read_text())["admin"]
    return httpx2.Client(
        base_url=stack.urls["api"], headers={"Authorization": f"Bearer {key}"}, timeout=40,
        event_hooks={"response": [_told]},
    )  # fmt: skip


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[httpx2.Client]:
    """The API of the one stack."""
    with admin(stack) as client:
        yield client


@pytest.fixture(scope="session")
def shop(api: httpx2.Client) -> httpx2.Client:
    """Plates on the shelf of one warehouse."""
    place = {
        "code": "E2E",
        "name": "E2E",
        "kind": "http",
        "address": DOCK,
        "latitude": 51.5,
        "longitude": 0.0,
    }
    plate = {"sku": "PLATE", "name": "Plate", "price": 900, "currency": "GBP", "grams": 300}
    api.post("/v1/locations", json=place).raise_for_status()
    api.post("/v1/products", json=plate).raise_for_status()
    api.post("/v1/stock/receipts", json={"sku": "PLATE", "location": "E2E", "units": 200}).raise_for_status()
    return api
