"""What the tests of the command line share: commands run in this process, as a script would see them."""

import functools
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
import structlog
import uvicorn
from typer.main import get_command
from typer.testing import CliRunner, Result

from api.app import create_app
from orderwright.cli import main
from orderwright.local.ports import free_port
from orderwright.local.waiting import wait_until

Run = Callable[..., Result]

command_of = functools.cache(get_command)
"""The runner makes the whole tree of commands anew for each call: half of what these tests took."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `orderwright …` away from any stack of this checkout; the outcome has exit_code, stdout, stderr."""
    monkeypatch.setenv("ORDERWRIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("typer.testing._get_command", command_of)

    def invoke(*arguments: object, input: str | None = None) -> Result:
        return CliRunner().invoke(main.app, [str(argument) for argument in arguments], input=input)

    return invoke


@pytest.fixture
def on_record(run: Run, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """The same on a fresh, migrated record."""
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", database_url)
    return run


@dataclass(frozen=True)
class Served:
    """A running API with a small shop, and its keys by name. No worker: an order stays as it was taken."""

    url: str
    keys: dict[str, str]

    def get(self, path: str) -> Any:  # Any: JSON
        """What the API itself answers."""
        headers = {"Authorization": f"Bearer {self.keys['operations']}"}
        return httpx2.get(self.url + path, headers=headers, timeout=20).json()


@pytest.fixture(scope="module")
def served(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API over real HTTP, in a thread of this process, on a database of this test file."""
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORDERWRIGHT_DATABASE_URL", module_database_url)
        patch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
        CliRunner().invoke(main.app, ["keys", "local", "--json", "--out", str(folder / "keys.json")])
        with _serving(folder / "api.log") as url:
            made = Served(url, json.loads((folder / "keys.json").read_text()))
            _stock(made)
            yield made


@contextmanager
def _serving(log: Path) -> Iterator[str]:
    """`create_app` at a free port until the end. A process of its own would import for seconds first."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(), port=port, access_log=False, log_config=None))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with log.open("w") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", file)
        thread = Thread(target=server.run)
        thread.start()
        assert wait_until(lambda: server.started, seconds=20, alive=thread.is_alive), log.read_text()
        patch.undo()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=20)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _stock(served: Served) -> None:
    address = {
        "name": "London",
        "line1": "1 Road",
        "city": "London",
        "postal_code": "SW1Y 4JH",
        "country": "GB",
    }
    location = {
        "code": "LON", "name": "London", "kind": "http", "address": address, "latitude": 51.5,
        "longitude": 0.0,
    }  # fmt: skip
    product = {"sku": "MUG", "name": "Mug, blue", "price": 1250, "currency": "GBP"}
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    for path, body in (("/v1/locations", location), ("/v1/products", product)):
        httpx2.post(served.url + path, json=body, headers=headers, timeout=20).raise_for_status()


@pytest.fixture
def at_shop(run: Run, monkeypatch: pytest.MonkeyPatch, served: Served) -> Run:
    """The command line with that API's address and the key of operations in its environment."""
    monkeypatch.setenv("ORDERWRIGHT_URL", served.url)
    monkeypatch.setenv("ORDERWRIGHT_KEY", served.keys["operations"])
    return run
