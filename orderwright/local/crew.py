"""Who should be running, and who is started again after a crash."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from orderwright.local.process import Child, Recorded, ServerFailed
from orderwright.local.waiting import never

_STEADY = 60.0  # seconds after which a server's earlier crashes are forgotten


class Server(Protocol):
    """Something that is started, asked, and ended: PostgreSQL, Temporal, or a process of ours."""

    name: str

    @property
    def child(self) -> Child | None:
        """Its process, once started."""
        ...

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        ...

    def start(self, interrupted: Callable[[], bool] = never) -> None:
        """Start and wait until it is ready. Raises ServerFailed."""
        ...

    def launch(self) -> None:
        """Start, without waiting where that is possible."""
        ...

    def stop(self) -> None:
        """End in order."""
        ...

    def kill(self) -> None:
        """End at once."""
        ...


class Crew:
    """Servers by name, in the order of their start. Safe to use from several threads."""

    def __init__(
        self,
        servers: Iterable[Server],
        *,
        say: Callable[[str], None],
        changed: Callable[[], None],
        first_pause: float = 1.0,
        longest_pause: float = 30.0,
    ) -> None:
        self._servers = {server.name: server for server in servers}
        self._say = say
        self._changed = changed
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._wanted: set[str] = set()
        self._crashes: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._lock = threading.RLock()

    def __contains__(self, name: str) -> bool:
        return name in self._servers

    def __getitem__(self, name: str) -> Server:
        return self._servers[name]

    @property
    def names(self) -> list[str]:
        """Everybody, in the order of their start."""
        return list(self._servers)

    @property
    def records(self) -> dict[str, Recorded]:
        """Those that were started, as they can be recognized later."""
        children = ((name, server.child) for name, server in self._servers.items())
        return {name: child.record for name, child in children if child and child.record}

    def start(self, name: str, interrupted: Callable[[], bool] = never) -> None:
        """Start one and wait until it is ready; from now on it is started again when it dies."""
        with self._lock:
            server = self._servers[name]
            server.start(interrupted)
            self._wanted.add(name)
            self._since[name] = time.monotonic()
            self._due.pop(name, None)
            self._changed()

    def stop(self, name: str) -> None:
        """End one in order; it stays down."""
        with self._lock:
            self._wanted.discard(name)
            self._servers[name].stop()

    def stop_all(self) -> None:
        """End everybody, the last started first."""
        for name in reversed(self._servers):
            self.stop(name)

    def kill(self, name: str) -> None:
        """Crash one; whoever tends the crew will start it again."""
        with self._lock:
            self._servers[name].kill()

    def tend(self) -> None:
        """One look around: report who died, start again whose pause is over. Call it every half second."""
        with self._lock:
            for name in [name for name in self._servers if name in self._wanted]:
                if not self._servers[name].running:
                    self._revive(name)
                elif time.monotonic() - self._since.get(name, 0) > _STEADY:
                    self._crashes.pop(name, None)

    def _revive(self, name: str) -> None:
        now = time.monotonic()
        due = self._due.get(name)
        if due is None:
            crashes = self._crashes[name] = self._crashes.get(name, 0) + 1
            pause = min(self._first_pause * 2 ** (crashes - 1), self._longest_pause)
            self._due[name] = now + pause
            child = self._servers[name].child
            code = child.returncode if child else None
            self._say(f"{name} ended (exit code {code}); starting it again in {pause:g} s")
        elif now >= due:
            del self._due[name]
            self._since[name] = now
            try:
                self._servers[name].launch()
                self._say(f"{name} was started again")
            except (ServerFailed, OSError) as failed:
                self._say(f"{name} did not start: {failed}")
            self._changed()
