"""Changes and cancels of lines through the API: shown, then made as they were shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from tests.api.world import Client

Json = dict[str, Any]  # Any: JSON bodies
ONE_LEFT: Json = {"changes": [{"kind": "quantity", "line": "MUG", "quantity": 1}], "reason": "called us"}


@pytest_asyncio.fixture(loop_scope="session")
async def order(shop: Client, store: Client, new_order: Json) -> Json:
    return dict((await store.post("/v1/orders", new_order)).json())


async def test_a_change_is_made_as_it_was_shown_and_only_then(staff: Client, order: Json) -> None:
    way = f"/v1/orders/{order['number']}/changes"

    shown = (await staff.post(f"{way}/preview", ONE_LEFT)).json()
    untouched = (await staff.get(f"/v1/orders/{order['id']}")).json()
    made = await staff.post(way, {**ONE_LEFT, "fingerprint": shown["fingerprint"]})
    stale = await staff.post(way, {**ONE_LEFT, "fingerprint": "0" * 64})

    after = (await staff.get(f"/v1/orders/{order['id']}")).json()
    assert untouched["version"] == order["version"]
    assert (made.status_code, made.json()["state"]) == (201, "applied")
    assert after["total"] == shown["after"]["total"] == made.json()["total_after"] < order["total"]
    assert (after["lines"][0]["ordered"], after["lines"][0]["canceled"]) == (2, 1)
    assert stale.status_code == 422  # it has that many units by now
    assert [one["number"] for one in (await staff.get(way)).json()["data"]] == [1]
    told = (await staff.get(f"/v1/orders/{order['id']}/timeline")).json()["data"]
    (event,) = [one for one in told if one["kind"] == "order.changed"]
    assert (event["data"]["before"]["total"], event["data"]["after"]["total"]) == (
        order["total"],
        after["total"],
    )


async def test_an_old_preview_is_refused_with_what_may_be_done(staff: Client, order: Json) -> None:
    way = f"/v1/orders/{order['number']}/changes"
    body = {"changes": [{"kind": "service", "service": "express"}]}
    shown = (await staff.post(f"{way}/preview", body)).json()
    await staff.post(f"/v1/orders/{order['id']}/cancel", {"lines": [{"sku": "MUG", "quantity": 1}]})

    stale = await staff.post(way, {**body, "fingerprint": shown["fingerprint"]})

    assert (stale.status_code, stale.json()["code"]) == (409, "stale_preview")
    assert "change" in stale.json()["allowed_actions"]


async def test_a_customer_wants_it_later_and_no_sooner_than_it_can_be_there(
    store: Client, order: Json
) -> None:
    way = f"/v1/orders/{order['number']}/changes"
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    later = {"changes": [{"kind": "date", "day": day}]}

    shown = (await store.post(f"{way}/preview", later)).json()
    made = await store.post(way, {**later, "fingerprint": shown["fingerprint"]})
    past = await store.post(f"{way}/preview", {"changes": [{"kind": "date", "day": "2020-01-01"}]})
    other = await store.post(f"{way}/preview", {"changes": [{"kind": "service", "day": day}]})

    assert (made.status_code, made.json()["delta"]["day"]) == (201, day)
    assert [(one.status_code, one.json()["field"]) for one in (past, other)] == [
        (422, "day"),
        (422, "service"),
    ]
    assert (await store.get(f"/v1/orders/{order['id']}")).json()["wanted_on"] == day


async def test_a_storefront_takes_away_and_adds_nothing(store: Client, order: Json) -> None:
    way = f"/v1/orders/{order['number']}/changes/preview"

    less = await store.post(way, ONE_LEFT)
    more = await store.post(way, {"changes": [{"kind": "quantity", "line": "MUG", "quantity": 3}]})
    price = await store.post(
        way, {"changes": [{"kind": "price", "line": "MUG", "unit_price": 1}], "reason": "x"}
    )

    assert (less.status_code, more.status_code, price.status_code) == (200, 403, 403)


async def test_a_cancel_is_shown_whole_and_by_line(store: Client, order: Json) -> None:
    way = f"/v1/orders/{order['number']}/cancel"
    lines = {"lines": [{"sku": "MUG", "quantity": 1}], "reason": "one is enough"}

    whole = (await store.post(f"{way}/preview")).json()
    part = (await store.post(f"{way}/preview", lines)).json()
    made = await store.post(way, lines)
    unknown = await store.post(way, {"lines": [{"sku": "CUP", "quantity": 1}]})

    assert (whole["possible"], whole["whole"], whole["left"]) == (True, True, None)
    assert (part["whole"], part["left"]["lines"][0]["units"]) == (False, 1)
    assert (made.status_code, made.json()["state"]) == (200, "partly_canceled")
    assert (await store.get(f"/v1/orders/{order['id']}")).json()["total"] == part["left"]["total"]
    assert unknown.status_code == 422
