"""`orderwright up` and `down`, as a person uses them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from orderwright.local.process import alive
from orderwright.local.state import StackState
from orderwright.local.supervisor import ALREADY_RUNNING

Run = Callable[..., subprocess.CompletedProcess[str]]
State = Callable[[Path], StackState]
POSTGRES = ("--only", "postgres", "--no-migrate", "--free-ports")
BOTH = ("--only", "postgres,temporal", "--no-migrate", "--free-ports")


def _dsn(state: StackState) -> str:
    return state.env["ORDERWRIGHT_DATABASE_URL"].replace("+psycopg", "")


def _eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_after_kill_9_of_the_supervisor_nothing_stays_and_up_recovers(
    orderwright: Run, data_dir: Path, running: State
) -> None:
    assert orderwright("up", "--detach", *BOTH, "--data-dir", data_dir).returncode == 0
    before = running(data_dir)
    with psycopg.connect(_dsn(before), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert before.supervisor is not None

    os.kill(before.supervisor.pid, signal.SIGKILL)

    assert _eventually(lambda: not before.leftovers)
    again = orderwright("up", "--detach", *BOTH, "--data-dir", data_dir)
    assert again.returncode == 0, again.stdout + again.stderr
    after = running(data_dir)
    assert after.ports == before.ports
    assert after.processes["postgres"] != before.processes["postgres"]
    with psycopg.connect(_dsn(after)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_status_says_what_runs_and_down_stops_all_of_it(
    orderwright: Run, data_dir: Path, running: State
) -> None:
    up = orderwright("up", "--detach", "--only", "temporal", "--free-ports", "--data-dir", data_dir)
    assert up.returncode == 0, up.stdout + up.stderr
    started = running(data_dir)

    said = orderwright("status", "--json", "--data-dir", data_dir)
    stopped = orderwright("down", "--data-dir", data_dir)

    assert said.returncode == 0
    assert json.loads(said.stdout)["processes"]["temporal"]["running"] is True
    assert f"Temporal UI      {started.urls['temporal_ui']}" in up.stdout
    assert stopped.returncode == 0
    assert not alive(started.supervisor)
    assert not started.leftovers
    assert orderwright("status", "--data-dir", data_dir).returncode == 3
    assert "nothing is running" in orderwright("down", "--data-dir", data_dir).stdout


def test_ctrl_c_stops_in_order_and_a_second_up_is_told_that_one_runs(
    orderwright: Run, data_dir: Path, running: State
) -> None:
    command = [sys.executable, "-m", "orderwright.cli.main", "up", *POSTGRES, "--data-dir", str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:  # noqa: S603 - our own command
        assert first.stdout is not None
        for line in first.stdout:
            if "Ctrl-C" in line:
                break
        second = orderwright("up", *POSTGRES, "--data-dir", data_dir)
        started = running(data_dir)

        first.send_signal(signal.SIGINT)

        said = first.stdout.read()
        assert first.wait(30) == 0
    assert second.returncode == ALREADY_RUNNING
    assert "already running" in second.stdout
    assert "stopped; data is kept" in said
    assert not started.leftovers
    log = (data_dir / "logs" / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")


def test_a_database_of_ones_own_is_used_instead_of_starting_one(
    orderwright: Run, data_dir: Path, running: State
) -> None:
    own = {"ORDERWRIGHT_DATABASE_URL": "postgresql+psycopg://me@127.0.0.1:1/mine"}

    up = orderwright("up", "--detach", *POSTGRES, "--data-dir", data_dir, env=own)

    assert up.returncode == 0
    assert running(data_dir).processes == {}
    assert running(data_dir).env["ORDERWRIGHT_DATABASE_URL"] == own["ORDERWRIGHT_DATABASE_URL"]


def test_a_server_that_cannot_start_is_reported_with_its_log_and_the_rest_is_stopped(
    orderwright: Run, data_dir: Path, running: State
) -> None:
    data = data_dir / "temporal" / "temporal.db"
    data.mkdir(parents=True)  # a folder where a file belongs

    up = orderwright("up", "--detach", *BOTH, "--data-dir", data_dir)

    assert up.returncode == 1
    assert "temporal did not start (exit code 1)" in up.stdout
    assert not running(data_dir).running
    assert not running(data_dir).leftovers


def test_an_unknown_part_or_port_is_a_usage_error(orderwright: Run, data_dir: Path) -> None:
    assert "there is no mongodb" in orderwright("up", "--only", "mongodb", "--data-dir", data_dir).stderr
    assert "no port is named web" in orderwright("up", "--port", "web=80", "--data-dir", data_dir).stderr
