"""What every test may ask for: databases, Temporal, the simulated world; and no network beyond loopback."""

import ipaddress
import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from orderwright.local import services
from orderwright.local.binaries import temporal_program
from orderwright.local.ports import free_port
from orderwright.local.postgres import Postgres
from orderwright.local.temporal import Temporal
from orderwright.runtime.leave import leave

LOOPBACK_ONLY = "127.0.0.1,localhost,::1"
_exit_status = 0
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex


class NetworkRefused(Exception):
    """A test reached for a machine other than this one."""


def _refuse_beyond_loopback(sock: socket.socket, address: Any) -> None:
    """Any: the form of an address depends on the family. Unix sockets pass, foreign names do not."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    try:
        local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise NetworkRefused(f"tests may not connect to {host}: point the adapter at the simulator")


def _guarded_connect(sock: socket.socket, address: Any) -> None:
    _refuse_beyond_loopback(sock, address)
    _connect(sock, address)


def _guarded_connect_ex(sock: socket.socket, address: Any) -> int:
    _refuse_beyond_loopback(sock, address)
    return _connect_ex(sock, address)


def pytest_configure(config: pytest.Config) -> None:
    """Close the network, and forget the settings of the shell that started us.

    Loopback needs no certificates: to read the machine's took 45 ms for each HTTP client.
    """
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign,assignment]  # the guard
    socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign,assignment]
    for name in list(os.environ):
        if name.startswith(("ORDERWRIGHT_", "TEMPORAL_", "SSL_CERT_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = LOOPBACK_ONLY
    os.environ["SSL_CERT_DIR"] = os.devnull


def pytest_report_header() -> str:
    """Said once, at the top."""
    return "orderwright: loopback only; PostgreSQL, Temporal and the simulator start when first asked for"


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the outcome for the way we leave."""
    global _exit_status  # noqa: PLW0603 - pytest hands it to this hook only
    _exit_status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End the process without the interpreter's teardown: see orderwright/runtime/leave.py."""
    leave(_exit_status)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A short folder for servers' data, gone afterwards. PostgreSQL as `nobody` can enter it."""
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# --- PostgreSQL


@pytest.fixture(scope="session")
def postgres_server(scratch: Path) -> Iterator[Postgres]:
    """One PostgreSQL for the whole run, without durability."""
    server = Postgres(scratch / "postgres", fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Postgres) -> str:
    """The name of a database that has every migration and no rows: the others are copies of it."""
    from orderwright.persistence.migrate import upgrade  # noqa: PLC0415 - only tests with a database need it

    postgres_server.execute("CREATE DATABASE migrated_template")
    upgrade(postgres_server.url("migrated_template"))
    return "migrated_template"


@pytest.fixture(scope="session")
def make_database(postgres_server: Postgres, migrated_template: str) -> Callable[[], str]:
    """Make a fresh migrated database and return its URL (60 ms; by WAL, the default strategy, 140)."""
    numbers = itertools.count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
        return postgres_server.url(name)

    return make


def _drop(server: Postgres, url: str) -> None:
    server.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")


@pytest.fixture
def database_url(postgres_server: Postgres, make_database: Callable[[], str]) -> Iterator[str]:
    """A fresh migrated database for one test: postgresql+psycopg://user:pw@127.0.0.1:port/db."""
    url = make_database()
    yield url
    _drop(postgres_server, url)


@pytest.fixture(scope="module")
def module_database_url(postgres_server: Postgres, make_database: Callable[[], str]) -> Iterator[str]:
    """A fresh migrated database for one test file."""
    url = make_database()
    yield url
    _drop(postgres_server, url)


# --- Temporal


@pytest.fixture(scope="session")
def temporal_dev(scratch: Path) -> Iterator[str]:
    """The address of a dev server with namespace `default` and no search attributes of ours yet."""
    server = Temporal(None, log=scratch / "temporal.log")
    server.start()
    yield server.address
    server.kill()  # nothing to keep, and in order takes 3 s


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def temporal_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server for one test file, with the product's data converter on its client."""
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=str(temporal_program("temporal-test-server")),
    )
    yield environment
    await environment.shutdown()


# --- the simulated world


@pytest.fixture(scope="session")
def simulator(scratch: Path) -> Iterator[str]:
    """The base URL of a simulator without webhooks; providers at /stripe, /easypost, /twilio, /warehouse."""
    log = scratch / "simulator.log"
    server = services.simulator(free_port(), scratch / "simulator", env=os.environ, log=log)
    server.start()
    yield server.url
    server.kill()


@pytest.fixture
def sim(simulator: str) -> str:
    """The same simulator with nothing recorded and every switch at rest."""
    httpx2.post(f"{simulator}/_sim/reset", timeout=10).raise_for_status()
    return simulator


@dataclass(frozen=True)
class Mailbox:
    """Where mail goes in (smtp://…) and where it is read (GET {url}/messages)."""

    smtp: str
    url: str


@pytest.fixture(scope="session")
def mail_catcher(scratch: Path) -> Iterator[Mailbox]:
    """One mail catcher for the whole run."""
    smtp_port = free_port()
    http_port = free_port(frozenset({smtp_port}))
    server = services.mail(smtp_port, http_port, scratch / "mail", env=os.environ, log=scratch / "mail.log")
    server.start()
    yield Mailbox(f"smtp://127.0.0.1:{smtp_port}", server.url)
    server.kill()


@pytest.fixture
def mailbox(mail_catcher: Mailbox) -> Mailbox:
    """The mail catcher, emptied."""
    httpx2.delete(f"{mail_catcher.url}/messages", timeout=10).raise_for_status()
    return mail_catcher
