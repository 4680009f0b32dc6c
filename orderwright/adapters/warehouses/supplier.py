"""A supplier who ships his own goods to our customer: a signed purchase order, signed call-backs."""

from urllib.parse import quote

import httpx2

from orderwright.adapters.warehouses.wire import Json, Wire, ship_to
from orderwright.ports.failures import Refused
from orderwright.ports.warehouses import Handed, HandOff


class HttpSupplier:
    """One supplier. `request_id` makes every call safe to repeat: a known one gets the first answer."""

    def __init__(
        self, url: str, secret: str, callback_url: str, client: httpx2.AsyncClient, *, timeout: float = 10.0
    ) -> None:
        """`callback_url`: where his events come in. The client belongs to the process, which closes it."""
        self.timeout, self._callback_url = timeout, callback_url
        self._wire = Wire("supplier", url, secret, client, timeout=timeout)

    async def hand_off(self, request: HandOff) -> Handed:
        """Order it from him. Another body under a known id is refused: `request_conflict`."""
        answer = await self._wire.send("POST", "/v1/purchase-orders", self._body(request))
        return Handed(answer.get("supplier_ref") or request.request_id)

    async def find(self, request_id: str) -> Handed | None:
        """None where he does not know the id."""
        answer = await self._wire.find(_path(request_id))
        return None if answer is None else Handed(answer.get("supplier_ref") or request_id)

    async def recall(self, request_id: str, *, reason: str) -> None:
        """Ask him to cancel. His yes or no comes as an event."""
        body = {"callback_url": self._callback_url, "reason": reason}
        await self._wire.send("POST", f"{_path(request_id)}/cancel", body)

    def _body(self, request: HandOff) -> Json:
        """Raises Refused where there is no purchase order: nothing may be ordered without its price."""
        if request.purchase is None:
            raise Refused("no_purchase_order")
        costs = request.purchase.unit_costs
        return {
            "request_id": request.request_id,
            "number": request.purchase.number,
            "supplier": request.location,
            "order_number": request.order_number,
            "callback_url": self._callback_url,
            "service": request.service,
            "ship_to": ship_to(request.ship_to),
            "currency": request.purchase.currency,
            "total": request.purchase.total,
            "lines": [
                {"sku": line.sku, "quantity": line.units, "unit_cost": costs[line.sku]}
                for line in request.lines
            ],
        }


def _path(request_id: str) -> str:
    return f"/v1/purchase-orders/{quote(request_id, safe='')}"
