"""What a customer chooses among our messages, by the page behind the link in each mail."""

import re
from uuid import UUID, uuid4

import httpx2
import pytest_asyncio

from orderwright.services.contact import links
from orderwright.services.contact.links import Purpose
from tests.api.conftest import Json
from tests.api.test_customer_returns import read, send
from tests.api.world import Client


async def _placed(shop: Client, new_order: Json, **known: str) -> Json:
    """By somebody new, without an agreement to SMS."""
    new_order["customer"] = {"name": "Ada", "email": f"{uuid4()}@customer.example", **known}
    placed: Json = (await shop.post("/v1/orders", new_order)).json()
    return placed


@pytest_asyncio.fixture(loop_scope="session")
async def order(shop: Client, new_order: Json) -> Json:
    """Of somebody whose number we have."""
    return await _placed(shop, new_order, phone="+447700900321", language="de-AT")


def _page(order: Json) -> str:
    return f"/m/{links.token('s3cret', UUID(order['customer_id']), Purpose.PREFER)}"


def _ticked(page: httpx2.Response) -> list[str]:
    return re.findall(r'name="([a-z.]+)" value="yes" checked', page.text)


async def _chosen(staff: Client, order: Json) -> Json:
    found: Json = (await staff.get(f"/v1/customers/{order['customer_id']}/preferences")).json()
    return found


async def test_the_page_shows_what_holds_and_keeps_what_is_chosen_once(
    http: httpx2.AsyncClient, staff: Client, order: Json
) -> None:
    page = await read(http, _page(order))
    wish = {"language": "fr", "mail.returns": "yes", "sms.progress": "yes"}

    sent = [await send(http, _page(order), **wish) for _ in range(2)]
    after = await http.get(sent[0].headers["location"])
    now = await _chosen(staff, order)

    assert _ticked(page) == ["mail.progress", "mail.returns"]
    assert 'value="de" lang="de" selected' in page.text
    assert "<script" not in page.text
    assert [one.status_code for one in sent] == [303, 303]
    assert _ticked(after) == ["sms.progress", "mail.returns"]
    assert "Nous avons enregistré votre choix." in after.text
    assert now["mail_kinds"] == {"essential": True, "progress": False, "returns": True}
    assert now["sms_kinds"] == {"essential": False, "progress": True, "returns": False}
    assert (now["mail"], now["sms"], now["marketing"], now["language"]) == (True, True, False, "fr")
    assert len(now["history"]) == 5
    assert {(one["source"], one["by"]) for one in now["history"]} == {
        ("page of preferences", f"customer:{order['customer_id']}")
    }


async def test_nothing_and_everything_is_said_of_a_channel_as_a_whole(
    http: httpx2.AsyncClient, staff: Client, order: Json
) -> None:
    every = {"sms.essential": "yes", "sms.progress": "yes", "sms.returns": "yes", "marketing": "yes"}

    await send(http, _page(order), language="de", **every)
    await send(http, _page(order), language="de")
    now = await _chosen(staff, order)

    said = [(one["channel"], one["kind"], one["wanted"]) for one in now["history"]]
    assert sorted(said) == [
        ("mail", "", False), ("marketing", "", False), ("marketing", "", True), ("sms", "", False),
        ("sms", "", True),
    ]  # fmt: skip
    assert (now["mail"], now["sms"], now["marketing"]) == (False, False, False)


async def test_who_gave_no_number_chooses_among_mails_alone(
    http: httpx2.AsyncClient, staff: Client, shop: Client, new_order: Json
) -> None:
    order = await _placed(shop, new_order)

    page = await read(http, _page(order))
    await send(http, _page(order), **{"language": "en", "mail.progress": "yes", "sms.progress": "yes"})
    now = await _chosen(staff, order)

    assert "no telephone number" in page.text
    assert 'name="sms.' not in page.text
    assert now["sms_kinds"] == {"essential": False, "progress": False, "returns": False}
    assert now["mail_kinds"] == {"essential": True, "progress": True, "returns": False}


async def test_a_link_to_something_else_and_a_form_of_somebody_else_open_nothing(
    http: httpx2.AsyncClient, staff: Client, order: Json
) -> None:
    other = f"/m/{links.token('s3cret', UUID(order['customer_id']))}"

    opened = [await read(http, path) for path in (other, f"/m/{'A' * 43}", "/m/short")]
    odd = await send(http, _page(order), language="xx")

    assert [one.status_code for one in opened] == [404, 404, 404]
    assert odd.status_code == 400
    assert (await _chosen(staff, order))["history"] == []


async def test_staff_says_one_kind_for_a_customer_and_what_must_be_known_stays(
    staff: Client, order: Json
) -> None:
    path = f"/v1/customers/{order['customer_id']}/preferences"

    said = await staff.post(
        path, {"channel": "mail", "kind": "progress", "wanted": False, "source": "telephone"}
    )
    law = await staff.post(path, {"channel": "mail", "kind": "essential", "wanted": False, "source": "x"})
    ads = await staff.post(path, {"channel": "marketing", "kind": "returns", "wanted": True, "source": "x"})

    assert said.json()["mail_kinds"] == {"essential": True, "progress": False, "returns": True}
    assert [(one.status_code, one.json()["field"]) for one in (law, ads)] == [(422, "kind"), (422, "kind")]
