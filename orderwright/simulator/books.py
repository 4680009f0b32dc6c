"""The books: what the providers really did, summed up per object, for tests to compare with the record."""

from __future__ import annotations

from orderwright.simulator.store import Store
from orderwright.simulator.twilio import short_hash
from orderwright.simulator.types import Json


def books(store: Store, order: str | None, order_number: str | None) -> Json:
    """Of one order, or of the whole world. Messages are found by the order's number in their text."""
    requests = store.of_order("wr", order)
    if order_number:
        known = {record["id"] for record in requests}
        requests = requests if order else []
        more = store.tagged("wr", f"order_number={order_number}")
        requests += [record for record in more if record["id"] not in known or not order]
    is_all = order is None and order_number is None
    by_id = order or (None if is_all else "")
    return {
        "payments": [_payment(pay) for kind in ("pi", "ap") for pay in store.of_order(kind, by_id)],
        "refunds": [_refund(back) for back in store.of_order("re", by_id)],
        "labels": [_label(shipment) for shipment in store.of_order("shp", by_id)],
        "claims": [_claim(claim) for claim in store.of_order("clm", by_id)],
        "handoffs": [_handoff(record) for record in requests],
        # a payout of Stripe's is a `po` too, and nobody's purchase
        "purchases": [_purchase(one) for one in store.of_order("po", by_id) if "supplier" in one],
        "messages": _messages(store, order_number) if order_number or is_all else [],
    }


def _payment(pay: Json) -> Json:
    return {
        "id": pay["id"],
        "order_id": pay["metadata"].get("order_id"),
        "effect_key": pay["metadata"].get("effect_key"),
        "status": pay["status"],
        "amount": pay["amount"],
        "capturable": pay["capturable"],
        "captured": pay["captured"],
        "refunded": pay["refunded"],
        "currency": pay["currency"],
    }


def _refund(back: Json) -> Json:
    names = ("id", "payment_intent", "amount", "currency", "status")
    return {**{name: back[name] for name in names}, "effect_key": back["metadata"].get("effect_key")}


def _label(shipment: Json) -> Json:
    bought = shipment["bought"] or {}
    return {
        "id": shipment["id"],
        "reference": shipment["reference"],
        "bought": bool(bought),
        "purchases": shipment["purchases"],
        "voided": bool(shipment["refund_status"]),
        "tracking_code": bought.get("tracking_code"),
        "rate_minor": round(float(bought["price"]) * 100) if bought else None,
        "currency": "usd" if bought else None,
    }


def _claim(claim: Json) -> Json:
    names = ("id", "reference", "tracking_code", "type", "status", "requested_amount", "approved_amount")
    return {name: claim[name] for name in names}


def _handoff(record: Json) -> Json:
    names = ("request_id", "order_number", "location", "count", "recalled", "status")
    return {name: record[name] for name in names}


def _purchase(record: Json) -> Json:
    names = (
        "request_id", "number", "supplier", "order_number", "currency", "total", "count", "recalled",
        "status",
    )  # fmt: skip
    return {name: record[name] for name in names}


def _messages(store: Store, order_number: str | None) -> list[Json]:
    counted: dict[tuple[str, str], Json] = {}
    for message in store.of_order("sms", None):
        if order_number and order_number not in message["body"]:
            continue
        pair = short_hash(message["to"]), short_hash(message["body"])
        entry = counted.setdefault(
            pair, {"sid": message["id"], "to_hash": pair[0], "body_hash": pair[1], "count": 0}
        )
        entry["count"] += 1
    return list(counted.values())
