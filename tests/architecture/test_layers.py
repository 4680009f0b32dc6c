"""The house's walls: who imports whom, how long calls may take, whether the record is what it should be."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from orderwright.container import Container
from orderwright.domain.payments import PaymentMethod
from orderwright.persistence.tables.base import Base
from orderwright.runtime.settings import Settings
from workflows import policies

ROOT = Path(__file__).parents[2]


def test_arrows_point_down() -> None:
    program = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603

    assert done.returncode == 0, done.stdout[-3000:]
    assert "0 broken" in done.stdout


async def test_every_call_and_its_look_up_end_before_their_attempt() -> None:
    container = Container.build(Settings())
    gateway = container.gateways()[PaymentMethod.CARD]
    calls = {  # how many HTTP calls one attempt makes at most
        gateway: 2,  # find, call
        container.carrier(): 3,  # rate, find, buy
        container.warehouse(): 2,  # find, call
        container.supplier(): 2,  # find, call
        container.sms(): 2,  # find, send
    }

    for provider, count in calls.items():
        longest = getattr(provider, "timeout") * count  # noqa: B009 - no part of the ports
        assert 0 < longest < policies.FORWARD.try_for.total_seconds(), type(provider).__name__
        assert longest < policies.UNDO.try_for.total_seconds(), type(provider).__name__
    assert policies.LOCAL_TRY < policies.LOCAL_ALL < policies.RECORD_TRY
    assert policies.FORWARD.try_for < policies.FORWARD.all_for
    await container.close()


@pytest.mark.parametrize("policy", [policies.FORWARD, policies.UNDO, policies.TELL])
def test_a_provider_step_is_tried_for_a_day_and_no_longer(policy: policies.Policy) -> None:
    assert policy.all_for.total_seconds() == 24 * 3600
    assert policy.retry.maximum_attempts == 0


def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    engine = create_engine(database_url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert found == []


def test_the_migrations_check_what_the_tables_check(
    database_url: str, make_database: Callable[[], str]
) -> None:
    """Alembic compares no CHECK: the same tables are made without a migration and asked for theirs."""
    plain = make_database()
    engine = create_engine(plain)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    engine.dispose()

    assert _checks(database_url) == _checks(plain)


def _checks(url: str) -> set[tuple[str, str, str]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            )
        )
        found = {(table, name, check) for table, name, check in rows}
    engine.dispose()
    return found
