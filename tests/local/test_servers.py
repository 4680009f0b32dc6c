"""The embedded servers: made, believed in when they answer, gone when they should be."""

import os
import stat
from pathlib import Path

import psycopg
import pytest
from temporalio.testing import WorkflowEnvironment

from orderwright.local.ports import free_port
from orderwright.local.postgres import Postgres
from orderwright.local.process import ServerFailed, alive
from orderwright.local.temporal import Temporal, command, environment


def _value(server: Postgres, query: str) -> object:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_postgres_keeps_committed_rows_through_kill_9_and_restart(scratch: Path) -> None:
    server = Postgres(scratch / "killed" / "postgres")
    server.start()
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")

        server.kill()
        server.start()

        assert _value(server, "SELECT n FROM kept") == 7
        assert _value(server, "SHOW fsync") == "on"
    finally:
        server.stop()


def test_postgres_refuses_a_wrong_password_and_offers_no_socket(postgres_server: Postgres) -> None:
    wrong = postgres_server.dsn().replace(postgres_server.password, "wrong")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)

    assert _value(postgres_server, "SHOW unix_socket_directories") == ""


def test_postgres_never_runs_as_root_and_hides_data_and_password(postgres_server: Postgres) -> None:
    child = postgres_server.child
    assert child is not None
    assert child.record is not None

    owner = Path(f"/proc/{child.record.pid}").stat().st_uid

    assert owner != 0
    assert stat.S_IMODE(os.stat(postgres_server.folder / "password").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(postgres_server.folder / "data").st_mode) == 0o700


def test_postgres_on_a_taken_port_says_so(scratch: Path, postgres_server: Postgres) -> None:
    second = Postgres(scratch / "second" / "postgres", port=postgres_server.port, fast=True)
    second.patience = 1.0

    with pytest.raises(ServerFailed, match="Address already in use"):
        second.start()

    assert not second.running


def test_temporal_keeps_its_namespace_settings_through_a_restart(scratch: Path) -> None:
    server = Temporal(scratch / "temporal", log=scratch / "temporal-restart.log", port=free_port())
    server.start()
    try:
        server.keep_histories(30)
        server.kill()

        server.start()

        describe = ("operator", "namespace", "describe", "-n", "default")
        described = command(server.address, *describe, env=environment(scratch))
        assert described["config"]["workflowExecutionRetentionTtl"] == "2592000s"
    finally:
        server.stop()
    assert server.child is not None
    assert not alive(server.child.record)


async def test_the_skipping_server_answers(temporal_skipping: WorkflowEnvironment) -> None:
    before = await temporal_skipping.get_current_time()

    await temporal_skipping.sleep(86_400)

    assert (await temporal_skipping.get_current_time() - before).total_seconds() >= 86_400


def test_the_dev_server_answers(temporal_dev: str, scratch: Path) -> None:
    describe = ("operator", "namespace", "describe", "-n", "default")

    assert command(temporal_dev, *describe, env=environment(scratch)) is not None


def test_temporal_writes_into_its_own_folder_and_into_no_home(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = scratch / "home"
    home.mkdir()
    (scratch / "own").mkdir()
    monkeypatch.setenv("HOME", str(home))
    server = Temporal(None, log=scratch / "own" / "temporal.log")  # in memory: then it keeps an id in $HOME

    server.start()
    server.kill()

    assert list(home.iterdir()) == []
    assert (scratch / "own" / ".config" / "temporalio").exists()
