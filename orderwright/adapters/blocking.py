"""How is a synchronous SDK called without holding up the event loop?"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

import requests
import urllib3

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_SECONDS = 2.0
_BEFORE_SENDING = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    ConnectionRefusedError,
)


async def in_pool(pool: Executor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` in the bounded pool of its provider.

    A canceled caller leaves the thread running: its answer is lost and the effect stays unknown, which is
    why provider activities never heartbeat.
    """
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: call(*args, **kwargs))


def never_sent(error: BaseException) -> bool:
    """Whether the connection was never made, so that nothing can have happened at the provider.

    The SDKs wrap what requests raised, each in its own way; a reset after connecting is not among these.
    """
    return any(isinstance(cause, _BEFORE_SENDING) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it was made from; requests keeps urllib3's as an argument, not as a cause."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
