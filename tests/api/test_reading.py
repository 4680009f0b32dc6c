"""Orders are found again, page by page, each once."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import AtDeadline, HoldType, OrderState, TaskKind
from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.persistence import holds
from orderwright.persistence.tables import (
    Document,
    FulfillmentOrder,
    Order,
    Payment,
    Shipment,
    ShipmentOffer,
    ShipmentScan,
    SourcingDecision,
    Task,
)
from orderwright.services.orders import reading
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def placed(shop: Client) -> list[Json]:
    """Seven orders of seven days, two of them on one moment."""
    orders = []
    for nth in range(7):
        body = {
            "channel": "market" if nth % 2 else "web",
            "customer": {"name": "Ada", "email": f"ada{nth}@example.com"},
            "ship_to": {
                "name": "Ada",
                "line1": "1 Rd",
                "city": "London",
                "postal_code": "SW1Y 4JH",
                "country": "GB",
            },
            "lines": [{"sku": "MUG", "quantity": nth + 1}],
            "payment": {"method": "manual"},
            "placed_at": f"2026-01-0{max(nth, 1)}T10:00:00Z",
            "po_number": f"PO-{nth}",
        }
        answer = await shop.post("/v1/orders", body)
        assert answer.status_code == 201, answer.text
        orders.append(answer.json())
    return orders


async def _all(client: Client, query: str) -> list[Json]:
    found: list[Json] = []
    path: str | None = f"/v1/orders?{query}"
    while path:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        link = answer.headers.get("link")
        assert (link is None) == (answer.json()["next"] is None)
        path = link[1 : link.index(">")] if link else None
    return found


@pytest.mark.parametrize("sort", ["-placed_at", "placed_at", "-id", "id"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
async def test_pages_show_every_order_once_in_its_order(
    store: Client, placed: list[Json], sort: str, limit: int
) -> None:
    found = await _all(store, f"sort={sort}&limit={limit}")

    key = sort.lstrip("-")
    expected = sorted(placed, key=lambda order: (order[key], order["id"]), reverse=sort.startswith("-"))
    assert [order["id"] for order in found] == [order["id"] for order in expected]


async def test_an_order_that_comes_between_two_pages_moves_no_other(
    store: Client, shop: Client, placed: list[Json], new_order: Json
) -> None:
    first = await store.get("/v1/orders?sort=id&limit=4")
    late = (await store.post("/v1/orders", new_order | {"channel": "late"})).json()

    second = await store.get(f"/v1/orders?sort=id&limit=10&cursor={first.json()['next']}")

    ids = [order["id"] for order in first.json()["data"] + second.json()["data"]]
    assert ids == [order["id"] for order in placed] + [late["id"]]


FILTERS = [
    ("filter[channel]=market", [1, 3, 5]),
    ("filter[email]=ADA3@example.com", [3]),
    ("filter[po_number]=PO-4", [4]),
    ("filter[channel]=market&filter[po_number]=PO-4", []),
    ("filter[sku]=NOWHERE", []),
    ("filter[state]=submitted&filter[state]=accepted&filter[channel]=market", [1, 3, 5]),
    ("filter[state]=canceled", []),
    ("filter[tracking]=nowhere", []),
    ("filter[needs_person]=true", []),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
async def test_filters_keep_what_fits_all_of_them(
    store: Client, placed: list[Json], query: str, expected: list[int]
) -> None:
    found = await _all(store, f"sort=id&{query}")

    assert [order["id"] for order in found] == [placed[nth]["id"] for nth in expected]


async def test_orders_are_found_by_when_they_came(store: Client, placed: list[Json]) -> None:
    first = quote(placed[2]["created_at"])
    last = quote(placed[4]["created_at"])

    found = await _all(store, f"sort=id&filter[created_at][gte]={first}&filter[created_at][lt]={last}")

    assert [order["id"] for order in found] == [placed[2]["id"], placed[3]["id"]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def under_way(world: World, placed: list[Json]) -> Json:
    """The first order, paid, with a part and a parcel on its way, and a question to a person."""
    order = placed[0]
    async with world.db.transaction() as session:
        part = await _handed_over(session, order)
        parcel = await _in_transit(session, order, part)
        await session.execute(
            insert(SourcingDecision).values(order_id=order["id"], decision={"chosen": "LON"})
        )
        await holds.ask_person(session, order["id"], TaskKind.DELIVERY, "Where is it?")
        await session.execute(
            update(Order).where(Order.id == order["id"]).values(state=OrderState.IN_FULFILLMENT, risk_score=7)
        )
    return order | {"part": str(part), "parcel": str(parcel)}


async def _handed_over(session: AsyncSession, order: Json) -> UUID:
    """A part that the warehouse has, with its money reserved."""
    await session.execute(
        insert(Payment)
        .values(
            order_id=order["id"], method=PaymentMethod.CARD, source="pm_secret", amount=order["total"],
            currency="GBP", state=PaymentState.AUTHORIZED, reference="pi_1",
            action_url="https://pay.example/secret",
        )
    )  # fmt: skip
    part = await session.scalars(
        insert(FulfillmentOrder)
        .values(
            order_id=order["id"], number=1, location="LON", amount=order["total"],
            state=FulfillmentState.RELEASED,
        )
        .returning(FulfillmentOrder.id)
    )  # fmt: skip
    return part.one()


async def _in_transit(session: AsyncSession, order: Json, part: UUID) -> UUID:
    """Its parcel, bought at one offer and seen once."""
    bought = {"carrier": "UPS", "service": "Ground", "amount": 799, "currency": "GBP"}
    parcels = await session.scalars(
        insert(Shipment)
        .values(
            order_id=order["id"], fulfillment_id=part, state=ShipmentState.IN_TRANSIT, grams=1, length_mm=1,
            width_mm=1, height_mm=1, tracking_code="1Z999", label_url="https://carrier.example/l.pdf",
            **bought,
        )
        .returning(Shipment.id)
    )  # fmt: skip
    parcel = parcels.one()
    await session.execute(
        insert(ShipmentOffer).values(
            shipment_id=parcel, rate_id="r1", chosen=True, reason="cheapest", **bought
        )
    )
    scan = {"shipment_id": parcel, "status": ShipmentState.IN_TRANSIT, "at": datetime.now(UTC)}
    await session.execute(insert(ShipmentScan).values(scan))
    return parcel


async def test_an_order_is_read_with_everything_that_belongs_to_it(
    staff: Client, store: Client, under_way: Json
) -> None:
    told = (await staff.get(f"/v1/orders/{under_way['id']}")).json()

    assert told["status"]["payment"]["authorize"] == "full"
    assert told["needs_person"] is True
    assert told["payments"][0]["action_url"] is None
    assert "pm_secret" not in str(told)
    assert told["fulfillment_orders"][0]["id"] == under_way["part"]
    assert told["shipments"][0]["tracking_code"] == "1Z999"
    assert told["shipments"][0]["offers"][0]["reason"] == "cheapest"
    assert told["shipments"][0]["scans"][0]["status"] == "in_transit"
    assert [item["action"] for item in told["allowed_actions"]] == ["cancel", "hold", "change"]
    assert told["risk_score"] == 7
    shop_view = (await store.get(f"/v1/orders/{under_way['number']}")).json()
    assert (shop_view["risk_score"], shop_view["tasks"]) == (None, [])
    assert (shop_view["shipments"][0]["amount"], shop_view["shipments"][0]["offers"]) == (None, [])
    assert shop_view["shipments"][0]["tracking_code"] == "1Z999"


async def test_what_needs_a_person_and_what_is_tracked_is_found(store: Client, under_way: Json) -> None:
    assert [order["id"] for order in await _all(store, "filter[needs_person]=true")] == [under_way["id"]]
    assert [order["id"] for order in await _all(store, "filter[tracking]=1Z999")] == [under_way["id"]]
    assert under_way["id"] not in [order["id"] for order in await _all(store, "filter[needs_person]=false")]


async def test_parts_and_parcels_are_read_alone(
    staff: Client, floor: Client, store: Client, under_way: Json
) -> None:
    listed = (await floor.get("/v1/fulfillment-orders?filter[location]=LON&filter[state]=released")).json()[
        "data"
    ]
    elsewhere = (await floor.get("/v1/fulfillment-orders?filter[location]=PAR")).json()["data"]
    part = (await floor.get(f"/v1/fulfillment-orders/{under_way['part']}")).json()
    parcels = (await store.get(f"/v1/orders/{under_way['id']}/shipments")).json()["data"]
    parcel = (await floor.get(f"/v1/shipments/{under_way['parcel']}")).json()
    sourcing = (await staff.get(f"/v1/orders/{under_way['id']}/sourcing")).json()["data"]

    assert [each["id"] for each in listed] == [under_way["part"]]
    assert elsewhere == []
    assert (part["order_number"], part["shipments"][0]["id"]) == (under_way["number"], under_way["parcel"])
    assert "Ada" not in str(part)
    assert [each["id"] for each in parcels] == [under_way["parcel"]]
    assert parcel["amount"] == 799
    assert sourcing[0]["decision"] == {"chosen": "LON"}


async def test_a_label_is_where_the_carrier_keeps_it_until_we_have_it(
    world: World, floor: Client, under_way: Json
) -> None:
    moved = await floor.get(f"/v1/shipments/{under_way['parcel']}/label")
    pdf = await floor.get(f"/v1/shipments/{under_way['parcel']}/label.pdf")
    zpl = await floor.get(f"/v1/shipments/{under_way['parcel']}/label.zpl")
    slip = await floor.get(f"/v1/fulfillment-orders/{under_way['part']}/packing-slip")

    assert (moved.status_code, moved.headers["location"]) == (302, "https://carrier.example/l.pdf")
    assert pdf.status_code == 302
    assert (zpl.status_code, slip.status_code) == (404, 404)


async def test_documents_are_reprinted_as_they_were_made(
    world: World, floor: Client, under_way: Json
) -> None:
    async with world.db.transaction() as session:
        for kind, subject, media, content in (
            ("label", under_way["parcel"], "x-application/zpl", b"^XA^XZ"),
            ("packing_slip", under_way["part"], "application/pdf", b"%PDF-1.7"),
        ):
            await session.execute(
                insert(Document).values(
                    order_id=under_way["id"], kind=kind, subject_id=subject, media_type=media, content=content
                )
            )

    zpl = await floor.get(f"/v1/shipments/{under_way['parcel']}/label.zpl")
    slip = await floor.get(f"/v1/fulfillment-orders/{under_way['part']}/packing-slip")

    assert (zpl.content, zpl.headers["content-type"]) == (b"^XA^XZ", "x-application/zpl")
    assert (slip.content, slip.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")


async def test_the_timeline_is_read_in_pages_oldest_first(store: Client, under_way: Json) -> None:
    first = await store.get(f"/v1/orders/{under_way['number']}/timeline?limit=1")
    second = await store.get(f"/v1/orders/{under_way['number']}/timeline?cursor={first.json()['next']}")

    kinds = [event["kind"] for event in first.json()["data"] + second.json()["data"]]
    assert kinds == ["order.submitted", "task.opened"]
    assert (await store.get("/v1/orders/0199a7b2-0000-7000-8000-000000000000/timeline")).status_code == 404


async def test_what_a_run_writes_while_an_order_is_read_is_seen_whole_or_not_at_all(
    world: World, shop: Client, new_order: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = (await shop.post("/v1/orders", new_order | {"channel": "held"})).json()
    read = reading._of

    async def overtaken(session: AsyncSession, table: type[Task], *query: Any) -> Any:  # Any: as `_of`
        if table is Task:  # the holds are read by now
            async with world.db.transaction() as other:
                await holds.open_hold(
                    other, UUID(order["id"]), HoldType.MANUAL, reason="looks odd", deadline=None,
                    at_deadline=AtDeadline.STAY, ask=TaskKind.MANUAL,
                )  # fmt: skip
        return await read(session, table, *query)

    monkeypatch.setattr(reading, "_of", overtaken)
    during = await shop.get(f"/v1/orders/{order['id']}")
    monkeypatch.undo()
    after = (await shop.get(f"/v1/orders/{order['id']}")).json()

    assert during.status_code == 200
    assert (during.json()["held_by"], during.json()["tasks"]) == ([], [])
    assert (after["held_by"], len(after["tasks"])) == (["manual"], 1)
