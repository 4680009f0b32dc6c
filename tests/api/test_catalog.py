"""Products, locations, stock and customers: made, changed by one at a time, found."""

from typing import Any

import pytest

from api.schemas.catalog import LOCATION, PRODUCT
from tests.api.world import Client

Json = dict[str, Any]  # Any: JSON bodies
BODY = {name: value for name, value in PRODUCT.items() if name != "sku"}


async def test_a_product_is_made_read_and_not_made_twice(shop: Client, floor: Client) -> None:
    read = await floor.get("/v1/products/MUG")
    again = await shop.post("/v1/products", PRODUCT)

    assert read.json() == {
        **PRODUCT, "tracking": "none", "hazmat": False, "buyer_cap": None, "release_on": None,
        "preorder_limit": None, "active": True, "version": 1,
        "created_at": read.json()["created_at"],
    }  # fmt: skip
    assert read.headers["etag"] == '"v1"'
    assert (again.status_code, again.json()["code"]) == (409, "exists")


async def test_of_two_edits_of_one_version_the_second_is_told(shop: Client) -> None:
    await shop.post("/v1/products", PRODUCT | {"sku": "CUP/2 é"})
    path = "/v1/products/CUP/2%20%C3%A9"

    without = await shop.put(path, BODY)
    first = await shop.put(path, BODY | {"price": 1}, If_Match='"v1"')
    second = await shop.put(path, BODY | {"price": 2}, If_Match='"v1"')
    nonsense = await shop.put(path, BODY, If_Match="*")

    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    assert (first.status_code, first.headers["etag"]) == (200, '"v2"')
    assert (second.status_code, second.json()["code"], second.json()["version"]) == (412, "stale", 2)
    assert nonsense.status_code == 412
    assert (await shop.get(path)).json()["price"] == 1


async def test_products_come_in_batches_and_a_batch_again_changes_them(shop: Client) -> None:
    batch = [PRODUCT | {"sku": f"B{nth:03}"} for nth in range(500)]

    made = await shop.post("/v1/products/batch", {"products": batch})
    changed = await shop.post(
        "/v1/products/batch", {"products": [batch[0] | {"price": 7}, batch[0] | {"price": 8}]}
    )
    many = await shop.post("/v1/products/batch", {"products": [*batch, PRODUCT]})

    assert (made.json(), changed.json(), many.status_code) == ({"count": 500}, {"count": 1}, 422)
    product = (await shop.get("/v1/products/B000")).json()
    assert (product["price"], product["version"]) == (8, 2)


async def test_products_are_listed_by_sku_in_pages(shop: Client, store: Client) -> None:
    found: list[str] = []
    path = "/v1/products?limit=200"
    while path:
        answer = await store.get(path)
        found += [product["sku"] for product in answer.json()["data"]]
        path = f"/v1/products?limit=200&cursor={answer.json()['next']}" if answer.json()["next"] else ""

    assert len(found) == len(set(found))
    assert {"MUG", "B000", "B499"} <= set(found)


@pytest.mark.parametrize(
    "change",
    [
        {"price": -1},
        {"price": 1.5},
        {"price": "1"},
        {"price": True},
        {"price": 10**18},
        {"currency": "gbp"},
        {"grams": 10**12},
        {"active": "yes"},
        {"sku": "a\tb"},
        {"sku": " "},
        {"tax_class": "'; drop"},
        {"colour": "blue"},
        {"tracking": "sometimes"},
        {"hazmat": 1},
        {"buyer_cap": 0},
        {"release_on": "soon"},
        {"release_on": "9999-12-31"},
        {"preorder_limit": 5},
        {"preorder_limit": -1, "release_on": "2027-01-01"},
    ],
)
async def test_what_is_no_product_is_refused(shop: Client, change: Json) -> None:
    assert (await shop.post("/v1/products", PRODUCT | {"sku": "X"} | change)).status_code == 422


SPECIAL: Json = {
    "tracking": "lot", "hazmat": True, "buyer_cap": 3, "release_on": "2027-03-01", "preorder_limit": 100,
}  # fmt: skip


async def test_what_is_special_about_a_product_is_kept_by_each_way_to_write_it(shop: Client) -> None:
    made = await shop.post("/v1/products", PRODUCT | {"sku": "GAS"} | SPECIAL)
    put = await shop.put("/v1/products/GAS", BODY | SPECIAL | {"buyer_cap": 5}, If_Match='"v1"')
    batch = await shop.post("/v1/products/batch", {"products": [PRODUCT | {"sku": "GAS"} | SPECIAL]})
    kept = (await shop.get("/v1/products/GAS")).json()

    assert (made.status_code, put.status_code, batch.status_code) == (201, 200, 200)
    assert {name: made.json()[name] for name in SPECIAL} == SPECIAL
    assert put.json()["buyer_cap"] == 5
    assert {name: kept[name] for name in SPECIAL} == SPECIAL


