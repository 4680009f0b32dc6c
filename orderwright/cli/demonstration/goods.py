"""What the demo's shop sells, and where it lies: stories that bend the world have products of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from orderwright.cli.client import Api, Json, Problem

CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Good:
    """A product: price in pence, and the units that each location receives before the demo begins."""

    sku: str
    name: str
    price: int
    stock: dict[str, int] = field(default_factory=dict)
    grams: int = 400


BOTH = {"LONDON": 20, "LEEDS": 20}
GOODS = (
    Good("MUG", "Mug, blue", 1250, BOTH),
    Good("LAMP", "Reading lamp", 3900, BOTH),
    Good("PIANO", "Toy piano, walnut", 120_000, BOTH, grams=9_000),
    Good("HARP", "Small harp", 30_000, BOTH, grams=5_000),
    Good("SAMPLE", "Color sample, free", 0, BOTH, grams=20),
    Good("CHAIR", "Garden chair", 8900, {"LONDON": 5}, grams=4_000),
    Good("TABLE", "Garden table", 15_900, {"LEEDS": 5}, grams=12_000),
    Good("GLOBE", "Globe, which the first warehouse cannot find", 4500, {"LONDON": 2, "LEEDS": 2}),
    Good("VASE", "Vase, canceled before it is picked", 5200, BOTH),
    Good("CLOCK", "Clock, whose warehouse gives nothing back", 6100, BOTH),
    Good("BELL", "Bell, of which everything is told twice", 1900, BOTH),
    Good("GLOVES", "Gloves, whose payment is answered by silence", 4777, BOTH),
    Good("RUG", "Rug, not in stock at first", 7400),
    Good("KITE", "Kite, not in stock at all", 2600),
)


def place(code: str, city: str, postal_code: str, latitude: float, longitude: float, **more: Any) -> Json:
    """A location as the API takes it: a partner's warehouse unless `more` says otherwise (Any: JSON)."""
    name = f"{more.get('role', 'warehouse').title()} {city}"
    address = {
        "name": name,
        "line1": "1 Dock Road",
        "city": city,
        "postal_code": postal_code,
        "country": "GB",
    }
    return {
        "code": code, "name": name, "kind": "http", "address": address, "latitude": latitude,
        "longitude": longitude, "timezone": "Europe/London", **more,
    }  # fmt: skip


LOCATIONS = (
    place("LONDON", "London", "E14 9GE", 51.5, -0.02),
    place("LEEDS", "Leeds", "LS1 4AP", 53.8, -1.55),
)


SELLER: Json = {
    "address": {
        "name": "Example Ltd",
        "line1": "1 Dock Road",
        "city": "London",
        "postal_code": "E14 9GE",
        "country": "GB",
    },
    "tax_id": "GB123456789",
    "email": "billing@shop.example",
}


async def stocked(
    api: Api, run: str, goods: Sequence[Good] = GOODS, places: Sequence[Json] = LOCATIONS
) -> None:
    """Make the shop ready; `run` makes a second demo on the same record receive again, and a repeat not."""
    if not (await api.get("/v1/sellers"))["data"]:  # who has named himself stays named
        await api.put("/v1/sellers/*", SELLER)
    for location in places:
        try:
            await api.post("/v1/locations", location)
        except Problem as problem:
            if problem.code != "exists":
                raise
    products = [
        {"sku": good.sku, "name": good.name, "price": good.price, "currency": CURRENCY, "grams": good.grams}
        for good in goods
    ]
    await api.post("/v1/products/batch", {"products": products})
    receipts = [
        {"sku": good.sku, "location": location, "units": units, "reason": "opening stock of the demo"}
        for good in goods
        for location, units in good.stock.items()
    ]
    await api.post("/v1/stock/receipts", {"receipts": receipts}, once=f"demo-stock-{run}")
