"""What do people see of an order, an event, a task: rows and lines from the API's answers."""

from typing import Any

from orderwright.cli import show
from orderwright.cli.client import Json

ORDER_TITLES = ("Number", "Placed", "State", "Payment", "Goods", "Held by", "Total", "Channel")
EVENT_TITLES = ("When", "What", "Who", "Why", "More")
TASK_TITLES = ("Id", "Order", "Kind", "State", "Reason", "Question", "Deadline")
PLACES = (
    "canceled", "unallocated", "backordered", "allocated", "released", "shipped", "delivered", "undelivered",
)  # fmt: skip
UNROUTABLE_TITLES = ("Order", "Since", "Missing", "Reason", "May not ship", "Until")
REFUND_TITLES = ("State", "Amount", "To", "For", "Why")
PAYMENT_TITLES = ("Method", "State", "Outcome", "Amount", "Captured", "Reference", "Failure", "Link")
SOURCING_TITLES = ("Location", "Distance", "Handling", "Has free", "Ships", "Why")
STOCK_TITLES = ("SKU", "Location", "On hand", "Reserved", "Safety", "Available")


def total(order: Json) -> str:
    """What the customer pays."""
    return show.amount(order["total"], order["currency"])


def order_row(order: Json) -> tuple[str, ...]:
    """An order in a list."""
    return (
        order["number"], show.when(order["placed_at"]), order["state"], payment(order),
        order["status"]["fulfillment"], ", ".join(order["held_by"]), total(order), order["channel"],
    )  # fmt: skip


def payment(order: Json) -> str:
    """How far the money has come, in one word."""
    status = order["status"]["payment"]
    for step, word in (("refund", "refunded"), ("charge", "charged"), ("authorize", "authorized")):
        if status[step] != "none" and order["total"]:
            return _in_doubt(order, word if status[step] == "full" else f"partly {word}")
    return _in_doubt(order, "none") if order["total"] else "nothing to pay"


def _in_doubt(order: Json, word: str) -> str:
    """More may have happened than is known."""
    return f"{word}, unknown" if order["status"]["payment"]["unknown"] else word


def outcome(paid: Json) -> str:
    """Of a payment's calls: known, or which one is not, and since when."""
    calls = [f"{one['call']} since {show.when(one['since'])}" for one in paid["unknown_calls"]]
    return f"unknown: {', '.join(calls)}" if calls else "known"


def event_row(event: Json) -> tuple[str, ...]:
    """An event in a table."""
    return (show.when(event["at"]), event["kind"], event["actor"], event["why"], data(event["data"]))


def event_line(event: Json) -> str:
    """An event as it happens."""
    why = f": {event['why']}" if event["why"] else ""
    return (
        f"{show.when(event['at'])}  {event['kind']:<26} {event['actor']}{why}  {data(event['data'])}".rstrip()
    )


def data(values: dict[str, Any]) -> str:  # Any: JSON
    """What an event carries, short."""
    return " ".join(f"{name}={_plain(value)}" for name, value in values.items() if value not in (None, ""))


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def task_row(task: Json) -> tuple[str, ...]:
    """A task in a list."""
    state = task["decision"] or task["state"]
    return (
        task["id"],
        task["order_number"],
        task["kind"],
        state,
        task["reason"],
        task["question"],
        show.when(task["deadline"]),
    )


def stock_row(level: Json) -> tuple[str, ...]:
    """A SKU at a location."""
    return (
        level["sku"],
        level["location"],
        *(str(level[name]) for name in ("on_hand", "reserved", "safety", "available")),
    )


def sourcing(found: Json) -> None:
    """A choice of locations: in sentences, then each candidate with its figures, the first choice first."""
    decision = found["decision"]
    print(f"{show.when(found['at'])}  {found['words'][0]}")
    for sentence in found["words"][1:]:
        print(f"  {sentence}")
    rows = [
        (
            one["location"], f"{one['distance_km']} km", str(one["handling_cost"]), _units(one["free"]),
            _units(one["ships"]) or "-", one["reason"],
        )
        for one in decision["candidates"]
    ]  # fmt: skip
    show.table(SOURCING_TITLES, rows)


def unroutable_row(one: Json) -> tuple[str, ...]:
    """An order in the queue of those without a place."""
    barred = [f"{place['location']}: {place['reason']}" for place in one["locations"]]
    return (
        one["order_number"], show.when(one["opened_at"]), _units(one["missing"]), one["reason"],
        "; ".join(barred), show.when(one["deadline"]),
    )  # fmt: skip


def _units(of: dict[str, int]) -> str:
    return ", ".join(f"{units} {sku}" for sku, units in of.items())


