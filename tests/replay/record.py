"""Records histories of today's workflows for the replay test: `python -m tests.replay.record`."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from orderwright.adapters.temporal.client import connect
from orderwright.local.stack import Stack

FOLDER = Path(__file__).parent / "histories"
HOME = {"name": "A", "line1": "1 High St", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
DOCK = {"name": "Dock", "line1": "1 Quay Rd", "city": "London", "postal_code": "E16 1AA", "country": "GB"}
Order = dict[str, Any]  # Any: JSON


class Recorder:
    """Places an order for each kind of history, sees it to its end, and keeps what Temporal remembers."""

    def __init__(self, stack: Stack) -> None:
        key = json.loads(stack.key_file.read_text())["admin"]
        headers = {"Authorization": f"Bearer {key}"}
        self._api = httpx2.Client(base_url=stack.urls["api"], headers=headers, timeout=40)
        self._sim = httpx2.Client(base_url=stack.urls["simulator"], timeout=10)
        self._temporal = stack.urls["temporal"]

    def open_shop(self) -> None:
        """Two warehouses, and mugs that only one of them has enough of."""
        for code, longitude in (("LON", 0.0), ("BRS", -2.6)):
            place = {"code": code, "name": code, "kind": "http", "address": DOCK, "latitude": 51.5}
            self._post("/v1/locations", {**place, "longitude": longitude})
        for sku in ("MUG", "JUG", "CUP"):
            self._post(
                "/v1/products", {"sku": sku, "name": sku, "price": 1200, "currency": "GBP", "grams": 400}
            )
        for sku, code in (("MUG", "LON"), ("MUG", "BRS"), ("JUG", "LON"), ("CUP", "BRS")):
            self._post("/v1/stock/receipts", {"sku": sku, "location": code, "units": 500})

    def record(self, name: str, order: Order) -> None:
        """Write the order's history as `name`.json once its run has closed."""
        self._when(order, lambda one: one["settled_at"] is not None)
        time.sleep(2)  # the run closes a moment after its order is settled
        history = asyncio.run(self._history(order["id"]))
        (FOLDER / f"{name}.json").write_text(
            json.dumps(without_machine(json.loads(history)), indent=1) + "\n"
        )

    def placed(self, *skus: str, units: int = 1, source: str = "pm_card_visa") -> Order:
        """An order, once it is accepted, held or refused."""
        body = {
            "customer": {"name": "A Example", "email": "a@example.com"},
            "ship_to": HOME,
            "lines": [{"sku": sku, "quantity": units} for sku in skus],
            "payment": {"method": "card", "source": source},
        }
        return self._post("/v1/orders?wait=20", body)

    def decided(self, order: Order, answer: str) -> Order:
        """Approved, rejected or canceled."""
        self._post(f"/v1/orders/{order['id']}/{answer}", {})
        return order

    def with_warehouse(self, order: Order) -> Order:
        """Once the warehouse has it."""
        self._when(
            order, lambda one: any(part["partner"] == "accepted" for part in one["fulfillment_orders"])
        )
        return order

    def switch(self, **switch: Any) -> None:  # Any: JSON
        """Change what the simulated world does."""
        self._sim.post("/_sim/switches", json=switch).raise_for_status()

    def _when(self, order: Order, true: Callable[[Order], bool]) -> None:
        until = time.monotonic() + 90
        while not true(dict(self._api.get(f"/v1/orders/{order['id']}").raise_for_status().json())):
            if time.monotonic() > until:
                raise TimeoutError(order["number"])
            time.sleep(0.2)

    def _post(self, path: str, body: Order) -> Order:
        return dict(self._api.post(path, json=body).raise_for_status().json())

    async def _history(self, order_id: str) -> str:
        client = await connect(self._temporal, "default")
        return (await client.get_workflow_handle(f"order/{order_id}").fetch_history()).to_json()


def without_machine(value: Any) -> Any:  # Any: JSON
    """The same without the names of the processes that took part."""
    if isinstance(value, dict):
        return {
            name: "recorder" if name == "identity" else without_machine(one) for name, one in value.items()
        }
    return [without_machine(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    """All histories, anew."""
    FOLDER.mkdir(exist_ok=True)
    with Stack(Path(tempfile.mkdtemp(prefix="ow-record-")), ports="auto", fast=True, inherit=False) as stack:
        recorder = Recorder(stack)
        recorder.open_shop()
        recorder.record("delivered", recorder.placed("MUG"))
        recorder.record("split_over_two_locations", recorder.placed("JUG", "CUP"))
        recorder.record("approved", recorder.decided(recorder.placed("MUG", units=90), "approve"))
        recorder.record("rejected", recorder.decided(recorder.placed("MUG", units=90), "reject"))
        recorder.record("declined", recorder.placed("MUG", source="pm_card_chargeDeclined"))
        recorder.switch(provider="warehouse", mode="hold_picking")
        recalled = recorder.with_warehouse(recorder.placed("MUG"))
        recorder.record("recalled_and_undone", recorder.decided(recalled, "cancel"))


if __name__ == "__main__":
    main()
