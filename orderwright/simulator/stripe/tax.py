"""Stripe Tax: what is owed on a sale, by a few rates of its own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from orderwright.simulator.http import whole
from orderwright.simulator.stripe.errors import invalid, missing
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

HOME = "DE"
UNION = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
     "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"]
)  # fmt: skip
VAT = {"DE": "19.0", "FR": "20.0", "GB": "20.0", "GR": "24.0", "JP": "10.0", "CH": "8.1"}
SALES = {
    "NY": (("state", "4.0"), ("city", "4.5"), ("district", "0.375")),
    "CA": (("state", "6.0"), ("county", "1.25")),
}
UNTAXABLE, POSTAGE = "txcd_00000000", "txcd_92010001"
SHOWN = 10
Levels = Sequence[tuple[str, str]]


class Taxes:
    """Calculations are kept for a while, as their lines may be listed page by page."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, wanted: Json) -> Json:
        """tax.calculations.create."""
        made = calculation(wanted, self._world.new_id("taxcalc_"))
        self._world.store.put("taxcalc", made)
        return shown(made)

    def lines(self, calculation_id: str, wanted: Json) -> Json:
        """tax.calculations.line_items.list."""
        made = self._world.store.get(calculation_id)
        if made is None or not calculation_id.startswith("taxcalc_"):
            raise missing("tax calculation", calculation_id, "calculation")
        rows = made["line_items"]["data"]
        known = [row["id"] for row in rows]
        after = str(wanted.get("starting_after") or "")
        start = known.index(after) + 1 if after in known else 0
        return _page(rows, calculation_id, start, whole(wanted.get("limit"), SHOWN))


def shown(made: Json) -> Json:
    """The answer to its making: the first lines only."""
    return {**made, "line_items": _page(made["line_items"]["data"], made["id"], 0, SHOWN)}


def calculation(wanted: Json, name: str) -> Json:
    """The whole calculation; raises Stripe's refusals."""
    details = wanted.get("customer_details") or {}
    address = details.get("address") or {}
    country = str(address.get("country") or "")
    if not country or (country == "US" and not address.get("postal_code")):
        raise invalid(
            "We could not determine the customer's tax location.", code="customer_tax_location_invalid",
            param="customer_details[address]",
        )  # fmt: skip
    items = list(wanted.get("line_items") or ())
    if not 1 <= len(items) <= 100:
        raise invalid("Between 1 and 100 line items are required.", param="line_items")
    lines = [_line(item, n, name, details) for n, item in enumerate(items)]
    if len({line["reference"] for line in lines}) < len(lines):
        raise invalid("References must be unique.", param="line_items")
    cost = wanted.get("shipping_cost")
    postage = None if cost is None else _taxed({"tax_code": POSTAGE, **cost}, details)
    everything = [*lines, *([postage] if postage else [])]
    on_top = sum(one["amount_tax"] for one in everything if one["tax_behavior"] == "exclusive")
    return {
        "id": name, "object": "tax.calculation", "livemode": False, "currency": wanted.get("currency"),
        "customer": None, "customer_details": details, "ship_from_details": None,
        "amount_total": sum(one["amount"] for one in everything) + on_top, "tax_amount_exclusive": on_top,
        "tax_amount_inclusive": sum(one["amount_tax"] for one in everything) - on_top,
        "tax_breakdown": [], "tax_date": whole(wanted.get("tax_date"), 0), "expires_at": None,
        "shipping_cost": postage, "line_items": {"object": "list", "data": lines},
    }  # fmt: skip


def _line(item: Json, n: int, name: str, details: Json) -> Json:
    return {
        "id": f"tax_li_{name[8:]}{n}", "object": "tax.calculation_line_item", "livemode": False,
        "metadata": {}, "product": None, "quantity": whole(item.get("quantity"), 1),
        "reference": item.get("reference") or f"L{n}", **_taxed(item, details),
    }  # fmt: skip


def _taxed(item: Json, details: Json) -> Json:
    amount = whole(item.get("amount"), 0)
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount")
    code = str(item.get("tax_code"))
    if not code.startswith("txcd_"):
        raise invalid(f"No such tax code: '{code}'", code="resource_missing", param="tax_code")
    is_inclusive = item.get("tax_behavior") == "inclusive"
    levels, why = _due(code, details)
    percent = sum((Decimal(rate) for _, rate in levels), Decimal()) if why == "standard_rated" else Decimal()
    base = amount / (1 + percent / 100) if is_inclusive else Decimal(amount)
    parts, owed = [], Decimal()
    for level, rate in levels:
        before = _rounded(owed)
        owed += base * Decimal(rate) / 100 if percent else Decimal()
        parts.append(_part(level, rate, _rounded(owed) - before, amount, details, why))
    return {
        "amount": amount, "amount_tax": _rounded(owed), "tax_code": code,
        "tax_behavior": "inclusive" if is_inclusive else "exclusive", "tax_breakdown": parts,
    }  # fmt: skip


def _due(code: str, details: Json) -> tuple[Levels, str]:
    """Whose rates count, and why they do or do not."""
    address = details["address"]
    country, state = str(address["country"]), str(address.get("state") or "")
    levels: Levels = SALES.get(state, ()) if country == "US" else ()
    if country in VAT:
        levels = (("country", VAT[country]),)
    override = details.get("taxability_override")
    if not levels:
        return (("country", "0.0"),), "not_collecting"
    if code == UNTAXABLE or (code == POSTAGE and state == "CA"):
        return levels, "product_exempt"
    if override in {"customer_exempt", "reverse_charge"}:
        return levels, str(override)
    abroad = {
        str(one.get("value"))[:2] for one in details.get("tax_ids") or () if one.get("type") == "eu_vat"
    }
    if abroad - {HOME} and country in UNION - {HOME}:
        return levels, "reverse_charge"
    return levels, "standard_rated"


def _part(level: str, rate: str, tax: int, amount: int, details: Json, why: str) -> Json:
    country = details["address"]["country"]
    return {
        "amount": tax, "sourcing": "destination", "taxability_reason": why,
        "taxable_amount": amount if why == "standard_rated" else 0,
        "jurisdiction": {
            "country": country, "display_name": level.title(), "level": level,
            "state": None if level == "country" else details["address"].get("state"),
        },
        "tax_rate_details": {
            "display_name": "Tax", "percentage_decimal": rate,
            "tax_type": "vat" if level == "country" else "sales_tax",
        } if why == "standard_rated" else None,
    }  # fmt: skip


def _page(rows: list[Json], calculation_id: str, start: int, limit: int) -> Json:
    return {
        "object": "list", "data": rows[start : start + limit], "has_more": start + limit < len(rows),
        "url": f"/v1/tax/calculations/{calculation_id}/line_items",
    }  # fmt: skip


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