def order(found: Json) -> None:
    """Everything about one order, the parts that are empty left out."""
    fields = [
        ("Order", f"{found['number']}  ({found['id']})"),
        ("State", found["state"] + (f": {found['failure']}" if found["failure"] else "")),
        ("Payment", payment(found)),
        ("Goods", found["status"]["fulfillment"]),
        ("Held by", ", ".join(found["held_by"])),
        ("Cancel", "" if found["cancel"]["state"] == "none" else found["cancel"]["state"]),
        ("Placed", f"{show.when(found['placed_at'])} on {found['channel']}"),
        ("Promised", show.when(found["promised_on"])),
        ("Ships to", ", ".join(filter(None, (found["ship_to"].get(n) for n in ("name", "city", "country"))))),
        ("Total", f"{total(found)} ({_sums(found)})"),
        ("Offers", ", ".join(one["code"] or one["name"] for one in found["promotions"])),
        ("No tax", found["tax_evidence"] or ""),
        ("You may", ", ".join(allowed["action"] for allowed in found["allowed_actions"])),
    ]
    for title, value in fields:
        if value:
            print(f"{title:<9} {value}")
    _lines(found)
    _progress(found)


def _sums(found: Json) -> str:
    """What the total is made of, beside the goods."""
    parts = ["discount", "shipping", "fees", "tax"]
    return ", ".join(
        f"{name} {show.amount(found[name], found['currency'])}"
        for name in parts
        if found[name] or name == "shipping"
    )


def _lines(found: Json) -> None:
    print()
    rows = [
        (
            line["sku"], line["name"], _counted(line, line["ordered"]),
            show.amount(line["total"], found["currency"]),
            ", ".join(f"{line[place]} {place}" for place in PLACES if line[place]),
        )
        for line in found["lines"]
    ]  # fmt: skip
    show.table(("SKU", "Name", "Units", "Total", "Where"), rows)
    if found["kits"]:
        print()
        show.table(
            ("Kit", "Name", "Units", "Total", "Components"), [_kit(kit, found) for kit in found["kits"]]
        )


def _kit(kit: Json, found: Json) -> tuple[str, ...]:
    parts = [f"{line['ordered']} {line['sku']}" for line in found["lines"] if line["kit_id"] == kit["id"]]
    total = show.amount(kit["total"], found["currency"])
    return (kit["sku"], kit["name"], _counted(kit, kit["units"]), total, ", ".join(parts))


def _counted(line: Json, units: int) -> str:
    """`24 (2 case)`: single units, and what they were ordered in."""
    return f"{units} ({units // line['unit_size']} {line['unit']})" if line["unit"] else str(units)


def _progress(found: Json) -> None:
    tables = (
        ("Holds", ("Type", "State", "Reason", "Words", "Deadline", "Then"), map(_hold, found["holds"])),
        ("Tasks", TASK_TITLES, map(task_row, found["tasks"])),
        ("Payments", PAYMENT_TITLES, map(_paid, found["payments"])),
        ("Refunds", REFUND_TITLES, map(_given_back, found["refunds"])),
        ("Disputes", ("State", "Amount", "Reason", "Evidence due"), map(_dispute, found["disputes"])),
        ("Parts", ("Nr", "Location", "State", "Warehouse"), map(_part, found["fulfillment_orders"])),
        ("Parcels", ("State", "Carrier", "Service", "Tracking"), map(_parcel, found["shipments"])),
    )  # fmt: skip
    for title, titles, rows in tables:
        if listed := list(rows):
            print()
            show.table(titles, listed, title=title)


def _hold(hold: Json) -> tuple[str, ...]:
    state = hold["outcome"] or hold["state"]
    return (
        hold["type"],
        state,
        hold["reason"],
        hold["words"],
        show.when(hold["deadline"]),
        hold["at_deadline"],
    )


def _paid(paid: Json) -> tuple[str, ...]:
    amount, captured = (show.amount(paid[name], paid["currency"]) for name in ("amount", "captured"))
    return (
        paid["method"],
        paid["state"],
        outcome(paid),
        amount,
        captured,
        *(paid[name] or "" for name in ("reference", "failure", "action_url")),
    )


def _given_back(one: Json) -> tuple[str, ...]:
    pieces = [f"{line['units'] or ''} {line['kind']}".strip() for line in one["lines"]]
    amount = show.amount(one["amount"], one["currency"])
    return (one["state"], amount, one["destination"], ", ".join(pieces), one["reason"])


def _dispute(one: Json) -> tuple[str, ...]:
    amount = show.amount(one["amount"], one["currency"])
    return (one["state"], amount, one["reason"], show.when(one["evidence_due"]))


def _part(part: Json) -> tuple[str, ...]:
    return (str(part["number"]), part["location"], part["state"], part["partner"])


def _parcel(parcel: Json) -> tuple[str, ...]:
    return tuple(parcel[name] or "" for name in ("state", "carrier", "service", "tracking_code"))
