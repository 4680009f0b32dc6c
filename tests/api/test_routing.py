"""Routing profiles over HTTP: written, put in force, tried on what was chosen before."""

from typing import Any

import pytest
from sqlalchemy import insert

from orderwright.domain.sourcing import Candidate, source
from orderwright.persistence.tables import SourcingDecision
from orderwright.services.sourcing.choosing import explained
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
BODY: Json = {
    "name": "cheap-hands", "parcel": 100, "km": 0, "cost": 1, "postage": 2, "late": 3, "load": 4,
    "balance": 5, "margin": 6, "note": "for the autumn",
}  # fmt: skip
NONE = dict.fromkeys(("parcel", "km", "cost", "postage", "late", "load", "balance", "margin"), 0)
YEAR = "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"


async def test_a_draft_is_kept_as_it_was_sent_and_put_in_force_once(staff: Client) -> None:
    made = await staff.post("/v1/routing-profiles", BODY)
    again = await staff.post("/v1/routing-profiles", BODY)

    first = await staff.post(f"/v1/routing-profiles/{made.json()['id']}/activate")
    second = await staff.post(f"/v1/routing-profiles/{made.json()['id']}/activate")

    assert (made.status_code, made.json()["state"], made.json()["version"]) == (201, "draft", 1)
    assert {name: made.json()[name] for name in BODY} == BODY
    assert again.json()["version"] == 2
    assert (first.status_code, first.json()["state"]) == (200, "active")
    assert first.json()["activated_by"] == first.json()["created_by"]
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    listed = (await staff.get("/v1/routing-profiles")).json()["data"]
    assert [(one["version"], one["state"]) for one in listed] == [(1, "active"), (2, "draft")]


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"parcel": -1}, 422), ({"km": 1.5}, 422), ({"name": "No Name"}, 422), ({"weight": 1}, 422),
     (NONE, 422), ({"margin": -1}, 422), ({"name": "fewest-nearest"}, 409)],
)  # fmt: skip
async def test_what_cannot_be_meant_is_refused(staff: Client, changed: Json, status: int) -> None:
    before = (await staff.get("/v1/routing-profiles")).json()["data"]

    refused = await staff.post("/v1/routing-profiles", BODY | changed)

    assert refused.status_code == status, refused.text
    assert (await staff.get("/v1/routing-profiles")).json()["data"] == before


async def test_a_draft_is_tried_on_past_orders_and_changes_none(
    world: World, shop: Client, new_order: Json
) -> None:
    order = (await shop.post("/v1/orders", new_order | {"placed_at": "2026-05-01T10:00:00Z"})).json()
    places = [Candidate("LON", 10, 500, {"MUG": 2}), Candidate("PAR", 340, 20, {"MUG": 2})]
    decision = explained(source({"MUG": 2}, places))
    async with world.db.transaction() as session:
        await session.execute(insert(SourcingDecision).values(order_id=order["id"], decision=decision))
    draft = (await shop.post("/v1/routing-profiles", BODY | {"name": "cheaper"})).json()
    near = (await shop.post("/v1/routing-profiles", BODY | {"name": "near", "km": 9, "cost": 0})).json()

    path = f"/v1/routing-profiles/{draft['id']}/what-if"
    tried = (await shop.get(f"{path}?{YEAR}&against={near['id']}")).json()
    as_it_was = (await shop.get(f"{path}?{YEAR}")).json()
    outside = (await shop.get(f"{path}?from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z")).json()

    assert (tried["cases"], tried["base"]["rules"], tried["draft"]["rules"]) == (1, "near/1", "cheaper/1")
    assert (tried["base"]["handling"], tried["draft"]["handling"]) == (500, 20)
    assert [(one["order"], one["before"], one["after"], one["km"]) for one in tried["changes"]] == [
        (order["number"], ["LON"], ["PAR"], 330)
    ]
    assert (as_it_was["base"]["rules"], as_it_was["base"]["cost"]) == ("as chosen", 500)
    assert (as_it_was["draft"]["cost"], as_it_was["changes"][0]["cost"]) == (20, -480)
    assert outside["cases"] == 0
    kept = (await shop.get(f"/v1/orders/{order['id']}/sourcing")).json()["data"]
    assert [one["decision"] for one in kept] == [decision]
    assert kept[0]["words"][1:] == [
        "LON ships 2 MUG: 10 km, handling 500, 1,000,010,000,500 points"
        " (parcel 1,000,000,000,000, km 10,000,000, cost 500).",
        "PAR was not chosen: has everything, but is farther or costs more (340 km); 340 km, handling 20,"
        " 1,000,340,000,020 points (parcel 1,000,000,000,000, km 340,000,000, cost 20).",
    ]


async def test_a_profile_that_is_not_there_is_not_found(staff: Client) -> None:
    nowhere = "/v1/routing-profiles/0199a7b2-0000-7000-8000-000000000000"

    answers = [
        await staff.post(f"{nowhere}/activate"),
        await staff.get(f"{nowhere}/what-if?{YEAR}"),
        await staff.get("/v1/routing-profiles/no-id/what-if"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 422]
