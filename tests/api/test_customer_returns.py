"""A return by the customer's own pages: four steps, faults beside their fields, once for two clicks."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest_asyncio
from sqlalchemy import select, text

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import ReturnParcel
from tests.api.conftest import Json
from tests.api.test_returns import arrived
from tests.api.world import Client, World

FORM = {"content-type": "application/x-www-form-urlencoded", "accept-language": "en"}


def link(world: World, order: Json) -> str:
    """Where the customer's pages of an order begin."""
    return f"/o/{world.links.token(UUID(order['id']))}"


async def read(http: httpx2.AsyncClient, path: str) -> httpx2.Response:
    """The page in English."""
    return await http.get(path, headers={"accept-language": "en"})


async def send(http: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """As a browser sends a form."""
    return await http.post(path, content=urlencode(fields), headers=FORM)


def key_of(page: httpx2.Response) -> str:
    """The hidden value of its form."""
    found = re.search(r'name="once" value="([\w-]{22})"', page.text)
    assert found is not None, page.text
    return found[1]


@pytest_asyncio.fixture(loop_scope="session")
async def order(world: World, shop: Client, new_order: Json) -> Json:
    return await arrived(world, shop, new_order)


def filled(order: Json, page: httpx2.Response, **more: str) -> dict[str, str]:
    """One of the two mugs, because the customer thinks otherwise."""
    (line,) = order["lines"]
    return {
        "once": key_of(page), f"units.{line['id']}": "1", f"reason.{line['id']}": "changed_mind",
        "resolution": "refund", "method": "own_transport", **more,
    }  # fmt: skip


async def test_a_return_is_asked_for_in_four_steps(
    world: World, http: httpx2.AsyncClient, store: Client, order: Json
) -> None:
    here = link(world, order)
    front = await read(http, here)
    what = await read(http, f"{here}/return")

    why = await send(http, f"{here}/return", **filled(order, what, go="why"))
    how = await send(http, f"{here}/return", **filled(order, what, go="how", note="too blue"))
    sent = await send(http, f"{here}/return", **filled(order, what, go="send", note="too blue"))
    done = await read(http, sent.headers["location"])

    assert f'href="{here}/return"' in front.text
    assert "Up to 2 can come back" in what.text
    assert "Why does it come back?" in why.text
    assert "The way back costs £4.50" in how.text
    assert sent.status_code == 303
    (made,) = (await store.get(f"/v1/returns?filter[order]={order['number']}")).json()["data"]
    assert sent.headers["location"] == f"{here}/returns/{made['number']}?new=1"
    assert (made["state"], made["method"], made["lines"][0]["units"]) == ("approved", "own_transport", 1)
    assert re.fullmatch(r"customer:[0-9a-f-]{36}", made["requested_by"])
    assert "Your return is ready" in done.text
    assert "data:image/svg+xml" in done.text
    assert made["number"] in (await read(http, here)).text


async def test_two_clicks_make_one_return_and_both_see_it(
    world: World, http: httpx2.AsyncClient, store: Client, order: Json
) -> None:
    here = link(world, order)
    form = filled(order, await read(http, f"{here}/return"), go="send")

    answers = await asyncio.gather(*(send(http, f"{here}/return", **form) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len((await store.get(f"/v1/returns?filter[order]={order['number']}")).json()["data"]) == 1


async def test_a_fault_stands_beside_its_field_and_what_was_filled_in_stays(
    world: World, http: httpx2.AsyncClient, store: Client, order: Json
) -> None:
    here, (line,) = link(world, order), order["lines"]
    page = await read(http, f"{here}/return")

    none = await send(http, f"{here}/return", **filled(order, page, go="why", **{f"units.{line['id']}": "0"}))
    many = await send(
        http, f"{here}/return", **filled(order, page, go="send", **{f"units.{line['id']}": "3"})
    )
    card = await send(http, f"{here}/return", **filled(order, page, go="how", note="4242 4242 4242 4242"))
    mute = await send(http, f"{here}/return", **filled(order, page, go="how", **{f"reason.{line['id']}": ""}))

    assert [one.status_code for one in (none, many, card, mute)] == [422] * 4
    for one, field in ((none, "units"), (many, "units"), (mute, "reason")):
        assert f'href="#{field}.{line["id"]}"' in one.text
        assert f'id="{field}.{line["id"]}-fault"' in one.text
    assert "Never send us one" in card.text
    assert key_of(many) == key_of(page)
    assert (await store.get(f"/v1/returns?filter[order]={order['number']}")).json()["data"] == []


async def test_what_the_rules_refuse_is_not_offered(
    world: World, http: httpx2.AsyncClient, order: Json
) -> None:
    here, (line,) = link(world, order), order["lines"]
    async with world.db.transaction() as session:
        await session.execute(
            text("UPDATE shipments SET delivered_at = :at WHERE order_id = :id"),
            {"at": datetime.now(UTC) - timedelta(days=90), "id": order["id"]},
        )

    front = await read(http, here)
    page = await read(http, f"{here}/return")

    assert f'href="{here}/return"' not in front.text
    assert "the time to return it is over" in page.text
    assert f'id="units.{line["id"]}"' not in page.text


async def test_nothing_that_arrived_is_a_page_that_says_so(
    world: World, http: httpx2.AsyncClient, shop: Client, new_order: Json
) -> None:
    fresh = (await shop.post("/v1/orders", new_order)).json()

    page = await read(http, f"{link(world, fresh)}/return")

    assert page.status_code == 409
    assert "That is not possible now" in page.text


async def _asked(http: httpx2.AsyncClient, here: str, order: Json, method: str) -> str:
    form = filled(order, await read(http, f"{here}/return"), go="send")
    sent = await send(http, f"{here}/return", **{**form, "method": method})
    return str(sent.headers["location"]).partition("?")[0]


async def test_the_label_is_handed_out_once_it_is_there(
    world: World, http: httpx2.AsyncClient, order: Json
) -> None:
    path = await _asked(http, link(world, order), order, "label")
    before = await read(http, path)
    early = await read(http, f"{path}/label")
    async with world.db.transaction() as session:
        found = select(ReturnParcel).where(ReturnParcel.order_id == UUID(order["id"]))
        parcel = (await session.scalars(found)).one()
        parcel.state, parcel.label_url = ShipmentState.LABELED, "https://carrier.example/1.pdf"

    after = await read(http, path)
    label = await read(http, f"{path}/label")

    assert "Your label is being made" in before.text
    assert early.status_code == 404
    assert f'href="{path}/label"' in after.text
    assert (label.status_code, label.headers["location"]) == (303, "https://carrier.example/1.pdf")


async def test_a_return_is_called_off_once_and_its_units_are_free_again(
    world: World, http: httpx2.AsyncClient, order: Json
) -> None:
    path = await _asked(http, link(world, order), order, "own_transport")
    key = key_of(await read(http, path))

    answers = [await send(http, f"{path}/cancel", once=key) for _ in range(2)]
    late = await send(http, f"{path}/cancel", once="x" * 22)

    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, path)] * 2
    assert late.status_code == 409
    assert "This return was called off" in (await read(http, path)).text
    assert "Up to 2 can come back" in (await read(http, f"{link(world, order)}/return")).text


async def test_a_return_of_another_order_stays_closed(
    world: World, http: httpx2.AsyncClient, shop: Client, order: Json, new_order: Json
) -> None:
    path = await _asked(http, link(world, order), order, "own_transport")
    other = link(world, (await shop.post("/v1/orders", new_order)).json())
    number = path.rpartition("/")[2]

    answers = [await read(http, f"{other}/returns/{number}{more}") for more in ("", "/label")]
    cancel = await send(http, f"{other}/returns/{number}/cancel", once="x" * 22)

    assert [one.status_code for one in (*answers, cancel)] == [404, 404, 404]


async def test_what_is_no_form_of_ours_is_refused(
    world: World, http: httpx2.AsyncClient, order: Json
) -> None:
    path = f"{link(world, order)}/return"

    keyless = await send(http, path, go="send")
    as_json = await http.post(path, json={"go": "send"})
    garbled = await http.post(path, content=b"once=%ff%fe", headers=FORM)

    assert [one.status_code for one in (keyless, as_json, garbled)] == [400, 415, 400]
    assert all("<h1>" in one.text for one in (keyless, as_json, garbled))