async def test_a_location_is_made_changed_and_found(shop: Client, store: Client) -> None:
    body = {name: value for name, value in LOCATION.items() if name != "code"}

    made = await shop.post("/v1/locations", LOCATION | {"code": "BER", "timezone": "Europe/Berlin"})
    changed = await shop.put(
        "/v1/locations/BER", body | {"name": "Berlin", "active": False, "cutoff": "14:30"}
    )
    wrong = await shop.put("/v1/locations/BER", body | {"timezone": "../../etc/passwd"})

    assert (made.status_code, changed.status_code, wrong.status_code) == (201, 200, 422)
    told = (await store.get("/v1/locations/BER")).json()
    assert (told["name"], told["active"], told["cutoff"]) == ("Berlin", False, "14:30:00")
    assert {row["code"] for row in (await store.get("/v1/locations")).json()["data"]} == {"LON", "BER"}
    assert (await shop.put("/v1/locations/ROM", body)).status_code == 404


RULES: Json = {
    "role": "store", "workdays": [1, 6], "daily_capacity": 40, "carriers": ["UPS"],
    "serves": ["GB", "FR:75"], "hazmat": True, "ships": False, "pickup": True,
}  # fmt: skip


async def test_what_a_location_may_do_is_kept_as_it_was_said(shop: Client, store: Client) -> None:
    made = await shop.post("/v1/locations", LOCATION | {"code": "SHOP"} | RULES)

    told = (await store.get("/v1/locations/SHOP")).json()
    assert made.status_code == 201, made.text
    assert {name: told[name] for name in RULES} == RULES


@pytest.mark.parametrize(
    "change",
    [
        {"role": "kiosk"},
        {"workdays": []},
        {"workdays": [0]},
        {"workdays": [8]},
        {"workdays": [1, 1]},
        {"workdays": "12345"},
        {"daily_capacity": -1},
        {"daily_capacity": 1.5},
        {"serves": ["Britain"]},
        {"serves": ["GB:"]},
        {"serves": ["GB:SW1A 1AA long"]},
        {"carriers": [""]},
        {"hazmat": "yes"},
    ],
)
async def test_what_a_location_cannot_do_is_refused(shop: Client, change: Json) -> None:
    refused = await shop.post("/v1/locations", LOCATION | {"code": "ODD"} | change)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), refused.text
    assert (await shop.get("/v1/locations/ODD")).status_code == 404


async def test_a_location_is_closed_on_a_day_and_opened_again(
    shop: Client, store: Client, floor: Client
) -> None:
    path = "/v1/locations/LON/closures"

    for day, reason in (("2026-12-25", "Christmas"), ("2026-12-24", ""), ("2026-12-25", "Christmas Day")):
        assert (await shop.put(f"{path}/{day}", {"reason": reason})).status_code == 200
    first = (await store.get(f"{path}?limit=1")).json()
    second = (await store.get(f"{path}?limit=1&cursor={first['next']}")).json()
    opened = await shop.call("DELETE", f"{path}/2026-12-24")
    again = await shop.call("DELETE", f"{path}/2026-12-24")

    assert first["data"] == [{"day": "2026-12-24", "reason": ""}]
    assert (second["data"], second["next"]) == ([{"day": "2026-12-25", "reason": "Christmas Day"}], None)
    assert (opened.status_code, again.status_code) == (204, 404)
    assert (await store.get(path)).json()["data"] == second["data"]
    refused = [
        await shop.put(f"{path}/2026-02-30", {}),
        await shop.put(f"{path}/0001-01-01", {}),
        await store.put(f"{path}/2026-12-26", {}),
        await shop.put("/v1/locations/ROM/closures/2026-12-26", {}),
        await shop.get(f"{path}?cursor=nonsense"),
    ]
    assert [answer.status_code for answer in refused] == [422, 422, 403, 404, 422]


