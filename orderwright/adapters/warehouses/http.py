"""A warehouse that speaks HTTP: signed hand-off, signed call-backs."""

from urllib.parse import quote

import httpx2

from orderwright.adapters.warehouses.wire import Json, Wire, ship_to
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.ports.warehouses import Handed, HandOff


class HttpWarehouse:
    """One partner. `request_id` makes every call safe to repeat: a known one gets the first answer."""

    def __init__(
        self, url: str, secret: str, callback_url: str, client: httpx2.AsyncClient, *, timeout: float = 10.0
    ) -> None:
        """`callback_url`: where their events come in. The client belongs to the process, which closes it."""
        self.timeout, self._callback_url = timeout, callback_url
        self._wire = Wire("warehouse", url, secret, client, timeout=timeout)

    async def hand_off(self, request: HandOff) -> Handed:
        """Another body under a known id is refused: `request_conflict`."""
        answer = await self._wire.send("POST", "/v1/requests", self._body(request))
        return Handed(answer.get("warehouse_ref") or request.request_id)

    async def find(self, request_id: str) -> Handed | None:
        """None where they do not know the id."""
        answer = await self._wire.find(f"/v1/requests/{quote(request_id, safe='')}")
        return None if answer is None else Handed(answer.get("warehouse_ref") or request_id)

    async def recall(self, request_id: str, *, reason: str) -> None:
        """Their yes or no comes as an event, also to a recall that they had before."""
        body = {"callback_url": self._callback_url, "reason": reason}
        await self._wire.send("POST", f"/v1/requests/{quote(request_id, safe='')}/recall", body)

    def _body(self, request: HandOff) -> Json:
        parcel = {
            "tracking_code": request.tracking_code,
            "carrier": request.carrier,
            "label_url": request.label_url,
        }
        body: Json = {
            "request_id": request.request_id,
            "order_number": request.order_number,
            "location": request.location,
            "callback_url": self._callback_url,
            "service": request.service,
            "ship_to": ship_to(request.ship_to),
            "lines": [{"sku": line.sku, "quantity": line.units} for line in request.lines],
            "parcels": [parcel] if request.tracking_code else [],
        }
        if request.method is DeliveryMethod.PICKUP:
            body["method"] = "pickup"
        if request.packing_slip_url:
            body["packing_slip_url"] = request.packing_slip_url
        return body
