"""A warehouse that speaks HTTP: signed hand-off, signed call-backs."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
from pydantic_core import to_json

from orderwright.adapters.warehouses.signatures import Signer
from orderwright.domain.addresses import Address
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.warehouses import Handed, HandOff

Json = dict[str, Any]  # Any: JSON


class HttpWarehouse:
    """One partner. `request_id` makes every call safe to repeat: a known one gets the first answer."""

    def __init__(
        self, url: str, secret: str, callback_url: str, client: httpx2.AsyncClient, *, timeout: float = 10.0
    ) -> None:
        """`callback_url`: where their events come in. The client belongs to the process, which closes it."""
        self.timeout = timeout
        self._url, self._callback_url = url.rstrip("/"), callback_url
        self._signer, self._client = Signer(secret), client

    async def hand_off(self, request: HandOff) -> Handed:
        """Another body under a known id is refused: `request_conflict`."""
        answer = await self._send("POST", "/v1/requests", self._body(request))
        return Handed(answer.get("warehouse_ref") or request.request_id)

    async def find(self, request_id: str) -> Handed | None:
        """None where they do not know the id."""
        try:
            answer = await self._send("GET", f"/v1/requests/{quote(request_id, safe='')}")
        except Refused as refusal:
            if refusal.code == "not_found":
                return None
            raise
        return Handed(answer.get("warehouse_ref") or request_id)

    async def recall(self, request_id: str, *, reason: str) -> None:
        """Their yes or no comes as an event, also to a recall that they had before."""
        body = {"callback_url": self._callback_url, "reason": reason}
        await self._send("POST", f"/v1/requests/{quote(request_id, safe='')}/recall", body)

    async def _send(self, method: str, path: str, body: Json | None = None) -> Json:
        """What goes out are the bytes that were signed: JSON written anew would break the signature."""
        raw = b"" if body is None else to_json(body)
        headers = {"content-type": "application/json", **self._signer.headers(f"msg_{uuid4().hex}", raw)}
        try:
            answer = await self._client.request(
                method, f"{self._url}{path}", content=raw, headers=headers, timeout=self.timeout
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise NotSent("warehouse: no connection") from None
        except httpx2.RequestError as error:
            raise Unreachable(f"warehouse: {type(error).__name__}") from None
        return _read(answer)

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
            "ship_to": _ship_to(request.ship_to),
            "lines": [{"sku": line.sku, "quantity": line.units} for line in request.lines],
            "parcels": [parcel],
        }
        if request.packing_slip_url:
            body["packing_slip_url"] = request.packing_slip_url
        return body


def _read(answer: httpx2.Response) -> Json:
    """401 and 403 are NotSent: a wrong secret is our mistake, and must not reject an order for good."""
    status = answer.status_code
    if status in (401, 403, 429):
        raise NotSent(f"warehouse answered {status}")
    if 400 <= status < 500:
        code = {404: "not_found", 409: "request_conflict"}.get(status, "refused_by_warehouse")
        raise Refused(code, f"warehouse answered {status}: {_reason(answer)}")
    body = _json(answer)
    if not answer.is_success or body is None:
        raise Unreachable(f"warehouse answered {status}")
    return body


def _reason(answer: httpx2.Response) -> str:
    """Their code only: their text could quote the address."""
    body = _json(answer) or {}
    return str(body.get("code") or body.get("error") or "")[:80]


def _json(answer: httpx2.Response) -> Json | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _ship_to(address: Address) -> dict[str, str]:
    """What is empty is left out."""
    fields = {
        "name": address.name,
        "company": address.company,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }
    needed = {"name", "line1", "city", "postal_code", "country"}
    return {name: value for name, value in fields.items() if value or name in needed}
