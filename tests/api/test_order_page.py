"""The page of an order: opened by its link alone, escaped, private, small, in the reader's language."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from api.schemas.placing import NEW_ORDER
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


async def _placed(staff: Client, **changes: object) -> Json:
    answer = await staff.post("/v1/orders", {**NEW_ORDER, "external_id": None, **changes})
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


def _link(world: World, order: Json) -> str:
    return f"/o/{world.links.token(UUID(order['id']))}"


async def _read(staff: Client, path: str, language: str = "en") -> httpx2.Response:
    return await staff.http.get(path, headers={"accept-language": language})


async def test_whoever_has_the_link_sees_the_order_and_needs_no_key(
    world: World, shop: Client, staff: Client
) -> None:
    order = await _placed(staff)

    answer = await _read(staff, _link(world, order))

    assert answer.status_code == 200
    assert f"Order {order['number']}" in answer.text
    assert "We have your order" in answer.text
    assert len(answer.content) < 20_000


async def test_no_cache_keeps_it_and_no_other_site_learns_its_address(
    world: World, shop: Client, staff: Client
) -> None:
    answer = await _read(staff, _link(world, await _placed(staff)))

    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "script" not in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@pytest.mark.parametrize("token", ["ORD-10001", "A" * 48, "x", "../etc/passwd"])
async def test_a_guess_opens_nothing_and_says_so_on_a_page(staff: Client, token: str) -> None:
    answer = await _read(staff, f"/o/{token}")

    assert answer.status_code == 404
    if not token.startswith(".."):
        assert "This page does not exist" in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_what_a_customer_wrote_is_never_markup(world: World, shop: Client, staff: Client) -> None:
    name = "<script>alert(1)</script>"
    order = await _placed(staff, ship_to={
        "name": name, "line1": "1 High Street", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB",
    })  # fmt: skip

    answer = await _read(staff, _link(world, order))

    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text


async def test_it_speaks_the_browsers_language(world: World, shop: Client, staff: Client) -> None:
    path = _link(world, await _placed(staff))

    told = [(await _read(staff, path, language)).text for language in ("de-AT", "es", "fr", "ja")]

    assert "Ihre Bestellung ist bei uns" in told[0]
    assert "Hemos recibido su pedido" in told[1]
    assert "Nous avons votre commande" in told[2]
    assert "We have your order" in told[3]


async def test_the_style_has_a_name_that_changes_with_it(staff: Client, world: World, shop: Client) -> None:
    page = await _read(staff, _link(world, await _placed(staff)))
    href = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]

    style = await staff.http.get(href)
    other = await staff.http.get("/assets/0000000000000000.css")

    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert "#17705b" in style.text
    assert other.status_code == 404


async def test_papers_of_another_order_stay_closed(world: World, shop: Client, staff: Client) -> None:
    path = _link(world, await _placed(staff))

    answer = await _read(staff, f"{path}/documents/INV-2026-000001.html")

    assert answer.status_code == 404
