"""The stack as programs use it: the demo, the fault tests, the bench."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderwright.local import binaries, environment, layout, services
from orderwright.local.crew import Crew
from orderwright.local.ports import free_port
from orderwright.local.postgres import Postgres
from orderwright.local.process import Recorded, ServerFailed, alive, end, recorded
from orderwright.local.stack import Stack
from orderwright.local.state import AlreadyRunning, StackState, load


@pytest.fixture
def sleeper() -> Iterator[Recorded]:
    """A process that somebody left running."""
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as process:
        known = recorded(process.pid)
        assert known is not None
        yield known
        process.kill()


def test_two_data_dirs_run_side_by_side_and_one_serves_one_stack_only(data_dir: Path) -> None:
    parts = {"components": ["postgres"], "ports": "auto", "fast": True, "migrate": False, "inherit": False}
    with Stack(data_dir, **parts) as one, Stack(data_dir / "other", **parts) as other:  # type: ignore[arg-type]
        with pytest.raises(AlreadyRunning):
            Stack(data_dir, **parts).start()  # type: ignore[arg-type]

        assert one.running("postgres")
        assert other.running("postgres")
        assert one.env["ORDERWRIGHT_DATABASE_URL"] != other.env["ORDERWRIGHT_DATABASE_URL"]
    assert not one.running("postgres")
    assert not other.running("postgres")


def test_a_tended_stack_starts_again_what_was_killed(data_dir: Path) -> None:
    said: list[str] = []
    parts = Stack(
        data_dir,
        components=["postgres"],
        ports="auto",
        fast=True,
        migrate=False,
        tended=True,
        say=said.append,
    )
    with parts as stack:
        stack.kill("postgres")

        until = time.monotonic() + 10
        while not stack.running("postgres") and time.monotonic() < until:
            time.sleep(0.1)

        assert stack.running("postgres")
        assert "postgres ended (exit code -9); starting it again in 1 s" in said


def test_a_part_that_was_stopped_stays_down_until_it_is_started(data_dir: Path) -> None:
    with Stack(data_dir, components=["postgres"], ports="auto", fast=True, migrate=False) as stack:
        stack.stop("postgres")
        stack.tend()
        assert not stack.running("postgres")

        stack.start("postgres")

        assert stack.running("postgres")


def test_what_a_killed_supervisor_left_is_ended_before_the_next_start(
    data_dir: Path, sleeper: Recorded
) -> None:
    data_dir.mkdir()
    StackState(data_dir, supervisor=None, processes={"worker": sleeper}).save()

    with Stack(data_dir, components=[], ports="auto"):
        assert not alive(sleeper)


def test_a_process_that_bears_an_old_number_by_chance_is_left_alone(sleeper: Recorded) -> None:
    end(Recorded(sleeper.pid, "boot:1"))

    assert alive(sleeper)


def test_a_taken_port_moves_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setitem(environment.DEFAULT_PORTS, "api", port)

        chosen = layout.choose_ports(None, {}, ("api",), said.append)

        assert chosen["api"] != port
        assert said == [f"port {port} for api is taken: using {chosen['api']}"]
        with pytest.raises(ServerFailed, match=f"port {port} for api is taken"):
            layout.choose_ports({"api": port}, {}, ("api",), said.append)


def test_the_ports_of_the_last_run_are_kept_and_no_two_are_the_same() -> None:
    before = layout.choose_ports("auto", {}, (), print)

    assert layout.choose_ports(None, before, ("api", "mail"), print) == before
    assert len(set(before.values())) == len(environment.DEFAULT_PORTS)


def test_a_crashing_service_is_started_again_after_ever_longer_pauses(scratch: Path) -> None:
    said: list[str] = []
    crashing = services.Service(
        "worker", ["-S", "-c", "raise SystemExit(3)"], env={}, log=scratch / "crash.log", ready=lambda: True
    )
    crew = Crew([crashing], say=said.append, changed=lambda: None, first_pause=0.05)
    crew.start("worker")

    until = time.monotonic() + 10
    while len(said) < 5 and time.monotonic() < until:
        crew.tend()
        time.sleep(0.02)

    assert said[0] == "worker ended (exit code 3); starting it again in 0.05 s"
    assert said[1] == "worker was started again"
    assert said[2] == "worker ended (exit code 3); starting it again in 0.1 s"
    crew.stop_all()


def test_state_and_secrets_are_readable_to_their_owner_only(data_dir: Path) -> None:
    with Stack(data_dir, components=[], ports="auto"):
        pass

    modes = {name: stat.S_IMODE((data_dir / name).stat().st_mode) for name in ("state.json", "secrets.json")}

    assert modes == {"state.json": 0o600, "secrets.json": 0o600}
    assert load(data_dir / "nowhere") is None


def test_settings_point_every_provider_to_the_simulator_and_the_shell_wins(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_CARRIER", "table")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")

    stack = Stack(
        data_dir, components=[], ports={"simulator": free_port()}, env={"ORDERWRIGHT_LOG_LEVEL": "debug"}
    )
    stack.start()

    assert stack.env["ORDERWRIGHT_STRIPE_API_BASE"].endswith("/stripe")
    assert stack.env["ORDERWRIGHT_CARRIER"] == "table"
    assert stack.env["ORDERWRIGHT_LOG_LEVEL"] == "debug"
    assert "127.0.0.1" in environment.base_environment()["NO_PROXY"]
    stack.close()


_AS_NOBODY = """
import os, pwd, sys, encodings.idna, http.client, ipaddress, shutil, tempfile
from pathlib import Path
import psycopg
from psycopg import sql
from orderwright.local.postgres import Postgres
from orderwright.local.temporal import Temporal
nobody = pwd.getpwnam("nobody")
os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
if not os.access(sys.executable, os.X_OK):  # this Python lies in root's home
    sys.executable = "/usr/bin/python3"
folder = Path(tempfile.mkdtemp(prefix="ow-"))
postgres = Postgres(folder / "private" / "postgres", fast=True, log=folder / "postgres.log")
temporal = Temporal(folder / "temporal", log=folder / "temporal.log")
(folder / "private").mkdir(mode=0o700)
try:
    postgres.start(); temporal.start()
    uid = os.stat(f"/proc/{postgres.child.record.pid}").st_uid
    print("ran as", uid, temporal.answers(), postgres.folder.parent.name)
finally:
    postgres.stop(); temporal.kill(); shutil.rmtree(folder)
sys.stdout.flush(); os._exit(0)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the whole suite runs as an ordinary user")
@pytest.mark.skipif(
    not binaries.reachable(services.CHECKOUT), reason="this checkout is closed to other users"
)
def test_an_ordinary_user_runs_the_servers_in_a_private_folder() -> None:
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", _AS_NOBODY], capture_output=True, text=True, timeout=60, check=False
    )

    account = binaries.postgres_account()
    assert account is not None
    assert ran.stdout == f"ran as {account.uid} True private\n", ran.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_root_keeps_the_data_outside_a_private_home_and_changes_no_mode(data_dir: Path) -> None:
    home = data_dir / "home"
    home.mkdir(parents=True)
    home.chmod(0o700)

    with Stack(home / "stack", components=["postgres"], ports="auto", fast=True, migrate=False) as stack:
        server = stack.server("postgres")
        assert isinstance(server, Postgres)
        assert server.running
        assert not (home / "stack" / "postgres").exists()
    shutil.rmtree(server.folder.parent)

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert home.stat().st_uid == 0
