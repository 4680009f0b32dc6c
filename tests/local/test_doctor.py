"""The doctor names what is wrong and says the next step."""

from pathlib import Path

import pytest

from orderwright.local.doctor import Finding, Level, examine
from orderwright.local.postgres import Postgres


def _about(findings: list[Finding], about: str) -> Finding:
    return next(finding for finding in findings if finding.about == about)


def test_a_machine_that_never_ran_anything_is_well(tmp_path: Path) -> None:
    findings = list(examine(tmp_path / "never"))

    assert [finding for finding in findings if finding.level is Level.WRONG] == []
    assert _about(findings, "stack").next_step == "`orderwright up`"


def test_a_database_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", "postgresql+psycopg://me:secret@127.0.0.1:1/mine")

    found = _about(list(examine(tmp_path)), "database")

    assert found.level is Level.WRONG
    assert "secret" not in found.said
    assert "ORDERWRIGHT_DATABASE_URL" in found.next_step


def test_missing_migrations_are_named_with_the_command_that_runs_them(
    tmp_path: Path, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", postgres_server.url())

    found = _about(list(examine(tmp_path)), "migrations")

    assert (found.level, found.next_step) == (Level.WRONG, "`orderwright migrate`")


def test_a_migrated_database_is_well(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", database_url)

    assert _about(list(examine(tmp_path)), "migrations").level is Level.OK


def test_a_temporal_without_workers_is_named(
    tmp_path: Path, temporal_dev: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_dev)

    findings = list(examine(tmp_path))

    assert _about(findings, "temporal").level is Level.OK
    silent = _about(findings, "task queues").said  # other tests may have polled some of them lately
    assert silent.startswith("nobody polls ")
    assert "bulk" in silent
