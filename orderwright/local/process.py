"""Which process is ours, and how is one started, watched and ended."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

_LAUNCH = Path(__file__).with_name("launch.py")
_LOG_LIMIT = 20_000_000  # bytes: a longer log is set aside at the next start


class ServerFailed(Exception):
    """A server did not start or did not become ready; the text says why, with the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The uid and gid a child runs under."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A process as it was when we started it: a pid alone may belong to somebody else by now."""

    pid: int
    started: str


@functools.cache
def _boot() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    return "boot"


def _started(pid: int) -> str | None:
    """Boot and start time of a living process, else None. A zombie does not live."""
    if sys.platform != "linux":
        asked = subprocess.run(  # noqa: S603 - a fixed program, no shell
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return asked.stdout.strip() or None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the name in front may hold spaces
    return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"


def recorded(pid: int) -> Recorded | None:
    """What to write down to recognize this process later; None where it has ended."""
    started = _started(pid)
    return Recorded(pid, started) if started else None


def alive(process: Recorded | None) -> bool:
    """Whether exactly this process still runs."""
    return process is not None and _started(process.pid) == process.started


def end(process: Recorded, first: Signals = signal.SIGTERM, grace: float = 10.0) -> None:
    """End a process that we once recorded: ask, wait, then kill. Returns when it is gone."""
    if not alive(process):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, first)
    if _gone(process, grace):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    _gone(process, 10.0)


def _gone(process: Recorded, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@functools.cache
def _spawner() -> ThreadPoolExecutor:
    """The one thread that starts children: the kernel ends them when the thread that forked them ends."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class Child:
    """A foreground process of ours that dies with us, logs to a file and leads its own session.

    Its own session keeps a terminal's Ctrl-C from reaching it: the supervisor stops it in order.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path,
        account: Account | None = None,
        stop_signal: Signals = signal.SIGTERM,
        grace: float = 15.0,
    ) -> None:
        self.name = name
        self.log = log
        self.record: Recorded | None = None
        self._command = [str(part) for part in command]
        self._env = dict(env)
        self._cwd = cwd
        self._account = account
        self._stop_signal = stop_signal
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it lives; reaps it where it does not."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it; readiness is the caller's question. Raises ServerFailed where it cannot be executed."""
        if self.running:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._process = _spawner().submit(self._spawn).result()
        self.record = recorded(self._process.pid)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        account = [str(self._account.uid), str(self._account.gid)] if self._account else ["-", "-"]
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(int(self._stop_signal))]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own commands, no shell
                [*launch, *account, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Ask it to end, wait for its grace, then kill it. Nothing happens where it has ended."""
        self.end(self._stop_signal, self._grace)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.end(signal.SIGKILL, 10.0)

    def end(self, first: Signals, grace: float) -> None:
        """Send `first`, wait `grace` seconds, then kill and reap."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(first)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10.0)

    def failed(self, what: str) -> ServerFailed:
        """The error for "it did not …", with its exit code and the end of its log."""
        code = self.returncode
        ended = f" (exit code {code})" if code is not None else ""
        return ServerFailed(f"{self.name} {what}{ended}\n{self.tail()}\nlog: {self.log}")

    def tail(self, lines: int = 12) -> str:
        """The end of its log."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
