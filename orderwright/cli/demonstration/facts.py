"""What is true of an order at its end, in a few words that a story can expect."""

from collections.abc import Iterable

from orderwright.cli.client import Json


def facts(order: Json, world: Iterable[str] = ()) -> list[str]:
    """State first, then money, goods, labels, the cancel, holds, and what the bent world did (`world`)."""
    found = [order["state"], _money(order), order["status"]["fulfillment"]]
    if any(payment["state"] == "voided" and payment["authorized_at"] for payment in order["payments"]):
        found.append("authorization voided")
    parts = sum(part["state"] != "canceled" for part in order["fulfillment_orders"])
    labels = [parcel for parcel in order["shipments"] if parcel["tracking_code"]]
    standing = sum(parcel["state"] != "voided" for parcel in labels)
    found += [_count(parts, "part"), _count(standing, "label")]
    if standing < len(labels):
        found.append("label voided")
    if order["cancel"]["state"] != "none":
        found.append(f"cancel {order['cancel']['state']}")
    found += [f"{hold['type']}: {hold['outcome'] or hold['state']}" for hold in order["holds"]]
    methods = [payment.get("method", "") for payment in order["payments"] if payment["captured"]]
    if len(set(methods)) > 1:
        found.append(f"paid with {', '.join(methods)}")
    if given := sum(refund["state"] == "succeeded" for refund in order.get("refunds", ())):
        found.append(_count(given, "refund"))
    found += [f"dispute {dispute['state']}" for dispute in order.get("disputes", ())]
    return [*found, *(f"world: {mode.replace('_', ' ')}" for mode in world)]


def _money(order: Json) -> str:
    captured = sum(payment["captured"] - payment["refunded"] for payment in order["payments"])
    if not order["total"]:
        return "nothing to pay"
    if not captured:
        return "nothing charged"
    return "charged" if captured == order["total"] else "partly charged"


def _count(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}s"
