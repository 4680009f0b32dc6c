"""`orderwright migrate` and `orderwright keys`: made, kept, shown once, revoked."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.cli.conftest import Run


def test_migrating_twice_is_harmless(on_record: Run) -> None:
    first, second = on_record("migrate"), on_record("migrate", "--json")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert json.loads(second.stdout) == {"migrated": True}


def test_a_created_key_is_shown_once_and_stored_hashed(on_record: Run, database_url: str) -> None:
    made = on_record("keys", "create", "--name", "shop", "--scopes", "storefront,warehouse", "--json")

    key = json.loads(made.stdout)["key"]
    assert key.startswith("owk_")
    listed = on_record("keys", "list", "--json")
    assert key not in listed.stdout
    (only,) = json.loads(listed.stdout)["keys"]
    assert (only["name"], only["scopes"], only["revoked_at"]) == ("shop", ["storefront", "warehouse"], None)
    with create_engine(database_url, poolclass=NullPool).connect() as record:
        assert key not in record.execute(text("SELECT hash FROM api_keys")).scalars().all()


def test_an_unknown_scope_is_a_usage_error_and_makes_no_key(on_record: Run) -> None:
    refused = on_record("keys", "create", "--name", "shop", "--scopes", "storefront,kitchen")

    assert refused.exit_code == 2
    assert "kitchen" in refused.stderr
    assert json.loads(on_record("keys", "list", "--json").stdout)["keys"] == []


def test_a_key_without_a_name_is_refused(on_record: Run) -> None:
    refused = on_record("keys", "create", "--name", " ", "--scopes", "storefront")

    assert refused.exit_code == 1
    assert "name" in refused.stderr


def test_a_revoked_key_stays_listed(on_record: Run) -> None:
    on_record("keys", "create", "--name", "shop", "--scopes", "storefront")
    (key,) = json.loads(on_record("keys", "list", "--json").stdout)["keys"]

    assert on_record("keys", "revoke", key["id"]).exit_code == 0

    (after,) = json.loads(on_record("keys", "list", "--json").stdout)["keys"]
    assert after["revoked_at"] is not None


def test_revoking_what_is_not_there_is_not_found(on_record: Run) -> None:
    assert on_record("keys", "revoke", uuid4()).exit_code == 4


def test_local_keys_are_made_once_and_readable_by_their_owner_alone(on_record: Run, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "keys.json"

    first = on_record("keys", "local", "--json", "--out", file)
    written = json.loads(file.read_text())
    second = on_record("keys", "local", "--json", "--out", file)

    assert sorted(written) == ["admin", "import", "operations", "storefront", "warehouse"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(json.loads(first.stdout)["made"]) == sorted(written)
    assert json.loads(second.stdout)["made"] == []
    assert json.loads(file.read_text()) == written
    assert not any(key in first.stdout + second.stdout for key in written.values())


@pytest.mark.parametrize("spoiled", ["not json", "[1]", '{"admin": "owk_of_another_database"}'])
def test_a_file_of_other_keys_is_replaced(on_record: Run, tmp_path: Path, spoiled: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(spoiled)

    made = on_record("keys", "local", "--json", "--out", file)

    assert len(json.loads(made.stdout)["made"]) == 5
    assert all(key.startswith("owk_") for key in json.loads(file.read_text()).values())


def test_a_database_that_is_away_is_said_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")

    gone = run("keys", "list")

    assert gone.exit_code == 3
    assert "orderwright up" in gone.stderr
    assert "Traceback" not in gone.output


def test_a_database_without_the_record_points_to_migrate(
    run: Run, monkeypatch: pytest.MonkeyPatch, postgres_server: object, database_url: str
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", database_url.rpartition("/")[0] + "/postgres")

    empty = run("keys", "list")

    assert empty.exit_code == 1
    assert "orderwright migrate" in empty.stderr
