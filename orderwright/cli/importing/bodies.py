"""What the API is sent for a sale: products, stock, the order. The same file gives the same bodies."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from orderwright.cli.client import Json
from orderwright.cli.importing.credits import Credit
from orderwright.cli.importing.places import COUNTRIES
from orderwright.cli.importing.retail import CURRENCY, Reading, Sale

CHANNEL = "import"
HEAVIEST_ORDER = 60_000
"""Grams. The file has no weights, and none is made up that no carrier would take (they take 68 kg)."""
USUAL_WEIGHT = 150
BATCH = 500
RULES = "Online Retail"
"""How the rules for its returns, and the returns, are known again."""
GROSS = "retail-gross"
GROSS_RATES = (("2010-01-01", 175_000), ("2011-01-04", 200_000))
"""The United Kingdom's standard rate of VAT while the file was written, in millionths."""


def _warehouse(
    code: str, name: str, country: str, latitude: float, longitude: float, zone: str, handling: int
) -> Json:
    """A location in the city of the file's country of that name."""
    place = COUNTRIES[country]
    return {
        "code": code, "name": name, "kind": "http", "latitude": latitude, "longitude": longitude,
        "timezone": zone, "cutoff": "16:00:00", "handling_cost": handling,
        "address": {
            "name": name, "line1": f"1 {place.street}", "city": place.city,
            "postal_code": place.postal_code, "country": place.code,
        },
    }  # fmt: skip


LOCATIONS = (
    _warehouse("RETAIL", "Online Retail's warehouse", "United Kingdom", 51.51, -0.1, "Europe/London", 0),
    _warehouse("RETAIL-DE", "The warehouse in Berlin", "Germany", 52.53, 13.38, "Europe/Berlin", 60),
    _warehouse("RETAIL-FR", "The warehouse in Paris", "France", 48.86, 2.34, "Europe/Paris", 80),
    _warehouse("RETAIL-IE", "The warehouse in Dublin", "EIRE", 53.34, -6.27, "Europe/Dublin", 40),
    _warehouse("RETAIL-2", "The second one in London", "United Kingdom", 51.6, 0.1, "Europe/London", 20),
)
"""The first one is the seller's; the others are made up, to try rules for the choice between several."""

SELDOM = 16
"""Of so many products one does not lie in the first location."""


def weights(sales: Iterable[Sale]) -> dict[str, int]:
    """Grams per product: the usual, or less where an order of thousands would be too heavy for a parcel."""
    found: dict[str, int] = {}
    for sale in sales:
        most = HEAVIEST_ORDER // sale.units
        for line in sale.lines:
            found[line.sku] = min(found.get(line.sku, USUAL_WEIGHT), most)
    return found


def gross_rates() -> Json:
    """The tax that the file's prices are taken to hold, wherever the goods go."""
    return {
        "rates": [
            {"tax_class": GROSS, "country": "*", "rate_ppm": ppm, "inclusive": True, "valid_from": day}
            for day, ppm in GROSS_RATES
        ]
    }


def products(
    reading: Reading, sales: Iterable[Sale], grams: Mapping[str, int], *, gross: bool = False
) -> Iterator[Json]:
    """Batches of the catalog entries that these sales need."""
    taxed = {"tax_class": GROSS} if gross else {}
    needed = sorted({line.sku for sale in sales for line in sale.lines})
    entries = [
        {
            "sku": sku, "name": reading.names.get(sku, sku), "price": reading.prices.get(sku, 0),
            "currency": CURRENCY, "grams": grams.get(sku, USUAL_WEIGHT), "length_mm": 120, "width_mm": 80,
            "height_mm": 5, **taxed,
        }
        for sku in needed
    ]  # fmt: skip
    for start in range(0, len(entries), BATCH):
        yield {"products": entries[start : start + BATCH]}


def shelves(sku: str, locations: int) -> list[str]:
    """Where a product lies: the same one to three of so many locations each time, most in the first too."""
    first, *others = [location["code"] for location in LOCATIONS[:locations]]
    dice = hashlib.sha256(sku.encode()).digest()
    ranked = sorted(others, key=lambda code: hashlib.sha256(f"{sku}/{code}".encode()).digest())
    places = ranked if ranked and dice[0] % SELDOM == 0 else [first, *ranked]
    return places[: 1 + dice[1] % 3]


