"""The stories of `demo after`: what happens to an order once it was placed, and once it has arrived."""

from collections.abc import Sequence

from orderwright.cli.client import Json
from orderwright.cli.demonstration.goods import BOTH, Good
from orderwright.cli.demonstration.shop import Shop
from orderwright.cli.demonstration.stories import DELIVERED, Story

GOODS = (
    Good("PIANO", "Toy piano, walnut", 120_000, BOTH, grams=9_000),
    Good("LAMP", "Reading lamp", 3900, BOTH),
    Good("FLOORLAMP", "Floor lamp", 5900, BOTH),
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


async def _exchanged(shop: Shop) -> None:
    """A dearer lamp leaves at once, for a security; the other comes back, and the security is let go."""
    await shop.place(LAMP=1)
    await shop.settled()
    wanted: Json = {
        "lines": [{"sku": "LAMP", "quantity": 1, "reason": "not_as_described"}], "method": "own_transport",
        "exchange": [{"sku": "FLOORLAMP", "quantity": 1}], "ship_first": True,
    }  # fmt: skip
    shop.now = "what would a floor lamp be?"
    terms = (await shop.do("returns/preview", wanted))["exchange"]
    shop.seen.append(f"{terms['owed']} owed, {terms['security']} held")
    shop.now = "a floor lamp, before the other is back"
    back = await shop.do("returns", wanted)
    path, new = f"/v1/returns/{back['number']}", f"/v1/orders/{back['exchange']['order_id']}"
    await shop.look(new, "the new lamp", lambda one: one["status"]["fulfillment"] == "delivered")
    held = (await shop.api.get(path))["exchange"]
    shop.seen.append(f"new goods there, security {held['security_state']}")
    shop.now = "the other lamp comes back"
    await shop.api.post(f"{path}/receive", {"lines": [{"sku": "LAMP", "quantity": 1}]})
    await shop.api.post(f"{path}/inspect", {"lines": [
        {"sku": "LAMP", "quantity": 1, "condition": "as_new", "disposition": "restock"},
    ]})  # fmt: skip
    ended = await shop.look(path, "its end", lambda one: one["state"] == "resolved")
    order = await shop.look(new, "its end", lambda one: bool(one["settled_at"]))
    paid = ", ".join(f"{one['captured']} by {one['method']}" for one in order["payments"] if one["captured"])
    shop.seen += [f"security {ended['exchange']['security_state']}", f"{order['state']}: {paid}"]
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
    Story(
        "an uneven exchange shipped first", _exchanged,
        (
            "completed", "1 refund", "2000 owed, 3900 held", "new goods there, security authorized",
            "security voided", "completed: 3900 by exchange, 2000 by card",
        ),
    ),
)  # fmt: skip
