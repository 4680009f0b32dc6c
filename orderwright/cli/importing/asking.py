"""How does the import ask: through bad moments, later and later, until it is answered for good?"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from orderwright.cli.client import Api, Json, Problem, Unreachable

T = TypeVar("T")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0


class Stalled(Exception):
    """Nothing has moved for longer than anybody wants to wait."""


class Asking:
    """The API, asked again while it says "not now" or nothing, for `patience` seconds at most."""

    def __init__(self, api: Api, patience: float) -> None:
        self._api, self._patience = api, patience

    async def get(self, path: str, **query: Any) -> Json:  # Any: as the client has it
        """Read."""
        return await self.once(partial(self._api.get, path, **query))

    async def post(self, path: str, body: Json | None = None, *, once: str = "") -> Json:
        """Do; `once` is the Idempotency-Key under which it is repeated."""
        return await self.once(partial(self._api.post, path, body, once=once))

    async def put(self, path: str, body: Json) -> Json:
        """Replace."""
        return await self.once(partial(self._api.put, path, body))

    async def all(self, path: str, filters: Mapping[str, Any] | None = None) -> list[Json]:
        """Every item of a list (Any: as the client has it)."""

        async def whole() -> list[Json]:
            return [item async for item in self._api.pages(path, filters)]

        return await self.once(whole)

    async def once(self, ask: Callable[[], Awaitable[T]]) -> T:
        """One request's answer. Raises what it says for good."""
        pause, since = FIRST_PAUSE_S, time.monotonic()
        while True:
            try:
                return await ask()
            except Unreachable:
                if time.monotonic() - since > self._patience:
                    raise
                wait = pause
            except Problem as problem:
                if not problem.passing or time.monotonic() - since > self._patience:
                    raise
                wait = problem.retry_after or pause
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - so that not all come back at once
            pause = min(pause * 2, LONGEST_PAUSE_S)
