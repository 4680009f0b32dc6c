"""A partner's signed HTTP: what is sent are the bytes that were signed, and every answer has one meaning."""

from typing import Any
from uuid import uuid4

import httpx2
from pydantic_core import to_json

from orderwright.adapters.warehouses.signatures import Signer
from orderwright.domain.addresses import Address
from orderwright.ports.failures import NotSent, Refused, Unreachable

Json = dict[str, Any]  # Any: JSON


class Wire:
    """One partner's address and secret; `name` is what our failures call him."""

    def __init__(
        self, name: str, url: str, secret: str, client: httpx2.AsyncClient, *, timeout: float
    ) -> None:
        """The client belongs to the process, which closes it. Raises ValueError for a secret that is none."""
        self._name, self._url, self._timeout = name, url.rstrip("/"), timeout
        self._signer, self._client = Signer(secret), client

    async def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """His answer. JSON written anew would break the signature. Raises Refused, Unreachable, NotSent."""
        raw = b"" if body is None else to_json(body)
        headers = {"content-type": "application/json", **self._signer.headers(f"msg_{uuid4().hex}", raw)}
        try:
            answer = await self._client.request(
                method, f"{self._url}{path}", content=raw, headers=headers, timeout=self._timeout
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise NotSent(f"{self._name}: no connection") from None
        except httpx2.RequestError as error:
            raise Unreachable(f"{self._name}: {type(error).__name__}") from None
        return self._read(answer)

    async def find(self, path: str) -> Json | None:
        """What is there, or None."""
        try:
            return await self.send("GET", path)
        except Refused as refusal:
            if refusal.code == "not_found":
                return None
            raise

    def _read(self, answer: httpx2.Response) -> Json:
        """401 and 403 are NotSent: a wrong secret is our mistake, and must not reject an order for good."""
        status = answer.status_code
        if status in (401, 403, 429):
            raise NotSent(f"{self._name} answered {status}")
        if 400 <= status < 500:
            code = {404: "not_found", 409: "request_conflict"}.get(status, f"refused_by_{self._name}")
            raise Refused(code, f"{self._name} answered {status}: {_reason(answer)}")
        body = _json(answer)
        if not answer.is_success or body is None:
            raise Unreachable(f"{self._name} answered {status}")
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


def ship_to(address: Address) -> dict[str, str]:
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
