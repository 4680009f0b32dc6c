"""Is it ready yet: polling with a deadline, a reason to give up, and HTTP on the loopback address."""

import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit


class Interrupted(Exception):
    """The user asked to stop while we were waiting."""


def never() -> bool:
    """The answer of a wait that nobody interrupts."""
    return False


def wait_until(
    ready: Callable[[], bool],
    *,
    seconds: float,
    alive: Callable[[], bool],
    interrupted: Callable[[], bool] = never,
    every: float = 0.05,
) -> bool:
    """Poll `ready`. False where the deadline passes or `alive` turns false first; raises Interrupted."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if interrupted():
            raise Interrupted
        if not alive():
            return False
        if ready():
            return True
        time.sleep(every)
    return False


def http_status(url: str, *, method: str = "GET", timeout: float = 2.0) -> int | None:
    """The status that answers, or None where nobody does. For plain HTTP; no proxy is asked."""
    parts = urlsplit(url)
    if parts.hostname is None:
        return None
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
    try:
        connection.request(method, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def http_ok(url: str) -> bool:
    """Whether the address answers with 2xx."""
    status = http_status(url)
    return status is not None and 200 <= status < 300
