"""The label and the code that a customer sends a return with, over HTTP."""

from datetime import date

import httpx2
import pytest_asyncio
from sqlalchemy import select

from orderwright.adapters.carriers.table import TableRateCarrier
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Parcel
from orderwright.persistence.tables import ReturnParcel
from orderwright.services.returns import coming
from tests.api.conftest import Json
from tests.api.test_customer_returns import link, read
from tests.api.test_returns import arrived
from tests.api.world import Client, World

HOME = Address("Ada", "2 St James's Square", "London", "SW1Y 4JH", "GB")


@pytest_asyncio.fixture(loop_scope="session")
async def back(world: World, shop: Client, store: Client, new_order: Json) -> Json:
    """A return of an order, for which no label is bought yet."""
    order = await arrived(world, shop, new_order)
    wish = {"lines": [{"sku": "MUG", "quantity": 1, "reason": "damaged"}]}
    asked = (await store.post(f"/v1/orders/{order['number']}/returns", wish)).json()
    return {**asked, "order": order}


async def _labeled(world: World, back: Json) -> None:
    """The table carrier's own label is bought for it."""
    carrier = TableRateCarrier("secret")
    rates = await carrier.rate(
        Parcel(300, 100, 100, 100), ship_from=HOME, ship_to=HOME, ships=date(2026, 11, 26), key="r",
        is_return=True,
    )  # fmt: skip
    label = await carrier.buy(rates.reference, rates.offers[0], key=back["id"])
    async with world.db.transaction() as session:
        parcel = await session.scalar(select(ReturnParcel).where(ReturnParcel.return_id == back["id"]))
        assert parcel is not None
        await coming.labeled(session, parcel, label)


async def test_the_label_of_a_table_carrier_is_handed_out_in_each_form(
    world: World, http: httpx2.AsyncClient, store: Client, back: Json
) -> None:
    path = f"/v1/returns/{back['number']}"
    before = await store.get(f"{path}/label")
    await _labeled(world, back)

    whole, pdf, zpl = [await store.get(f"{path}/{name}") for name in ("label", "label.pdf", "label.zpl")]
    page = await read(http, f"{link(world, back['order'])}/returns/{back['number']}/label")

    assert (before.status_code, before.json()["code"]) == (404, "not_found")
    assert [one.status_code for one in (whole, pdf, zpl, page)] == [200] * 4
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert whole.content == pdf.content == page.content
    assert zpl.headers["content-type"] == "x-application/zpl"
    assert zpl.content.startswith(b"^XA")


async def test_a_label_that_was_given_back_is_none(world: World, store: Client, back: Json) -> None:
    await _labeled(world, back)
    async with world.db.transaction() as session:
        parcel_id = await session.scalar(select(ReturnParcel.id).where(ReturnParcel.return_id == back["id"]))
        assert parcel_id is not None
        await coming.voided(session, parcel_id, money_back=True)

    gone = [await store.get(f"/v1/returns/{back['id']}/{name}") for name in ("label", "label.pdf")]

    assert [one.status_code for one in gone] == [404, 404]


async def test_the_code_is_a_picture_of_the_number(store: Client, back: Json) -> None:
    svg = await store.get(f"/v1/returns/{back['number']}/code.svg")
    png = await store.get(f"/v1/returns/{back['id']}/code.png")
    missing = await store.get("/v1/returns/RET-1/code.png")

    assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
    assert b"<svg" in svg.content
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    assert png.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert missing.status_code == 404
