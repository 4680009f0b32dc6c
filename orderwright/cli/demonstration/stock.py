"""The stories of `demo stock`: from where the goods come, and what happens where they are not there."""

import asyncio
from collections.abc import Sequence

from orderwright.cli.client import Json
from orderwright.cli.demonstration.flash import SKU, UNITS
from orderwright.cli.demonstration.goods import LOCATIONS, Good, place
from orderwright.cli.demonstration.shop import LOOK_S, PATIENCE_S, NeverCame, Shop
from orderwright.cli.demonstration.stories import DELIVERED, Story

GOODS = (
    Good(SKU, "Socks of the day", 890, {"LONDON": UNITS}, grams=60),
    Good("CHAIR", "Garden chair", 8900, {"LONDON": 5}, grams=4_000),
    Good("TABLE", "Garden table", 15_900, {"LEEDS": 5}, grams=12_000),
    Good("GLOBE", "Globe, which the first warehouse cannot find", 4500, {"LONDON": 2, "LEEDS": 2}),
    Good("LANTERN", "Lantern, of which one is there", 3300, {"LONDON": 1}),
    Good("PRINT", "Print, to be collected", 2400, {"SHOP": 3}),
    Good("BENCH", "Bench, shipped by its maker", 21_900, {"MAKER": 5}, grams=18_000),
)
PLACES = (
    *LOCATIONS,
    place("SHOP", "London", "SW1Y 4JH", 51.51, -0.13, kind="station", role="store", ships=False, pickup=True),
    place("MAKER", "Sheffield", "S1 2BJ", 53.38, -1.47, kind="supplier", role="supplier"),
)


async def _split(shop: Shop) -> None:
    await shop.place(CHAIR=2, TABLE=1)


async def _backorder(shop: Shop) -> None:
    await shop.place(LANTERN=3, policy="ship_available")
    shop.now = "one lantern ships, two follow"
    await _until_backordered(shop, 2)
    shop.now = "two lanterns have come in"
    await shop.api.post("/v1/stock/receipts", {"sku": "LANTERN", "location": "LEEDS", "units": 2})


async def _until_backordered(shop: Shop, units: int) -> None:
    for _ in range(int(PATIENCE_S / LOOK_S)):
        order = await shop.read()
        if sum(line["backordered"] for line in order["lines"]) == units and order["fulfillment_orders"]:
            return
        await asyncio.sleep(LOOK_S)
    raise NeverCame("nothing was backordered")


async def _pickup(shop: Shop) -> None:
    await shop.place(PRINT=1, method="pickup", pickup_at="SHOP", ship_to=None)
    part = await _part(shop, "released")
    for step in ("accept", "pick", "ready"):
        shop.now = f"the shop: {step}"
        await shop.api.post(f"/v1/fulfillment-orders/{part['id']}/{step}", {})
    code = (await _part(shop, "in_progress"))["pickup_code"]
    shop.now = "the customer is at the counter"
    await shop.api.post(f"/v1/fulfillment-orders/{part['id']}/collect", {"code": code})


async def _part(shop: Shop, state: str) -> Json:
    for _ in range(int(PATIENCE_S / LOOK_S)):
        for part in (await shop.read())["fulfillment_orders"]:
            if part["state"] == state:
                found: Json = await shop.api.get(f"/v1/fulfillment-orders/{part['id']}")
                return found
        await asyncio.sleep(LOOK_S)
    raise NeverCame(f"no part is {state}")


async def _drop_shipped(shop: Shop) -> None:
    await shop.place(BENCH=1)


async def _rejected_there(shop: Shop) -> None:
    await shop.bend("warehouse", "reject", {"sku": "GLOBE"}, times=1, value="cannot find it")
    await shop.place(GLOBE=1)


STORIES: Sequence[Story] = (
    Story("split over two locations", _split, (*DELIVERED, "2 parts")),
    Story("one ships, a receipt fills the rest", _backorder, (*DELIVERED, "2 parts")),
    Story("collected in the shop with a code", _pickup, (*DELIVERED, "1 part", "0 labels")),
    Story("the maker ships it himself", _drop_shipped, (*DELIVERED, "1 part")),
    Story("one warehouse rejects, another ships", _rejected_there, (*DELIVERED, "1 part", "world: reject")),
)
