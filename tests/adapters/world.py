"""What the simulated world recorded, and how it is made unkind."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2

Json = dict[str, Any]


class World:
    """The simulator's own addresses: switches, books, ledger."""

    def __init__(self, url: str) -> None:
        self.url = url

    def switch(self, provider: str, mode: str, **more: Any) -> None:
        """Add one rule."""
        rule = {"provider": provider, "mode": mode, **more}
        httpx2.post(f"{self.url}/_sim/switches", json=rule, timeout=5).raise_for_status()

    def books(self) -> Json:
        """What the providers really did."""
        books: Json = httpx2.get(f"{self.url}/_sim/books", timeout=5).json()
        return books

    def calls(self, provider: str, operation: str) -> list[Json]:
        """The ledger's calls of one kind."""
        query = {"provider": provider, "operation": operation}
        calls: list[Json] = httpx2.get(f"{self.url}/_sim/ledger", params=query, timeout=5).json()["calls"]
        return calls

    def outcomes(self, provider: str, operation: str) -> list[str]:
        """How those calls ended."""
        return [call["outcome"] for call in self.calls(provider, operation)]

    async def until_recorded(self, provider: str, operation: str) -> None:
        """Wait for a call that we no longer wait for, so that it cannot fall into the next test."""
        for _ in range(100):
            if self.calls(provider, operation):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{provider} never heard of {operation}")

    async def until(self, holds: Callable[[Json], bool]) -> None:
        """Wait for what the world does by itself."""
        for _ in range(100):
            if holds(self.books()):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the world stays as it is: {self.books()}")

    def scan(self, code: str, status: str) -> None:
        """The carrier scans a parcel."""
        url = f"{self.url}/_sim/trackers/{code}/advance"
        httpx2.post(url, json={"status": status}, timeout=5).raise_for_status()
