"""The same POST twice is one POST."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select, text

from api.schemas.catalog import LOCATION
from orderwright.persistence.tables import IdempotencyKey, Order
from orderwright.services import idempotency
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


async def _orders(world: World) -> int:
    async with world.db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Order)) or 0


async def test_a_repeat_gets_the_first_answer_to_the_byte(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    first = await store.post("/v1/orders", new_order, Idempotency_Key="a")
    before = await _orders(world)

    again = await store.post("/v1/orders?wait=0.1", dict(reversed(new_order.items())), Idempotency_Key="a")

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert await _orders(world) == before


async def test_another_body_under_the_same_key_is_refused(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await store.post("/v1/orders", new_order, Idempotency_Key="b")
    before = await _orders(world)

    other = await store.post("/v1/orders", new_order | {"note": "another"}, Idempotency_Key="b")
    elsewhere = await store.post("/v1/customers", new_order["customer"], Idempotency_Key="b")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency_key_reused")
    assert await _orders(world) == before


async def test_two_callers_may_use_one_key(
    shop: Client, store: Client, staff: Client, new_order: Json
) -> None:
    first = await store.post("/v1/orders", new_order, Idempotency_Key="c")
    second = await staff.post("/v1/orders", new_order, Idempotency_Key="c")

    assert first.json()["id"] != second.json()["id"]


async def test_while_it_is_worked_on_the_same_key_is_told_to_wait(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    async with world.db.transaction() as session:
        principal = await session.scalar(text("SELECT id::text FROM api_keys WHERE scopes = 'storefront'"))
        await session.scalar(
            select(func.pg_try_advisory_xact_lock(func.hashtextextended(f"{principal}:d", 0)))
        )
        before = await _orders(world)

        answer = await store.post("/v1/orders", new_order, Idempotency_Key="d")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_progress")
    assert answer.headers["retry-after"] == "1"
    assert await _orders(world) == before


async def test_twenty_at_once_make_one_order(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    before = await _orders(world)

    answers = await asyncio.gather(
        *(store.post("/v1/orders", new_order, Idempotency_Key="e") for _ in range(20))
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await _orders(world) == before + 1


async def test_a_refusal_is_not_kept_so_a_mended_state_can_be_tried_again(
    shop: Client, staff: Client, new_order: Json
) -> None:
    new_order["lines"] = [{"sku": "LATER", "quantity": 1}]
    refused = await staff.post("/v1/orders", new_order, Idempotency_Key="f")
    await staff.post("/v1/products", {"sku": "LATER", "name": "Later", "price": 1, "currency": "GBP"})

    answer = await staff.post("/v1/orders", new_order, Idempotency_Key="f")

    assert (refused.status_code, answer.status_code) == (422, 201)


async def test_where_the_commit_fails_neither_order_nor_answer_is_kept(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    before = await _orders(world)

    with world.failing_commit():
        lost = await store.post("/v1/orders", new_order, Idempotency_Key="g")
    answer = await store.post("/v1/orders", new_order, Idempotency_Key="g")

    assert (lost.status_code, answer.status_code) == (500, 201)
    assert "idempotent-replayed" not in answer.headers
    assert await _orders(world) == before + 1


async def test_every_post_takes_a_key(shop: Client, staff: Client) -> None:
    body = LOCATION | {"code": "PAR"}

    first = await staff.post("/v1/locations", body, Idempotency_Key="h")
    again = await staff.post("/v1/locations", body, Idempotency_Key="h")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "caf\u00e9"])
async def test_a_key_that_is_none_is_refused(store: Client, new_order: Json, key: str) -> None:
    answer = await store.http.post(
        "/v1/orders", json=new_order,
        headers={b"Authorization": f"Bearer {store.key}".encode(), b"Idempotency-Key": key.encode("latin-1")},
    )  # fmt: skip

    assert answer.status_code == 422


async def test_answers_are_forgotten_after_a_week(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await store.post("/v1/orders", new_order, Idempotency_Key="i")
    async with world.db.transaction() as session:
        await session.execute(
            text("UPDATE idempotency_keys SET created_at = now() - interval '8 days' WHERE key = 'i'")
        )

    async with world.db.transaction() as session:
        gone = await idempotency.forget(session)

    async with world.db.transaction() as session:
        kept = set(await session.scalars(select(IdempotencyKey.key)))
    assert gone == 1
    assert "i" not in kept
    assert "a" in kept
