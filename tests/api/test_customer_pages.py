"""Cancel, change the address, report what is wrong: by the customer's own pages, once."""

from uuid import UUID

import httpx2
import pytest_asyncio

from tests.api.conftest import Json
from tests.api.test_cases import delivered
from tests.api.test_customer_returns import key_of, link, read, send
from tests.api.test_short import part
from tests.api.world import Client, World

__all__ = ["delivered", "part"]


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(shop: Client, new_order: Json) -> Json:
    """An order that nobody has touched yet."""
    order: Json = (await shop.post("/v1/orders", new_order)).json()
    return order


async def of_part(staff: Client, part: UUID) -> Json:
    """The order of a fulfillment order."""
    found = (await staff.get(f"/v1/fulfillment-orders/{part}")).json()
    order: Json = (await staff.get(f"/v1/orders/{found['order_id']}")).json()
    return order


async def test_an_order_that_nobody_packs_is_canceled_at_once_and_once(
    world: World, http: httpx2.AsyncClient, staff: Client, fresh: Json
) -> None:
    here = link(world, fresh)
    asked = await read(http, f"{here}/cancel")

    sent = [await send(http, f"{here}/cancel", once=key_of(asked), note="too late") for _ in range(2)]
    told = await read(http, sent[0].headers["location"])

    assert "Nothing has been packed yet" in asked.text
    assert [one.status_code for one in sent] == [303, 303]
    assert "Your order is canceled" in told.text
    events = (await staff.get(f"/v1/orders/{fresh['id']}/timeline")).json()["data"]
    (wish,) = [event for event in events if event["kind"] == "cancel.requested"]
    assert (wish["actor"], wish["why"]) == (f"customer:{fresh['customer_id']}", "too late")


async def test_of_what_the_warehouse_has_the_warehouse_is_asked(
    world: World, http: httpx2.AsyncClient, staff: Client, part: UUID
) -> None:
    here = link(world, await of_part(staff, part))
    asked = await read(http, f"{here}/cancel")

    sent = await send(http, f"{here}/cancel", once=key_of(asked))
    told = await read(http, sent.headers["location"])

    assert "The warehouse has the order already" in asked.text
    assert "We are asking the warehouse" in told.text


async def test_once_it_is_picked_the_page_says_what_may_be_done_instead(
    world: World, http: httpx2.AsyncClient, staff: Client, delivered: tuple[str, str]
) -> None:
    here = link(world, (await staff.get(f"/v1/orders/{delivered[0]}")).json())

    page = await read(http, f"{here}/cancel")
    sent = await send(http, f"{here}/cancel", once="x" * 22)

    assert [page.status_code, sent.status_code] == [409, 409]
    for answer in (page, sent):
        assert "It is too late to cancel" in answer.text
        assert f'href="{here}/return"' in answer.text
        assert f'href="{here}/problem"' in answer.text
    assert (await staff.get(f"/v1/orders/{delivered[0]}")).json()["cancel"]["state"] == "none"


def _moved(page: httpx2.Response, **more: str) -> dict[str, str]:
    version = page.text.partition('name="version" value="')[2].partition('"')[0]
    place = {"name": "Ada Lovelace", "line1": "2 New Street", "city": "York", "postal_code": "YO1 7HH"}
    return {"once": key_of(page), "version": version, **place, **more}


async def test_an_order_goes_elsewhere_by_one_form_that_is_sent_twice(
    world: World, http: httpx2.AsyncClient, staff: Client, fresh: Json
) -> None:
    here = link(world, fresh)
    page = await read(http, f"{here}/address")

    sent = [await send(http, f"{here}/address", **_moved(page)) for _ in range(2)]

    assert "The country stays United Kingdom" in page.text
    assert [(one.status_code, one.headers["location"]) for one in sent] == [(303, here)] * 2
    order = (await staff.get(f"/v1/orders/{fresh['id']}")).json()
    assert (order["ship_to"]["line1"], order["ship_to"]["country"]) == ("2 New Street", "GB")
    assert order["version"] == fresh["version"] + 1
    events = (await staff.get(f"/v1/orders/{fresh['id']}/timeline")).json()["data"]
    (moved,) = [event for event in events if event["kind"] == "order.address_changed"]
    assert moved["actor"] == f"customer:{fresh['customer_id']}"


