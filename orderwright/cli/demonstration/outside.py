"""How does the demo bend the world outside: switches of the simulator, and what people do on its pages."""

from types import TracebackType
from typing import Any, Self

from orderwright.cli.client import Json, Unreachable


class World:
    """The simulator's own addresses."""

    def __init__(self, url: str) -> None:
        import httpx2  # noqa: PLC0415 - keeps `--help` fast

        self._http = httpx2.AsyncClient(base_url=url, timeout=30, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def calm(self) -> None:
        """Every switch at rest."""
        await self._ask("DELETE", "/_sim/switches")

    async def switch(self, provider: str, mode: str, match: dict[str, str], **more: Any) -> str:
        """Turn a switch on for the calls that match; its id (Any: `value` depends on the mode)."""
        wanted = {"provider": provider, "mode": mode, "match": match, **more}
        made = await self._ask("POST", "/_sim/switches", json=wanted)
        return str(made["switches"][0]["id"])

    async def used(self) -> dict[str, int]:
        """How often each switch has acted, by id."""
        return {
            rule["id"]: int(rule["used"]) for rule in (await self._ask("GET", "/_sim/switches"))["switches"]
        }

    async def advance(self, request: str, to: str) -> None:
        """The warehouse goes on with a request that it was holding."""
        await self._ask("POST", f"/_sim/warehouse/{request}/advance", json={"to": to})

    async def scan(self, tracking_code: str, status: str) -> None:
        """The carrier sees a parcel."""
        await self._ask("POST", f"/_sim/trackers/{tracking_code}/advance", json={"status": status})

    async def answer_bank(self, page: str, *, yes: bool) -> None:
        """The customer answers the bank's question on its page, in the form that a browser would send."""
        import httpx2  # noqa: PLC0415 - keeps `--help` fast

        try:
            await self._http.post(page, data={"action": "approve" if yes else "decline"})
        except httpx2.HTTPError as error:
            raise Unreachable(f"the bank's page does not answer: {error}") from error

    async def evidence(self, dispute: str, words: str) -> None:
        """What the bank is told about a dispute: Stripe's own test words decide it at once."""
        await self._ask(
            "POST", f"/stripe/v1/disputes/{dispute}", data={"evidence[uncategorized_text]": words},
            headers={"Authorization": "Bearer sk_test_demo"},
        )  # fmt: skip

    async def _ask(self, method: str, path: str, **request: Any) -> Json:  # Any: httpx2's own arguments
        import httpx2  # noqa: PLC0415 - keeps `--help` fast

        try:
            response = await self._http.request(method, path, **request)
            answer: Json = response.raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unreachable(f"the simulator does not answer as expected: {error}") from error
        return answer
