"""A simulator and a mail catcher as processes of their own, and a shop's address that receives webhooks."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from easypost.easypost_client import EasyPostClient
from stripe import StripeClient
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # no types are published
from twilio.rest import Client as TwilioClient  # type: ignore[import-untyped]  # no types are published

os.environ["NO_PROXY"] = "127.0.0.1,localhost"  # all three SDKs obey HTTP_PROXY
T = TypeVar("T")
TIMING = {
    "accepted": 0.02,
    "picking_started": 0.06,
    "shipped": 0.1,
    "recall": 0.01,
    "in_transit": 0.02,
    "out_for_delivery": 0.04,
    "delivered": 0.06,
    "refund": 0.05,
    "sms": 0.02,
}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(look: Callable[[], T], seconds: float = 20.0) -> T:
    """What `look` gives as soon as it is something; fails after a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@dataclass
class Process:
    """A started module and its HTTP address."""

    url: str
    command: list[str]
    running: subprocess.Popen[bytes]
    http: httpx2.Client
    smtp_port: int = 0

    def restart(self) -> None:
        """kill -9, then the same command again."""
        self.running.kill()
        self.running.wait()
        self.running = subprocess.Popen(self.command)  # noqa: S603 - our own module
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        eventually(self._is_alive, seconds=15)

    def _is_alive(self) -> bool:
        try:
            return self.http.get("/_sim/health").is_success
        except httpx2.TransportError:
            return False

    def switch(self, provider: str, mode: str, **more: Any) -> None:
        """Turn a switch on. `Any`: values differ by mode."""
        answer = self.http.post("/_sim/switches", json={"provider": provider, "mode": mode, **more})
        assert answer.status_code == 201, answer.text

    def ledger(self, **query: str) -> list[dict[str, Any]]:
        """The calls. `Any`: JSON."""
        calls: list[dict[str, Any]] = self.http.get("/_sim/ledger", params=query).json()["calls"]
        return calls

    def books(self, order_id: str) -> dict[str, Any]:
        """What was done for an order. `Any`: JSON."""
        books: dict[str, Any] = self.http.get("/_sim/books", params={"order_id": order_id}).json()
        return books


def start(module: str, *options: str, port: int) -> Process:
    """Start a module and wait for it."""
    command = [sys.executable, "-m", module, "--host", "127.0.0.1", *options]
    url = f"http://127.0.0.1:{port}"
    http = httpx2.Client(base_url=url, trust_env=False)
    running = subprocess.Popen(command)  # noqa: S603 - our own module
    process = Process(url, command, running, http)
    process.wait()
    return process


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The simulator, with a quick clock."""
    port, folder = free_port(), str(tmp_path_factory.mktemp("simulator"))
    options = ("--port", str(port), "--data-dir", folder, "--timing", json.dumps(TIMING))
    process = start("orderwright.simulator", *options, port=port)
    yield process
    process.http.close()
    process.running.terminate()
    assert process.running.wait(10) in {0, -15}


@pytest.fixture(scope="session")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The mail catcher."""
    port, smtp_port, folder = free_port(), free_port(), tmp_path_factory.mktemp("mail")
    options = ("--http-port", str(port), "--smtp-port", str(smtp_port), "--data-dir", str(Path(folder)))
    process = start("orderwright.simulator.mail", *options, port=port)
    process.smtp_port = smtp_port
    yield process
    process.http.close()
    process.running.terminate()
    process.running.wait(10)


@dataclass
class Received:
    """One webhook as it came in."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """JSON, hence Any."""
        return json.loads(self.raw)


@dataclass
class Shop:
    """The receiving side: every post is kept; the first `failures` are answered 500."""

    url: str
    received: list[Received] = field(default_factory=list)
    failures: int = 0

    def types(self, path: str) -> list[str]:
        """What came to a path, in order."""
        events = [one.body for one in self.received if one.path == path]
        return [event.get("type") or event.get("description") for event in events]


@pytest.fixture
def shop(world: Process) -> Iterator[Shop]:
    """A shop that listens, known to an emptied world."""
    shop = Shop("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            shop.failures -= 1
            if shop.failures < 0:
                headers = {name.lower(): value for name, value in self.headers.items()}
                shop.received.append(Received(self.path, headers, raw))
            self.send_response(200 if shop.failures < 0 else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    world.http.post("/_sim/reset")
    targets = {"stripe": {"url": f"{shop.url}/stripe"}, "easypost": {"url": f"{shop.url}/easypost"}}
    world.http.put("/_sim/targets", json=targets)
    yield shop
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stripe(world: Process, shop: Shop) -> StripeClient:
    """The real Stripe SDK."""
    return StripeClient("sk_test_x", base_addresses={"api": f"{world.url}/stripe"}, max_network_retries=0)


@pytest.fixture
def easypost(world: Process, shop: Shop) -> Any:
    """The real EasyPost SDK (untyped)."""
    return EasyPostClient("EZTK_x", api_base=f"{world.url}/easypost/v2", timeout=5)


@pytest.fixture
def twilio(world: Process, shop: Shop) -> Iterator[TwilioClient]:
    """The real Twilio SDK."""
    http = TwilioHttpClient(timeout=5)
    client = TwilioClient("AC" + "0" * 32, "twilio_orderwright", http_client=http)
    client.api.base_url = f"{world.url}/twilio"
    yield client
    if http.session:
        http.session.close()
