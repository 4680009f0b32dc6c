"""What the tests of the embedded stack share: its command line, and a data dir that is cleared away."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orderwright.local import state
from orderwright.local.supervisor import shut_down

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def orderwright() -> Callable[..., Ran]:
    """Run `orderwright …` to its end."""

    def run(*arguments: str | Path, env: dict[str, str] | None = None) -> Ran:
        return subprocess.run(  # noqa: S603 - the product's own command
            [sys.executable, "-m", "orderwright.cli.main", *map(str, arguments)],
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def data_dir(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data dir of the test's own; whatever still runs there in the end is stopped."""
    folder = scratch / f"{request.node.name[:40]}-data"
    yield folder
    shut_down(folder, lambda _line: None)


@pytest.fixture
def running() -> Callable[[Path], state.StackState]:
    """The state of a data dir where a stack is expected."""

    def load(folder: Path) -> state.StackState:
        known = state.load(folder)
        assert known is not None
        return known

    return load