def receipts(sales: Iterable[Sale], locations: int = 1) -> Iterator[Json]:
    """Batches of receipts that make these sales possible; each of a product's locations gets all it needs."""
    units: Counter[str] = Counter()
    for sale in sales:
        for line in sale.lines:
            units[line.sku] += line.units
    entries = [
        {
            "sku": sku,
            "location": location,
            "units": units[sku],
            "reason": "opening stock of the import",
        }
        for sku in sorted(units)
        for location in shelves(sku, locations)
    ]
    for start in range(0, len(entries), BATCH):
        yield {"receipts": entries[start : start + BATCH]}


def order(sale: Sale) -> Json:
    """The order: agreed prices, the file's time, a made-up address and nobody's name."""
    place = COUNTRIES[sale.country]
    name = f"Customer {sale.customer}" if sale.customer else "A customer without a number"
    known = {
        "external_id": f"online-retail-{sale.customer}", "email": f"customer-{sale.customer}@example.com",
    } if sale.customer else {}  # fmt: skip
    return {
        "channel": CHANNEL,
        "external_id": sale.invoice,
        "customer": {"name": name, **known},
        "ship_to": {
            "name": name, "line1": f"{_house(sale)} {place.street}", "city": place.city,
            "postal_code": place.postal_code, "region": place.region, "country": place.code,
        },
        "lines": [_line(line.sku, line.units, line.price) for line in sale.lines],
        "currency": CURRENCY,
        "payment": {"method": "card", "source": "pm_card_visa"},
        "shipping_amount": sale.shipping,
        "placed_at": sale.placed_at.isoformat(),
    }  # fmt: skip


def refund(credit: Credit, placed: Json) -> Json:
    """Units of the order's lines."""
    return {"lines": _given_back(credit, placed), "reason": f"credit {credit.invoice}"}


def return_rules() -> Json:
    """Staff approves each, nobody pays for the way, nothing is kept, and all that is here came in time."""
    rule = {"reason": "other", "window_days": 365, "by_person": True, "customer_pays": False}
    return {"reasons": [rule], "note": RULES}


def sent_back(credit: Credit, placed: Json) -> Json:
    """The return that the credit tells of; the file says neither why nor how it came."""
    lines = [{**line, "reason": "other"} for line in _given_back(credit, placed)]
    return {"lines": lines, "method": "own_transport", "note": return_note(credit)}


def return_note(credit: Credit) -> str:
    """By which the return is known again."""
    return f"{RULES}: {credit.invoice} takes back of {credit.sale}"


def received(sent: Json) -> Json:
    """All that was announced and is not here yet."""
    lines = [(line, line["units"] - line["received"] - line["missing"]) for line in sent["lines"]]
    return {
        "lines": [{"line_id": line["line_id"], "quantity": units} for line, units in lines if units],
    }


def inspected(sent: Json) -> Json:
    """All that is here, as new, and on the shelf again."""
    fine = {"condition": "as_new", "disposition": "restock"}
    return {
        "lines": [
            {"line_id": line["line_id"], "quantity": line["received"], **fine}
            for line in sent["lines"]
            if line["received"]
        ]
    }


def _given_back(credit: Credit, placed: Json) -> list[Json]:
    """The order's lines stand in the order in which the sale had them."""
    lines = sorted(placed["lines"], key=lambda line: line["position"])
    return [
        {"line_id": lines[place]["id"], "quantity": units} for place, units in sorted(credit.units.items())
    ]


def _line(sku: str, units: int, price: int) -> Json:
    return {"sku": sku, "quantity": units, "unit_price": price}


def _house(sale: Sale) -> int:
    return 1 + int(sale.customer or 0) % 200 if sale.customer.isdigit() else 1


def chunks(sales: Sequence[Sale], size: int) -> Iterator[tuple[int, Sequence[Sale]]]:
    """Blocks of `size` sales by number. A block does not depend on any limit, so its receipts are the same
    whatever the limit of an earlier run was.
    """
    for start in range(0, len(sales), size):
        yield start // size, sales[start : start + size]
