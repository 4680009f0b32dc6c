"""What is wrong with this machine's stack, in plain words, and what to do next."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orderwright.local import binaries, state
from orderwright.local.environment import DEFAULT_PORTS
from orderwright.local.ports import is_free
from orderwright.local.process import alive
from orderwright.local.temporal import command
from orderwright.local.waiting import http_status
from orderwright.messages import names, queues

_DISK_NEEDED = 1_000_000_000  # bytes
_POLL_SEEN = timedelta(seconds=90)  # a poll lasts a minute; Temporal lists pollers for five
_PYTHON = (3, 11)
_START = "orderwright up"


class Level(StrEnum):
    """How a finding is meant: only `wrong` makes the doctor's exit code 1."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and the next step where there is one."""

    about: str
    level: Level
    said: str
    next_step: str = ""


def examine(data_dir: Path) -> Iterator[Finding]:
    """Look at everything, in the order in which one thing needs the other. Changes nothing."""
    known = state.load(data_dir)
    env = {**(known.env if known else {}), **os.environ}
    yield _python()
    yield from _programs()
    yield _disk(data_dir)
    yield _data_dir(data_dir)
    yield from _stack(known)
    running = known is not None and known.running
    if running or "ORDERWRIGHT_DATABASE_URL" in os.environ:
        yield from _database(env.get("ORDERWRIGHT_DATABASE_URL", ""))
    if running or "TEMPORAL_ADDRESS" in os.environ:
        ours = known is not None and "temporal" in known.processes
        yield from _temporal({**env, "HOME": str(data_dir / "temporal")} if ours else env)
    if known and running:
        yield from _pages(known)


def _python() -> Finding:
    here: tuple[int, ...] = sys.version_info[:3]
    version = ".".join(map(str, here))
    if here >= _PYTHON:
        return Finding("python", Level.OK, version)
    return Finding(
        "python", Level.WRONG, f"{version} is too old", "install Python 3.11 or newer, then `make setup`"
    )