async def test_stock_comes_in_one_by_one_and_in_batches(shop: Client, floor: Client, store: Client) -> None:
    one = await floor.post("/v1/stock/receipts", {"sku": "MUG", "location": "LON", "units": 40})
    many = [{"sku": "MUG", "location": "LON", "units": 2}, {"sku": "B001", "location": "LON", "units": 5}]
    both = await floor.post("/v1/stock/receipts", {"receipts": many})

    assert one.json()["data"] == [
        {"sku": "MUG", "location": "LON", "on_hand": 40, "reserved": 0, "safety": 0, "available": 40}
    ]
    assert [row["on_hand"] for row in both.json()["data"]] == [5, 42]
    assert [row["sku"] for row in (await store.get("/v1/stock?location=LON")).json()["data"]] == [
        "B001",
        "MUG",
    ]
    assert (await store.get("/v1/stock?sku=MUG&location=LON")).json()["data"][0]["on_hand"] == 42


REFUSED = [
    ({"sku": "NOWHERE", "location": "LON", "units": 1}, 422),
    ({"sku": "B002", "location": "NOWHERE", "units": 1}, 422),
    ({"sku": "B002", "location": "LON", "units": 0}, 422),
    ({"sku": "B002", "location": "LON", "units": 1.5}, 422),
    ({"sku": "B002", "location": "LON", "units": -1}, 409),
    (
        {
            "receipts": [
                {"sku": "B002", "location": "LON", "units": 1},
                {"sku": "NO", "location": "LON", "units": 1},
            ]
        },
        422,
    ),
    ({"receipts": []}, 422),
]


@pytest.mark.parametrize(("body", "status"), REFUSED)
async def test_a_receipt_that_cannot_be_changes_nothing(
    shop: Client, floor: Client, body: Json, status: int
) -> None:
    answer = await floor.post("/v1/stock/receipts", body)

    assert answer.status_code == status, answer.text
    assert (await floor.get("/v1/stock?sku=B002")).json()["data"] == []


async def test_what_is_kept_from_buyers_is_set_and_listed(shop: Client, floor: Client, store: Client) -> None:
    await shop.post("/v1/products", PRODUCT | {"sku": "CUP"})
    await floor.post("/v1/stock/receipts", {"sku": "CUP", "location": "LON", "units": 9})
    place = {"sku": "CUP", "location": "LON"}

    safety = await shop.put("/v1/stock/safety", place | {"units": 4})
    buffer = await shop.put("/v1/stock/buffers", place | {"channel": "market", "units": 3})
    quota = await shop.put("/v1/stock/quotas", {"channel": "market", "sku": "CUP", "at_most": 7})
    by_store = await store.put("/v1/stock/safety", place | {"units": 0})

    assert (safety.json()["safety"], safety.json()["available"], by_store.status_code) == (4, 5, 403)
    assert (await store.get("/v1/stock/buffers")).json()["data"] == [buffer.json()]
    assert (await store.get("/v1/stock/quotas")).json()["data"] == [quota.json()]
    assert quota.json() == {"channel": "market", "sku": "CUP", "at_most": 7, "taken": 0}
    await shop.put("/v1/stock/buffers", place | {"channel": "market", "units": 0})
    assert (await store.get("/v1/stock/buffers")).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("safety", {"sku": "NO", "location": "LON", "units": 1}),
        ("safety", {"sku": "MUG", "location": "NO", "units": 1}),
        ("safety", {"sku": "MUG", "location": "LON", "units": -1}),
        ("buffers", {"sku": "MUG", "location": "LON", "units": 1}),
        ("buffers", {"channel": "web", "sku": "MUG", "location": "NO", "units": 1}),
        ("quotas", {"channel": "web", "sku": "NO", "at_most": 1}),
        ("quotas", {"channel": "W E B", "sku": "MUG", "at_most": 1}),
    ],
)
async def test_what_cannot_be_kept_back_is_refused(shop: Client, path: str, body: Json) -> None:
    assert (await shop.put(f"/v1/stock/{path}", body)).status_code == 422


async def test_lots_come_in_by_name_and_are_listed(shop: Client, floor: Client, store: Client) -> None:
    await shop.post("/v1/products", PRODUCT | {"sku": "PILL", "tracking": "lot"})
    lot = {"sku": "PILL", "location": "LON", "units": 4, "lot": "B7", "expires_on": "2027-03-31"}

    nameless = await floor.post("/v1/stock/receipts", {"sku": "PILL", "location": "LON", "units": 4})
    taken = await floor.post("/v1/stock/receipts", lot)
    other_day = await floor.post("/v1/stock/receipts", lot | {"expires_on": "2027-04-01"})
    untracked = await floor.post("/v1/stock/receipts", lot | {"sku": "MUG"})

    assert [answer.status_code for answer in (nameless, taken, other_day, untracked)] == [422, 201, 422, 422]
    assert (await store.get("/v1/stock/lots?sku=PILL")).json()["data"] == [
        {name: lot[name] for name in ("sku", "location", "lot", "expires_on")} | {"on_hand": 4, "reserved": 0}
    ]


