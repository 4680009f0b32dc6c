"""Whatever is sent, the answer is a problem that says what was wrong and repeats nothing of it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from api.app import create_app
from api.edge import LARGEST_BODY
from orderwright.domain.orders import Scope
from orderwright.persistence.database import Database
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


def _is_problem(answer: httpx2.Response, status: int, code: str) -> None:
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["type"] == f"/problems/{code}"
    assert said["status"] == status
    assert said["request_id"] == answer.headers["x-request-id"]


async def test_a_request_id_that_is_sane_is_kept_and_another_is_replaced(store: Client) -> None:
    kept = await store.get("/v1/products", X_Request_Id="checkout-42")
    replaced = await store.get("/v1/products", X_Request_Id="a b" * 100)

    assert kept.headers["x-request-id"] == "checkout-42"
    assert len(replaced.headers["x-request-id"]) == 36


async def test_what_is_not_there_and_what_is_not_done(store: Client, staff: Client) -> None:
    _is_problem(await store.get("/v1/nothing"), 404, "not_found")
    _is_problem(await store.get("/v1/orders/ORD-1"), 404, "not_found")
    _is_problem(await store.call("DELETE", "/v1/orders"), 405, "method_not_allowed")
    _is_problem(await staff.get("/v1/tasks/0199a7b2-0000-7000-8000-000000000000"), 404, "not_found")


async def test_wrong_fields_are_named_and_their_values_are_not_repeated(
    store: Client, new_order: Json
) -> None:
    new_order["customer"]["email"] = "secret-address"
    new_order["surprise"] = "secret-thing"

    answer = await store.post("/v1/orders", new_order)

    _is_problem(answer, 422, "invalid_request")
    assert {error["field"] for error in answer.json()["errors"]} == {"body.customer.email", "body.surprise"}
    assert "secret" not in answer.text


RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b"1" * 5000,
    b"[" * 100_000,
    b'{"note": "\xed\xa0\x80"}',
    b'{"a": NaN}',
    b'{"lines": [1e999]}',
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
async def test_a_body_that_is_no_order_is_the_callers_mistake(store: Client, raw: bytes) -> None:
    headers = {"Authorization": f"Bearer {store.key}", "Content-Type": "application/json"}

    answer = await store.http.post("/v1/orders", content=raw, headers=headers)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


NASTY = ["\x00", "a\x00b", "\ud800", "\x1b[2J", "\x7f"]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
@pytest.mark.parametrize("field", ["note", "po_number", "external_id", "service"])
async def test_text_that_no_database_takes_is_refused(
    shop: Client, store: Client, new_order: Json, field: str, text: str
) -> None:
    answer = await store.post("/v1/orders", new_order | {field: text})

    assert answer.status_code == 422


PATHS = [
    "/v1/orders?filter[email]=%00",
    "/v1/orders?filter[sku]=a%00b",
    "/v1/orders?filter[created_at][gte]=0001-01-01T00:00:00%2B14:00",
    "/v1/orders?cursor=AAAA",
    "/v1/orders?cursor=%00",
    "/v1/orders?cursor=WyJhIl0",
    "/v1/orders?cursor=bnVsbA",
    "/v1/orders?limit=0",
    "/v1/orders?limit=99999999999999999999",
    "/v1/orders?filter[state]=gone",
    "/v1/orders?sort=total",
    "/v1/orders/%00",
    "/v1/orders/..%2f..",
    "/v1/products?cursor=WyJhXHUwMDAwIl0",
    "/v1/stock?sku=%00",
    "/v1/stock?cursor=WyJhIl0",
    "/v1/customers?cursor=WyJ6Il0",
    "/v1/orders/ORD-1/timeline?cursor=WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSJd",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_query_that_means_nothing_is_the_callers_mistake(store: Client, path: str) -> None:
    answer = await store.get(path)

    assert answer.status_code in {404, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_the_limit_is_not_read(store: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 65536 + 2):
            yield b" " * 65536

    headers = {"Authorization": f"Bearer {store.key}", "Content-Type": "application/json"}

    declared = await store.http.post("/v1/orders", content=b" " * (LARGEST_BODY + 1), headers=headers)
    streamed = await store.http.post("/v1/orders", content=endless(), headers=headers)

    _is_problem(declared, 413, "body_too_large")
    _is_problem(streamed, 413, "body_too_large")


@pytest_asyncio.fixture(loop_scope="session")
async def without_database(world: World) -> AsyncIterator[Client]:
    """The API with a key it remembers, and a database that has gone since."""
    key = await world.key(Scope.ADMIN)
    gone = World(Database("postgresql+psycopg://nobody:none@127.0.0.1:1/none"))
    app = create_app(world.container())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test") as http:
        client = Client(http, key)
        assert (await client.get("/v1/products")).status_code == 200
        app.state.container = gone.container()
        yield client
    await gone.db.close()


async def test_without_a_database_callers_are_told_to_come_back(
    without_database: Client, new_order: Json
) -> None:
    answer = await without_database.post("/v1/orders", new_order)

    _is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    assert "127.0.0.1" not in answer.text


async def test_without_a_database_health_says_down(without_database: Client) -> None:
    answer = await without_database.get("/v1/health")

    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


async def test_health_is_degraded_while_temporal_is_away(world: World, nobody: Client) -> None:
    well = await nobody.get("/v1/health")
    world.orchestrator.up = False
    ill = await nobody.get("/v1/health")
    world.orchestrator.up = True

    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert (ill.status_code, ill.json()["status"], ill.json()["temporal"]) == (200, "degraded", "down")
