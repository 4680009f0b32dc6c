"""What the tests of the command line share: commands run in this process, as a script would see them."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from orderwright.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Run:
    """Run `orderwright …` away from any stack of this checkout; the outcome has exit_code, stdout, stderr."""
    monkeypatch.setenv("ORDERWRIGHT_DATA_DIR", str(tmp_path))

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(main.app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def on_record(run: Run, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """The same on a fresh, migrated record."""
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", database_url)
    return run
