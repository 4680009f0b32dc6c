"""Vendor returns over HTTP: gathered, shipped, settled once; what does not fit is told."""

from tests.api.conftest import Json
from tests.api.test_returns import arrived
from tests.api.world import Client, World


async def test_units_for_the_vendor_are_gathered_shipped_and_settled(
    world: World, shop: Client, store: Client, staff: Client, floor: Client, new_order: Json
) -> None:
    order = await arrived(world, shop, new_order)
    wish = {"lines": [{"sku": "MUG", "quantity": 2, "reason": "defective"}], "method": "own_transport"}
    made = (await store.post(f"/v1/orders/{order['number']}/returns", wish)).json()
    await floor.post(f"/v1/returns/{made['number']}/receive", {"lines": [{"sku": "MUG", "quantity": 2}]})
    found = {"sku": "MUG", "quantity": 2, "condition": "damaged", "disposition": "to_vendor"}
    await floor.post(f"/v1/returns/{made['number']}/inspect", {"lines": [found]})
    body = {"vendor": "MAKER", "location": made["location"]}

    seen = (await floor.get(f"/v1/vendor-returns/waiting?filter[location]={made['location']}")).json()["data"]
    too_many = await floor.post("/v1/vendor-returns", {**body, "lines": [{"sku": "MUG", "quantity": 3}]})
    nowhere = await floor.post("/v1/vendor-returns", {**body, "location": "NOWHERE"})
    opened = await floor.post("/v1/vendor-returns", body)
    path = f"/v1/vendor-returns/{opened.json()['number']}"
    early = await staff.post(f"{path}/settle", {"credit": 0, "currency": "GBP"})
    sent = await floor.post(f"{path}/ship", {"authorization_number": "RMA-9", "carrier": "UPS"})
    called_off = await floor.post(f"{path}/cancel")
    answer = {
        "credit": 800, "currency": "GBP", "reference": "CN-77",
        "refused": [{"sku": "MUG", "quantity": 1, "becomes": "write_off"}],
    }  # fmt: skip
    forbidden = await floor.post(f"{path}/settle", answer)
    settled = await staff.post(f"{path}/settle", answer)
    again = await staff.post(f"{path}/settle", answer)

    assert [(one["sku"], one["units"]) for one in seen] == [("MUG", 2)]
    assert (too_many.status_code, too_many.json()["waiting"], nowhere.status_code) == (409, 2, 404)
    assert (opened.status_code, opened.json()["state"], opened.json()["number"][:4]) == (201, "open", "RTV-")
    assert opened.json()["lines"][0]["return_number"] == made["number"]
    assert (early.status_code, early.json()["state"]) == (409, "open")
    assert (sent.json()["state"], sent.json()["authorization_number"]) == ("shipped", "RMA-9")
    assert (called_off.status_code, forbidden.status_code) == (409, 403)
    assert (settled.json()["credit"], settled.json()["lines"][0]["refused"]) == (800, 1)
    assert again.status_code == 409
    listed = (await floor.get("/v1/vendor-returns?filter[state]=settled")).json()["data"]
    assert [one["number"] for one in listed] == [opened.json()["number"]]


async def test_a_sku_is_named_once(floor: Client) -> None:
    lines = [{"sku": "MUG", "quantity": 1}, {"sku": "MUG"}]

    answer = await floor.post("/v1/vendor-returns", {"vendor": "MAKER", "location": "LON", "lines": lines})

    assert answer.status_code == 422
