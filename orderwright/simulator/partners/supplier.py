"""A supplier: takes purchase orders over signed HTTP, and ships his own goods with a carrier of his own."""

from __future__ import annotations

from collections.abc import Mapping

from orderwright.simulator.partners.warehouse import Warehouse, refusal
from orderwright.simulator.types import Json

CARRIER = "DPD"


class Supplier(Warehouse):
    """As a warehouse, but he needs no label of ours: he names his parcel, and says when it has arrived."""

    provider = "supplier"
    noun = "purchase_orders"
    path = "/v1/purchase-orders"
    take_back = "cancel"
    kind = "po"
    needed = (
        "request_id", "number", "supplier", "order_number", "callback_url", "ship_to", "currency", "lines",
    )  # fmt: skip
    rank: Mapping[str, int] = {
        "received": 0, "accepted": 1, "picking_started": 2, "short": 3, "shipped": 4, "delivered": 5,
    }  # fmt: skip

    def _check(self, sent: Json) -> None:
        """He does not sell at other prices than those that add up."""
        super()._check(sent)
        lines = sent["lines"]
        total = sum(int(line["quantity"]) * int(line.get("unit_cost", 0)) for line in lines)
        if total != sent.get("total"):
            raise refusal(422, "the total is not the sum of the lines")

    def _kept(self, sent: Json) -> Json:
        names = ("number", "supplier", "currency", "total")
        return {
            **{name: sent.get(name) for name in names},
            "carrier": CARRIER,
            "tracking_code": self._world.new_digits(14),
        }

    def _ends(self, _record: Json) -> list[str]:
        return ["shipped", "delivered"]

    def _seconds(self, timing: Mapping[str, float], step: str) -> float:
        if step == "delivered":
            return timing["shipped"] + timing["delivered"]
        return super()._seconds(timing, step)

    def _stepped(self, record: Json, to: str) -> None:
        """His parcels are no business of the broker of our labels."""

    def _more(self, record: Json, kind: str) -> Json:
        if kind != "shipped":
            return super()._more(record, kind)
        code = record["tracking_code"]
        return {
            "lines": [{"sku": line["sku"], "quantity": line["quantity"]} for line in record["lines"]],
            "carrier": record["carrier"],
            "tracking_code": code,
            "tracking_url": f"https://tracking.example/{record['carrier'].lower()}/{code}",
        }
