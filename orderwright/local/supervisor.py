"""How does a stack live in a terminal or behind it: start, tend, stop in order, and be found again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from orderwright.local import services, state
from orderwright.local.binaries import ProgramMissing
from orderwright.local.process import ServerFailed, end, recorded
from orderwright.local.stack import Stack
from orderwright.local.waiting import Interrupted

ALREADY_RUNNING = 3
READY = "ready; stop with Ctrl-C or `orderwright down`"
"""The last words of a supervisor that has started everything."""
LAST_WORDS_S = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_signal() -> threading.Event:
    """Set by Ctrl-C, SIGTERM and the end of the terminal, from now on."""
    stopping = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in _SIGNALS:
        signal.signal(number, asked)
    return stopping


def supervise(
    stack: Stack, stopping: threading.Event, say: Callable[[str], None], ready: Callable[[], None]
) -> int:
    """Start, call `ready`, tend until asked to stop, stop in order. The exit code: 0, 1, ALREADY_RUNNING."""
    try:
        stack.start()
    except state.AlreadyRunning as running:
        say(f"{running}: see `orderwright status`, or stop it with `orderwright down`")
        return ALREADY_RUNNING
    except Interrupted:
        say("stopped before everything was ready")
        return 1
    except (ServerFailed, ProgramMissing, OSError) as failed:
        say(f"{failed}\n`orderwright doctor` says more")
        return 1
    ready()
    while not stopping.wait(0.5):
        stack.tend()
    say("stopping")
    stack.close()
    say(f"stopped; data is kept in {stack.data_dir}")
    return 0


def detach(data_dir: Path, arguments: list[str], say: Callable[[str], None]) -> int:
    """Run `orderwright ARGUMENTS` in a session of its own; relay what it says until its stack is ready."""
    log = data_dir / "logs" / "supervisor.log"
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    log.parent.mkdir(exist_ok=True, mode=0o700)
    with log.open("ab") as file:
        began = said = file.tell()
        supervisor = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "orderwright.cli.main", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=services.CHECKOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    while True:
        code = supervisor.poll()
        known = state.load(data_dir)
        ready = known is not None and known.ready and known.supervisor == recorded(supervisor.pid)
        said = _relay(log, said, say)
        if code is not None:
            return code
        if ready:
            return _last_words(log, began, said, say)
        time.sleep(0.1)


def _last_words(log: Path, began: int, said: int, say: Callable[[str], None]) -> int:
    """What is ready says where it is a moment later."""
    until = time.monotonic() + LAST_WORDS_S
    while READY.encode() not in log.read_bytes()[began:] and time.monotonic() < until:
        time.sleep(0.05)
    _relay(log, said, say)
    return 0


def _relay(log: Path, said: int, say: Callable[[str], None]) -> int:
    with log.open("rb") as file:
        file.seek(said)
        new = file.read()
    whole = new[: new.rfind(b"\n") + 1]
    for line in whole.decode(errors="replace").splitlines():
        say(line)
    return said + len(whole)


def shut_down(data_dir: Path, say: Callable[[str], None]) -> bool:
    """Stop the stack of a data dir, and what a killed supervisor left there. False where nothing ran."""
    known = state.load(data_dir)
    if known is None or not (known.running or known.leftovers):
        return False
    if known.supervisor and known.running:
        if known.supervisor.pid == os.getpid():
            raise ValueError("a process does not shut itself down: close its Stack")
        say(f"stopping the stack in {data_dir}")
        end(known.supervisor, grace=120)
    for name, process in reversed(known.leftovers.items()):
        say(f"ending {name} (process {process.pid}), left behind by a supervisor that was killed")
        end(process)
    return True