async def test_a_fault_in_the_address_stands_beside_its_field(
    world: World, http: httpx2.AsyncClient, staff: Client, fresh: Json
) -> None:
    here = link(world, fresh)
    page = await read(http, f"{here}/address")

    code = await send(http, f"{here}/address", **_moved(page, postal_code="12345"))
    name = await send(http, f"{here}/address", **_moved(page, name="", line2="4242 4242 4242 4242"))
    stale = await send(http, f"{here}/address", **_moved(page, version="99"))

    assert [one.status_code for one in (code, name, stale)] == [422] * 3
    assert 'id="postal_code-fault"' in code.text
    assert 'value="12345"' in code.text
    assert 'href="#name"' in name.text
    assert 'id="line2-fault"' in name.text
    assert "has changed in the meantime" in stale.text
    assert (await staff.get(f"/v1/orders/{fresh['id']}")).json()["ship_to"] == fresh["ship_to"]


async def test_an_address_stays_once_the_order_is_on_its_way(
    world: World, http: httpx2.AsyncClient, staff: Client, part: UUID
) -> None:
    order = await of_part(staff, part)
    here = link(world, order)

    page = await read(http, f"{here}/address")
    sent = await send(http, f"{here}/address", **{**_moved_by_hand(), "version": str(order["version"])})

    assert [page.status_code, sent.status_code] == [409, 409]
    assert "cannot change any more" in sent.text
    assert f'href="{here}/address"' not in (await read(http, here)).text


def _moved_by_hand() -> dict[str, str]:
    place = {"name": "Ada", "line1": "2 New Street", "city": "York", "postal_code": "YO1 7HH"}
    return {"once": "x" * 22, **place}


async def test_what_is_wrong_becomes_one_case_with_the_units_that_were_named(
    world: World, http: httpx2.AsyncClient, staff: Client, delivered: tuple[str, str]
) -> None:
    order = (await staff.get(f"/v1/orders/{delivered[0]}")).json()
    here, units = link(world, order), f"units.{delivered[1]}.{order['lines'][0]['id']}"
    page = await read(http, f"{here}/problem")
    form = {"once": key_of(page), "kind": "damaged", "note": "a handle is off", units: "1"}

    many = await send(http, f"{here}/problem", **{**form, units: "3"})
    none = await send(http, f"{here}/problem", once=key_of(page))
    sent = [await send(http, f"{here}/problem", **form) for _ in range(2)]
    told = await read(http, sent[0].headers["location"])
    known = await send(http, f"{here}/problem", **{**form, "once": "y" * 22})

    assert f'id="{units}-fault"' in many.text
    assert 'href="#kind"' in none.text
    assert [one.status_code for one in (many, none, *sent, known)] == [422, 422, 303, 303, 422]
    (case,) = (await staff.get(f"/v1/cases?filter[order_id]={order['id']}")).json()["data"]
    assert (case["kind"], case["words"], case["opened_by"]) == (
        "damaged", "a handle is off", f"customer:{order['customer_id']}",
    )  # fmt: skip
    assert [(one["line_id"], one["units"]) for one in case["lines"]] == [(order["lines"][0]["id"], 1)]
    assert "we are looking into it" in told.text
    assert "We know about this already" in known.text


async def test_a_case_of_another_order_and_a_parcel_that_has_not_left_stay_closed(
    world: World, http: httpx2.AsyncClient, store: Client, fresh: Json, delivered: tuple[str, str]
) -> None:
    body = {"shipment_id": delivered[1], "kind": "missing"}
    case = (await store.post(f"/v1/orders/{delivered[0]}/cases", body)).json()["id"]
    here = link(world, fresh)

    other = await read(http, f"{here}/problem/{case}")
    early = await read(http, f"{here}/problem")
    sent = await send(http, f"{here}/problem", once="x" * 22, parcel=delivered[1], kind="damaged")

    assert [one.status_code for one in (other, early, sent)] == [404, 409, 409]
    assert "nothing to report now" in early.text


async def test_the_order_page_offers_what_may_be_done_and_no_more(
    world: World, http: httpx2.AsyncClient, staff: Client, fresh: Json, delivered: tuple[str, str]
) -> None:
    arrived = link(world, (await staff.get(f"/v1/orders/{delivered[0]}")).json())

    pages = {here: (await read(http, here)).text for here in (link(world, fresh), arrived)}

    offered = [
        [what for what in ("return", "cancel", "address", "problem") if f'href="{here}/{what}"' in text]
        for here, text in pages.items()
    ]
    assert offered == [["cancel", "address"], ["return", "problem"]]


async def test_the_pages_speak_the_browsers_language(
    world: World, http: httpx2.AsyncClient, fresh: Json
) -> None:
    path = f"{link(world, fresh)}/cancel"

    told = [(await http.get(path, headers={"accept-language": one})).text for one in ("de", "es", "fr")]

    assert f"Bestellung {fresh['number']} stornieren?" in told[0]
    assert "Cancelar ahora" in told[1]
    assert "Annuler maintenant" in told[2]
