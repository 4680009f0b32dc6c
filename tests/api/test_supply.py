"""Stock that moves without an order, over HTTP: announced, transferred, counted, put right, read back."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from api.schemas.catalog import LOCATION, PRODUCT
from orderwright.services.supply import reconciling
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
EXPECTED: Json = {"reference": "PO-1", "sku": "MUG", "location": "LON", "units": 10, "due_on": "2026-12-04"}
TRANSFER: Json = {"origin": "LON", "destination": "PAR", "due_on": "2026-12-04",
                  "lines": [{"sku": "MUG", "units": 4}]}  # fmt: skip
NOWHERE = UUID("0199a7b2-0000-7000-8000-000000000000")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def depot(shop: Client) -> Client:
    """Two places and two products, the mug at 12.50."""
    assert (await shop.post("/v1/locations", LOCATION | {"code": "PAR", "name": "Paris"})).status_code == 201
    assert (await shop.post("/v1/products", PRODUCT | {"sku": "CUP"})).status_code == 201
    await tracked(shop, "DROP")
    return shop


async def stocked(client: Client, units: int, sku: str = "MUG") -> int:
    """So many more in London; how many lie there then."""
    body = {"sku": sku, "location": "LON", "units": units}
    return int((await client.post("/v1/stock/receipts", body)).json()["data"][0]["on_hand"])


async def on_hand(client: Client, location: str = "LON", sku: str = "MUG") -> int:
    found = (await client.get(f"/v1/stock?sku={sku}&location={location}")).json()["data"]
    return int(found[0]["on_hand"]) if found else 0


async def test_expected_units_are_announced_moved_and_received(depot: Client, floor: Client) -> None:
    before = await on_hand(depot)

    made = await depot.post("/v1/stock/expected", EXPECTED)
    path = f"/v1/stock/expected/{made.json()['id']}"
    later = await depot.post(f"{path}/change", {"due_on": "2026-12-07", "units": 12})
    part = await floor.post(f"{path}/receipts", {"units": 5})
    rest = await floor.post(f"{path}/receipts", {"units": 6, "last": True})
    late = await floor.post(f"{path}/receipts", {"units": 1})

    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert {name: made.json()[name] for name in EXPECTED} == EXPECTED
    assert (later.json()["due_on"], later.json()["units"]) == ("2026-12-07", 12)
    assert (part.json()["received"], part.json()["state"]) == (5, "open")
    assert (rest.json()["received"], rest.json()["state"]) == (11, "closed")
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (409, "conflict", "closed")
    assert await on_hand(depot) == before + 11
    assert (await floor.get(path)).json() == rest.json()


async def test_one_that_will_not_come_is_called_off_and_not_listed_as_open(depot: Client) -> None:
    made = (await depot.post("/v1/stock/expected", EXPECTED | {"reference": "PO-9"})).json()
    listed = (await depot.get("/v1/stock/expected?reference=PO-9&state=open&sku=MUG&location=LON")).json()

    ended = await depot.post(f"/v1/stock/expected/{made['id']}/cancel")

    assert [row["id"] for row in listed["data"]] == [made["id"]]
    assert ended.json()["state"] == "canceled"
    assert (await depot.get("/v1/stock/expected?reference=PO-9&state=open")).json()["data"] == []


async def test_the_same_key_receives_once(depot: Client, floor: Client) -> None:
    made = (await depot.post("/v1/stock/expected", EXPECTED)).json()
    before = await on_hand(depot)

    answers = [
        await floor.post(
            f"/v1/stock/expected/{made['id']}/receipts", {"units": 3}, Idempotency_Key="truck-17"
        )
        for _ in range(2)
    ]

    assert [answer.json()["received"] for answer in answers] == [3, 3]
    assert await on_hand(depot) == before + 3


async def test_a_transfer_goes_its_way_with_a_gap_and_its_reason(depot: Client, floor: Client) -> None:
    before, there = await stocked(depot, 10), await on_hand(depot, "PAR")

    made = await floor.post("/v1/stock/transfers", TRANSFER)
    path = f"/v1/stock/transfers/{made.json()['id']}"
    left = await floor.post(f"{path}/ship", {"due_on": "2026-12-08"})
    coming = (await floor.get(f"/v1/stock/expected?reference=transfer/{made.json()['id']}")).json()["data"]
    unsaid = await floor.post(f"{path}/receipts", {"lines": [{"sku": "MUG", "units": 3}]})
    came = await floor.post(
        f"{path}/receipts", {"lines": [{"sku": "MUG", "units": 3, "reason": "damaged", "note": "wet"}]}
    )
    twice = await floor.post(f"{path}/receipts", {"lines": [{"sku": "MUG", "units": 4}]})

    assert (made.status_code, made.json()["state"], left.json()["state"]) == (201, "requested", "shipped")
    assert [(row["kind"], row["units"], row["due_on"]) for row in coming] == [("transfer", 4, "2026-12-08")]
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "invalid")
    assert came.json()["state"] == "closed"
    (line,) = came.json()["lines"]
    assert (line["received"], line["short"], line["over"], line["reason"]) == (3, 1, 0, "damaged")
    assert (twice.status_code, twice.json()["state"]) == (409, "closed")
    assert (await on_hand(depot), await on_hand(depot, "PAR")) == (before - 4, there + 3)
    moves = (await floor.get(f"/v1/stock/moves?reference=transfer/{made.json()['id']}")).json()["data"]
    assert [(m["kind"], m["location"], m["on_hand"]) for m in moves] == [
        ("transfer_in", "PAR", 3), ("transfer_out", "LON", -4),
    ]  # fmt: skip


async def test_a_transfer_is_called_off_and_found_by_its_state(depot: Client, floor: Client) -> None:
    made = (await floor.post("/v1/stock/transfers", TRANSFER)).json()

    ended = await floor.post(f"/v1/stock/transfers/{made['id']}/cancel")
    again = await floor.post(f"/v1/stock/transfers/{made['id']}/ship")

    assert (ended.json()["state"], again.status_code) == ("canceled", 409)
    listed = (await floor.get("/v1/stock/transfers?state=canceled&location=PAR")).json()["data"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert listed[0]["lines"][0]["units"] == 4


async def test_a_count_is_blind_then_applied_by_a_second_person(depot: Client, floor: Client) -> None:
    before = await stocked(depot, 60, "CUP")
    made = await floor.post("/v1/stock/counts", {"location": "LON", "skus": ["CUP"]})
    path = f"/v1/stock/counts/{made.json()['id']}"
    entered = await floor.post(f"{path}/entries", {"lines": [{"sku": "CUP", "counted": before - 20}]})
    submitted = await floor.post(f"{path}/submit")
    held = await on_hand(depot, sku="CUP")
    not_allowed = await floor.post(f"{path}/approve")

    approved = await depot.post(f"{path}/approve")

    (blind,), (waiting,), (done,) = (a.json()["lines"] for a in (entered, submitted, approved))
    assert (made.status_code, blind["counted"], blind["book"], blind["variance"]) == (
        201, before - 20, None, None,
    )  # fmt: skip
    assert (waiting["state"], waiting["variance"], waiting["worth"]) == ("waiting", -20, 25_000)
    assert (held, not_allowed.status_code) == (before, 403)
    assert (done["state"], approved.json()["state"]) == ("applied", "closed")
    assert await on_hand(depot, sku="CUP") == before - 20
    heads = (await depot.get("/v1/stock/counts?state=closed&location=LON")).json()["data"]
    assert [head["id"] for head in heads] == [made.json()["id"]]


async def test_a_refused_line_names_the_orders_that_hold_the_units(
    depot: Client, floor: Client, world: World, new_order: Json
) -> None:
    before = await stocked(depot, 10)
    order = (await depot.post("/v1/orders", new_order)).json()
    async with world.db.transaction() as session:  # as if sourced; there is no worker here
        await session.execute(
            text(
                "INSERT INTO reservations (id, order_id, line_id, sku, location, units)"
                " SELECT gen_random_uuid(), order_id, id, 'MUG', 'LON', 2 FROM order_lines"
                " WHERE order_id = :id"
            ),
            {"id": order["id"]},
        )
        await session.execute(
            text(
                "INSERT INTO stock_moves (sku, location, kind, reserved) VALUES ('MUG', 'LON', 'reserve', 2)"
            )
        )
        await session.execute(
            text("UPDATE stock_levels SET reserved = 2 WHERE sku = 'MUG' AND location = 'LON'")
        )
    count = (
        await floor.post("/v1/stock/counts", {"location": "LON", "skus": ["MUG"], "approval_limit": 10**9})
    ).json()
    path = f"/v1/stock/counts/{count['id']}"
    await floor.post(f"{path}/entries", {"lines": [{"sku": "MUG", "counted": 1}]})

    refused = (await floor.post(f"{path}/submit")).json()

    (line,) = refused["lines"]
    assert (refused["state"], line["state"]) == ("closed", "refused")
    assert line["held_by"] == [{"order": order["number"], "units": 2}]
    assert await on_hand(depot) == before


async def test_an_adjustment_is_a_move_with_its_reason(depot: Client, floor: Client) -> None:
    before = await stocked(depot, 5)

    answer = await floor.post(
        "/v1/stock/adjustments",
        {"sku": "MUG", "location": "LON", "units": -2, "reason": "theft", "note": "till 3"},
    )

    assert (answer.status_code, answer.json()["on_hand"]) == (201, before - 2)
    (move,) = (await floor.get("/v1/stock/moves?sku=MUG&location=LON&kind=adjust&limit=1")).json()["data"]
    assert (move["on_hand"], move["code"], move["reason"], move["kind"]) == (-2, "theft", "till 3", "adjust")


async def test_moves_come_page_by_page_the_newest_first(depot: Client, floor: Client) -> None:
    for units in (1, 2, 3):
        await stocked(depot, units, "CUP")

    first = await floor.get("/v1/stock/moves?sku=CUP&location=LON&limit=2")
    second = await floor.get(f"/v1/stock/moves?sku=CUP&location=LON&limit=1&cursor={first.json()['next']}")
    wrong = await floor.get("/v1/stock/moves?cursor=bm8")

    assert [move["on_hand"] for move in first.json()["data"]] == [3, 2]
    assert [move["on_hand"] for move in second.json()["data"]] == [1]
    assert first.headers["link"].endswith('rel="next"')
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_cursor")


async def test_lots_go_their_way_over_http(depot: Client, floor: Client) -> None:
    """Announced and received in lots, transferred, counted and adjusted by lot."""
    await tracked(depot, "PILL")
    expected = (await depot.post("/v1/stock/expected", EXPECTED | {"sku": "PILL"})).json()
    first = {"lot": "A", "units": 6, "expires_on": "2199-01-31"}
    second = {"lot": "B", "units": 4, "expires_on": "2199-06-30"}
    came = await floor.post(
        f"/v1/stock/expected/{expected['id']}/receipts", {"units": 10, "lots": [first, second]}
    )
    made = await floor.post("/v1/stock/transfers", TRANSFER | {"lines": [{"sku": "PILL", "units": 8}]})
    path = f"/v1/stock/transfers/{made.json()['id']}"
    left = (await floor.post(f"{path}/ship")).json()["lines"][0]["lots"]
    line = {"sku": "PILL", "units": 7, "reason": "damaged",
            "lots": [{"lot": "A", "units": 5}, {"lot": "B", "units": 2}]}  # fmt: skip
    arrived = (await floor.post(f"{path}/receipts", {"lines": [line]})).json()["lines"][0]
    count = (await floor.post("/v1/stock/counts", {"location": "PAR", "skus": ["PILL"]})).json()
    entries = [{"sku": "PILL", "lot": "A", "counted": 4}, {"sku": "PILL", "lot": "B", "counted": 2}]
    await floor.post(f"/v1/stock/counts/{count['id']}/entries", {"lines": entries})
    counted = (await floor.post(f"/v1/stock/counts/{count['id']}/submit")).json()
    adjusted = await floor.post(
        "/v1/stock/adjustments",
        {"sku": "PILL", "location": "PAR", "units": -1, "reason": "damaged", "lot": "B"},
    )

    assert (came.json()["state"], adjusted.status_code) == ("closed", 201)
    assert left == [{"lot": "A", "units": 6, "received": 0}, {"lot": "B", "units": 2, "received": 0}]
    assert (arrived["short"], arrived["lots"][0]) == (1, {"lot": "A", "units": 6, "received": 5})
    assert [(one["lot"], one["variance"], one["state"]) for one in counted["lines"]] == [
        ("A", -1, "applied"), ("B", 0, "applied"),
    ]  # fmt: skip
    lots = (await floor.get("/v1/stock/lots?sku=PILL")).json()["data"]
    assert [(lot["location"], lot["lot"], lot["on_hand"], lot["expires_on"]) for lot in lots] == [
        ("LON", "B", 2, "2199-06-30"), ("PAR", "A", 4, "2199-01-31"), ("PAR", "B", 1, "2199-06-30"),
    ]  # fmt: skip
    (move,) = (await floor.get("/v1/stock/moves?sku=PILL&kind=adjust")).json()["data"]
    assert (move["lot"], move["on_hand"]) == ("B", -1)


async def tracked(client: Client, sku: str) -> None:
    made = await client.post("/v1/products", PRODUCT | {"sku": sku, "tracking": "lot"})
    assert made.status_code == 201, made.text


def in_lots(sku: str, units: int, *lots: Json) -> Json:
    """A transfer whose lots are named."""
    return TRANSFER | {"lines": [{"sku": sku, "units": units, "lots": list(lots)}]}


REFUSED: list[tuple[str, Json, int]] = [
    ("expected", EXPECTED | {"sku": "POT"}, 422),
    ("expected", EXPECTED | {"units": 0}, 422),
    ("expected", EXPECTED | {"due_on": "9999-12-31"}, 422),
    ("expected", EXPECTED | {"kind": "transfer"}, 422),
    (f"expected/{NOWHERE}/receipts", {"units": 1}, 404),
    (f"expected/{NOWHERE}/change", {"units": 1}, 404),
    (f"expected/{NOWHERE}/change", {}, 422),
    ("transfers", TRANSFER | {"destination": "LON"}, 422),
    ("transfers", TRANSFER | {"lines": TRANSFER["lines"] * 2}, 422),
    ("transfers", TRANSFER | {"lines": []}, 422),
    (f"transfers/{NOWHERE}/ship", {}, 404),
    (f"transfers/{NOWHERE}/receipts", {"lines": [{"sku": "MUG", "units": 1}]}, 404),
    ("counts", {"location": "MARS"}, 422),
    ("counts", {"location": "LON", "skus": []}, 422),
    (f"counts/{NOWHERE}/submit", {}, 404),
    (f"counts/{NOWHERE}/entries", {"lines": [{"sku": "MUG", "counted": -1}]}, 422),
    ("adjustments", {"sku": "MUG", "location": "LON", "units": 1, "reason": "magic"}, 422),
    ("adjustments", {"sku": "MUG", "location": "LON", "units": 1, "reason": "theft"}, 422),
    ("adjustments", {"sku": "MUG", "location": "LON", "units": -1_000_000, "reason": "lost"}, 409),
    ("adjustments", {"sku": "MUG", "location": "LON", "units": 1, "reason": "found", "lot": "A"}, 422),
    ("adjustments", {"sku": "DROP", "location": "LON", "units": 1, "reason": "found"}, 422),
    ("adjustments", {"sku": "DROP", "location": "LON", "units": -1, "reason": "lost", "lot": "A"}, 409),
    ("transfers", in_lots("MUG", 4, {"lot": "A", "units": 4}), 422),
    ("transfers", in_lots("DROP", 4, {"lot": "A", "units": 3}), 422),
    ("transfers", in_lots("DROP", 2, {"lot": "A", "units": 1}, {"lot": "A", "units": 1}), 422),
    ("transfers", in_lots("DROP", 1, {"lot": "A", "units": 0}), 422),
]


@pytest.mark.parametrize(("path", "body", "status"), REFUSED)
async def test_what_cannot_be_changes_nothing(
    depot: Client, world: World, path: str, body: Json, status: int
) -> None:
    before = await rows(world)

    answer = await depot.post(f"/v1/stock/{path}", body)

    assert answer.status_code == status, answer.text
    assert await rows(world) == before


async def test_storefronts_see_levels_only(store: Client) -> None:
    for path in ("expected", "transfers", "counts", "moves", "differences"):
        assert (await store.get(f"/v1/stock/{path}")).status_code == 403
    assert (await store.get("/v1/stock")).status_code == 200


async def test_differences_are_listed_until_they_are_gone(depot: Client, floor: Client, world: World) -> None:
    await stocked(depot, 1, "CUP")
    bend = "UPDATE stock_levels SET on_hand = on_hand + {} WHERE sku = 'CUP' AND location = 'LON'"

    await compared_after(world, bend.format(3))
    (row,) = (await floor.get("/v1/stock/differences?state=open&sku=CUP&location=LON")).json()["data"]
    await compared_after(world, bend.format(-3))

    assert (row["what"], row["found"] - row["expected"], row["gone_at"]) == ("on_hand", 3, None)
    (gone,) = (await floor.get("/v1/stock/differences?sku=CUP")).json()["data"]
    assert (gone["id"], gone["state"]) == (row["id"], "gone")


async def compared_after(world: World, bend: str) -> None:
    async with world.db.transaction() as session:
        await session.execute(text(bend))
        await reconciling.reconcile(session)


async def rows(world: World) -> tuple[int, ...]:
    tables = ("expected_receipts", "transfers", "stock_counts", "stock_moves")
    async with world.db.transaction() as session:
        return tuple(
            [await session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in tables]  # noqa: S608 - our own
        )
