"""The stories of `demo after`: what happens to an order once it was placed, and once it has arrived."""

from collections.abc import Sequence

from orderwright.cli.client import Json
from orderwright.cli.demonstration.goods import BOTH, Good
from orderwright.cli.demonstration.shop import Shop
from orderwright.cli.demonstration.stories import DELIVERED, Story

GOODS = (
    Good("PIANO", "Toy piano, walnut", 120_000, BOTH, grams=9_000),
    Good("LAMP", "Reading lamp", 3900, BOTH),
    Good("MUG", "Mug, blue", 1250, BOTH),
)
"""A piano waits for approval: there is time to change one's mind."""


async def _edited(shop: Shop) -> None:
    await shop.place(PIANO=1)
    await shop.until_held("approval")
    wanted: Json = {"changes": [{"kind": "add_line", "sku": "LAMP", "quantity": 2}], "reason": "called us"}
    shop.now = "what would two lamps more be?"
    seen = await shop.do("changes/preview", wanted)
    shop.seen.append(f"{seen['further']} more")
    shop.now = "two lamps more"
    await shop.do("changes", wanted | {"fingerprint": seen["fingerprint"]})
    await shop.do("approve")


async def _line_canceled(shop: Shop) -> None:
    await shop.place(PIANO=1, MUG=3)
    await shop.until_held("approval")
    await shop.do("cancel", {"lines": [{"sku": "MUG", "quantity": 2}], "reason": "one is enough"})
    await shop.do("approve")


async def _late(shop: Shop) -> None:
    await _sent(shop, "failure")
    case = await _case(shop, "delayed")
    shop.now = "the parcel comes after all"
    (parcel,) = (await shop.read())["shipments"]
    await shop.world.scan(parcel["tracking_code"], "delivered")
    await _decided(shop, case["id"])


async def _lost(shop: Shop) -> None:
    await _sent(shop, "lost")
    case = await _case(shop, "lost")
    shop.now = "sent again, at no cost"
    await shop.api.post(f"/v1/cases/{case['id']}/decide", {"way": "reship", "why": "the carrier lost it"})
    await _decided(shop, case["id"])
    await shop.until("the second parcel", lambda order: order["status"]["fulfillment"] == "delivered")


async def _damaged(shop: Shop) -> None:
    await shop.place(MUG=2)
    order = await shop.settled()
    parcel = order["shipments"][0]["id"]
    line = order["lines"][0]["id"]
    shop.now = "one of two mugs is broken"
    case = await shop.do(
        "cases", {"shipment_id": parcel, "kind": "damaged", "lines": [{"line_id": line, "units": 1}]}
    )
    await shop.api.post(f"/v1/cases/{case['id']}/decide", {"way": "refund", "why": "a picture was sent"})
    await _decided(shop, case["id"])
    await _paid_back(shop)


async def _returned(shop: Shop) -> None:
    await shop.place(LAMP=2)
    await shop.settled()
    shop.now = "two lamps come back"
    asked = await shop.do(
        "returns", {"lines": [{"sku": "LAMP", "quantity": 2, "reason": "changed_mind"}], "method": "label"}
    )
    path = f"/v1/returns/{asked['number']}"
    labeled = await shop.look(path, "its label", lambda one: bool((one["parcel"] or {}).get("tracking_code")))
    for status in ("in_transit", "delivered"):
        await shop.world.scan(labeled["parcel"]["tracking_code"], status)
    shop.now = "received, one damaged"
    await shop.api.post(f"{path}/receive", {"lines": [{"sku": "LAMP", "quantity": 2, "damaged": 1}]})
    await shop.api.post(f"{path}/inspect", {"lines": [
        {"sku": "LAMP", "quantity": 1, "condition": "as_new", "disposition": "restock"},
        {"sku": "LAMP", "quantity": 1, "condition": "damaged", "disposition": "write_off",
         "deduct_ppm": 500_000},
    ]})  # fmt: skip
    await shop.look(path, "its end", lambda one: one["state"] == "resolved")
    shop.seen.append("return resolved")
    await _paid_back(shop)


async def _sent(shop: Shop, ends: str) -> None:
    """An order whose parcel comes to this end."""
    await shop.place(PIANO=1)
    await shop.until_held("approval")
    await shop.bend("easypost", "track", {"order_id": shop.order_id}, value=ends, times=1)
    await shop.do("approve")


async def _case(shop: Shop, kind: str) -> Json:
    """The case that is opened before its customer asks."""
    shop.now = f"until it is found: {kind}"
    of_it = {"filter[order_id]": shop.order_id, "filter[kind]": kind}
    listed = await shop.look("/v1/cases", f"a case: {kind}", lambda one: bool(one["data"]), **of_it)
    case: Json = listed["data"][0]
    return case


async def _decided(shop: Shop, case_id: str) -> None:
    case = await shop.look(f"/v1/cases/{case_id}", "its decision", lambda one: one["state"] != "open")
    shop.seen.append(f"{case['kind']}: {case['outcome']}")


async def _paid_back(shop: Shop) -> None:
    await shop.until(
        "its refund",
        lambda order: order["refunds"] and all(r["state"] == "succeeded" for r in order["refunds"]),
    )


STORIES: Sequence[Story] = (
    Story("changed: two lamps more, paid", _edited, (*DELIVERED, "7800 more")),
    Story("two of three mugs canceled", _line_canceled, DELIVERED),
    Story("late, found before anybody asks", _late, (*DELIVERED, "delayed: arrived", "world: track")),
    Story("lost, sent again at no cost", _lost, (*DELIVERED, "2 labels", "lost: reship", "world: track")),
    Story(
        "one of two arrives broken", _damaged,
        ("completed", "partly charged", "1 refund", "damaged: refund"),
    ),
    Story(
        "two come back, one damaged", _returned,
        ("completed", "partly charged", "return resolved", "1 refund"),
    ),
)  # fmt: skip