def _programs() -> Iterator[Finding]:
    install = "run `make setup`, or set ORDERWRIGHT_DATABASE_URL and TEMPORAL_ADDRESS to servers of your own"
    for name in ("postgres", "temporal"):
        try:
            here = binaries.temporal_program() if name == "temporal" else binaries.postgres_programs() / name
            asking: list[str | Path] = [here, "--version"]
            asked = subprocess.run(asking, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603
            yield Finding(f"program {name}", Level.OK, asked.stdout.strip())
        except binaries.ProgramMissing as missing:
            yield Finding(f"program {name}", Level.WRONG, str(missing), install)
        except (OSError, subprocess.SubprocessError) as failed:
            yield Finding(f"program {name}", Level.WRONG, f"cannot be run: {failed}", install)


def _existing(folder: Path) -> Path:
    return next(part for part in (folder, *folder.parents) if part.exists())


def _disk(data_dir: Path) -> Finding:
    free = shutil.disk_usage(_existing(data_dir)).free
    said = f"{free / 1e9:.1f} GB free"
    if free >= _DISK_NEEDED:
        return Finding("disk", Level.OK, said)
    return Finding("disk", Level.WRONG, said, f"make room for at least 1 GB below {data_dir}")


def _data_dir(data_dir: Path) -> Finding:
    folder = _existing(data_dir)
    if folder != data_dir:
        return Finding("data dir", Level.NOTE, f"{data_dir} is not there yet", f"`{_START}` makes it")
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        step = f"run as that user, or choose another with --data-dir, or remove {folder}"
        return Finding(
            "data dir", Level.WRONG, f"{folder} belongs to user {owner}, you are {os.geteuid()}", step
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data dir", Level.WRONG, f"{folder} cannot be written", f"chmod u+rwx {folder}")
    return Finding("data dir", Level.OK, str(folder))


def _stack(known: state.StackState | None) -> Iterator[Finding]:
    if known is None or not known.running:
        if known and known.leftovers:
            left = ", ".join(known.leftovers)
            said = f"the supervisor was killed and left running: {left}"
            yield Finding("stack", Level.WRONG, said, f"`{_START}` or `orderwright down` cleans up")
        else:
            yield Finding("stack", Level.NOTE, "nothing is running", f"`{_START}`")
        taken = [f"{name} {port}" for name, port in DEFAULT_PORTS.items() if not is_free(port)]
        said = f"taken by others: {', '.join(taken)}" if taken else "the usual ones are free"
        yield Finding(
            "ports", Level.NOTE if taken else Level.OK, said, "free ones are used instead" if taken else ""
        )
        return
    if not known.ready:
        yield Finding("stack", Level.NOTE, "it is starting", "wait a moment, or see `orderwright logs`")
    for name, process in known.processes.items():
        if alive(process):
            yield Finding(name, Level.OK, f"runs as process {process.pid}")
        else:
            yield Finding(name, Level.WRONG, "has ended", f"`orderwright logs {name}` says why")


def _database(url: str) -> Iterator[Finding]:
    import psycopg  # noqa: PLC0415 - 100 ms that only this command pays
    from alembic.util import CommandError  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from orderwright.persistence.migrate import pending  # noqa: PLC0415

    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=3) as connection:
            connection.execute("SELECT 1")
        yield Finding("database", Level.OK, "answers")
        if pending(url):
            yield Finding("migrations", Level.WRONG, "some are missing", "`orderwright migrate`")
        else:
            yield Finding("migrations", Level.OK, "all are there")
    except psycopg.Error as failed:
        said = f"does not answer: {_without_password(str(failed).splitlines()[0], url)}"
        yield Finding(
            "database", Level.WRONG, said, "check ORDERWRIGHT_DATABASE_URL, or `orderwright logs postgres`"
        )
    except (SQLAlchemyError, CommandError) as failed:
        said = f"cannot be read: {type(failed).__name__}"
        yield Finding(
            "migrations", Level.WRONG, said, "`orderwright migrate`; was this database made by a newer one?"
        )


def _without_password(text: str, url: str) -> str:
    """A malformed address is quoted in the error it causes."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return "the address is malformed"
    return text.replace(password, "***") if password else text


def _temporal(env: Mapping[str, str]) -> Iterator[Finding]:
    address, namespace = env.get("TEMPORAL_ADDRESS", ""), env.get("TEMPORAL_NAMESPACE", "default")
    described = command(address, "operator", "namespace", "describe", "-n", namespace, env=env)
    if described is None:
        said = f"no answer from {address} for namespace {namespace}"
        yield Finding("temporal", Level.WRONG, said, "check TEMPORAL_ADDRESS, or `orderwright logs temporal`")
        return
    kept = described.get("config", {}).get("workflowExecutionRetentionTtl", "?")
    yield Finding("temporal", Level.OK, f"{address}, namespace {namespace}, histories kept for {kept}")
    yield _search_attributes(address, namespace, env)
    silent = [queue for queue in queues.ALL if not _polled(address, namespace, queue, env)]
    if silent:
        said = f"nobody polls {', '.join(silent)}"
        yield Finding(
            "task queues", Level.WRONG, said, "start a worker: `python worker.py`, or see `logs worker`"
        )
    else:
        yield Finding("task queues", Level.OK, "every queue is polled")


def _search_attributes(address: str, namespace: str, env: Mapping[str, str]) -> Finding:
    listed = command(address, "operator", "search-attribute", "list", "-n", namespace, env=env) or {}
    there = listed.get("customAttributes") or {}
    missing = [name for name in (names.ORDER_STATE, names.CHANNEL, names.NEEDS_PERSON) if name not in there]
    if missing:
        step = "a worker registers them when it starts, where it may"
        return Finding("search attributes", Level.WRONG, f"missing: {', '.join(missing)}", step)
    return Finding("search attributes", Level.OK, "all are there")


def _polled(address: str, namespace: str, queue: str, env: Mapping[str, str]) -> bool:
    asked = ("task-queue", "describe", "--task-queue", queue, "-n", namespace)
    answer: dict[str, Any] = command(address, *asked, env=env) or {}
    seen = [str(poller.get("lastAccessTime", "")) for poller in answer.get("pollers") or []]
    now = datetime.now(UTC)
    return any(now - datetime.fromisoformat(time) < _POLL_SEEN for time in seen if time)


def _pages(known: state.StackState) -> Iterator[Finding]:
    for name, path in (("api", "/v1/health"), ("simulator", "/_sim/health"), ("mail", "/messages")):
        if name not in known.urls:
            continue
        url = known.urls[name] + path
        status = http_status(url)
        if status == 200:
            yield Finding(f"{name} health", Level.OK, url)
        else:
            said = f"{url} answers {status}" if status else f"no answer from {url}"
            yield Finding(f"{name} health", Level.WRONG, said, f"`orderwright logs {name}` says why")