async def test_how_a_product_is_tracked_stays_while_it_is_in_stock(shop: Client, floor: Client) -> None:
    await shop.post("/v1/products", PRODUCT | {"sku": "VIAL", "tracking": "lot"})
    vial = {"sku": "VIAL", "location": "LON", "units": 2, "lot": "A"}
    await floor.post("/v1/stock/receipts", vial)

    refused = await shop.put("/v1/products/VIAL", BODY, If_Match='"v1"')
    batch = await shop.post("/v1/products/batch", {"products": [PRODUCT | {"sku": "VIAL"}]})
    await floor.post("/v1/stock/receipts", vial | {"units": -2})
    changed = await shop.put("/v1/products/VIAL", BODY, If_Match='"v1"')

    assert [answer.status_code for answer in (refused, batch, changed)] == [409, 409, 200]
    assert (await shop.get("/v1/products/VIAL")).json()["tracking"] == "none"


async def test_a_customer_is_made_changed_and_found(shop: Client, store: Client) -> None:
    body = {
        "name": "Grace",
        "email": "grace@example.com",
        "external_id": "crm-1",
        "phone": "+44 20 7946 0958",
    }

    made = await store.post("/v1/customers", body)
    path = made.headers["location"]
    twice = await store.post("/v1/customers", body)
    other = await store.post("/v1/customers", body | {"external_id": "crm-2"})
    changed = await store.put(path, body | {"name": "Grace Hopper"}, If_Match=made.headers["etag"])
    stale = await store.put(path, body, If_Match=made.headers["etag"])
    clash = await store.put(path, body | {"external_id": "crm-2"}, If_Match='"v2"')

    assert (made.status_code, made.json()["phone"]) == (201, "+442079460958")
    assert (twice.status_code, twice.json()["customer_id"]) == (409, made.json()["id"])
    assert (changed.status_code, stale.status_code, clash.status_code) == (200, 412, 409)
    assert (await store.get(path)).json()["name"] == "Grace Hopper"
    found = (await store.get("/v1/customers?filter[email]=GRACE@example.com")).json()["data"]
    assert [row["id"] for row in found] == [made.json()["id"], other.json()["id"]]
    named = (await store.get("/v1/customers?filter[external_id]=crm-2")).json()["data"]
    assert [row["id"] for row in named] == [other.json()["id"]]


async def test_what_a_unit_costs_is_set_with_a_receipt_or_alone_and_told_to_operations_only(
    shop: Client, staff: Client, floor: Client, store: Client
) -> None:
    receipt = {"sku": "MUG", "location": "LON", "units": 1, "unit_cost": 410}
    levels = "/v1/stock?sku=MUG&location=LON"

    received = await staff.post("/v1/stock/receipts", receipt)
    (seen,) = (await staff.get(levels)).json()["data"]
    (hidden,) = (await store.get(levels)).json()["data"]
    (on_floor,) = (await floor.get(levels)).json()["data"]
    said = await staff.put("/v1/stock/costs", {"sku": "MUG", "location": "LON", "unit_cost": 395})
    (after,) = (await staff.get(levels)).json()["data"]

    assert received.status_code == 201
    assert "unit_cost" not in received.json()["data"][0]
    assert (seen["unit_cost"], hidden["unit_cost"], on_floor["unit_cost"]) == (410, None, None)
    assert said.json() == {"sku": "MUG", "location": "LON", "unit_cost": 395, "currency": "GBP"}
    assert (after["unit_cost"], after["on_hand"]) == (395, seen["on_hand"])


async def test_who_may_not_say_what_a_unit_costs_changes_nothing(shop: Client, floor: Client) -> None:
    levels = "/v1/stock?sku=MUG&location=LON"
    before = (await shop.get(levels)).json()
    cost = {"sku": "MUG", "location": "LON", "unit_cost": 1}

    answers = [
        await floor.post("/v1/stock/receipts", cost | {"units": 1}),
        await floor.put("/v1/stock/costs", cost),
        await shop.put("/v1/stock/costs", cost | {"unit_cost": -1}),
        await shop.put("/v1/stock/costs", cost | {"sku": "TEA"}),
        await shop.put("/v1/stock/costs", cost | {"location": "OSL"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 422, 422, 422]
    assert (await shop.get(levels)).json() == before
