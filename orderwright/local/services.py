"""What are the stack's own Python processes: how each is called, and when it counts as ready."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import orderwright
from orderwright.local.process import Child
from orderwright.local.waiting import http_ok, never, wait_until

CHECKOUT = Path(orderwright.__file__).parent.parent


class Service:
    """A Python process of ours with a question that says whether it is ready."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        *,
        env: Mapping[str, str],
        log: Path,
        ready: Callable[[], bool],
        url: str = "",
        before: Callable[[], object] = never,
    ) -> None:
        self.name = name
        self.url = url
        self.answers = ready
        self._before = before
        self._child = Child(name, [sys.executable, *arguments], log=log, env=env, cwd=CHECKOUT)

    @property
    def child(self) -> Child:
        """The process."""
        return self._child

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._child.running

    def launch(self) -> None:
        """Start the process and do not wait until it is ready."""
        if not self.running:
            self._before()
            self._child.start()

    def start(self, interrupted: Callable[[], bool] = never) -> None:
        """Start it and return once it is ready. Raises ServerFailed."""
        self.launch()
        if not wait_until(self.answers, seconds=60, alive=lambda: self.running, interrupted=interrupted):
            self._child.kill()
            raise self._child.failed("did not become ready")

    def stop(self) -> None:
        """End it in order."""
        self._child.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.kill()


def simulator(
    port: int,
    data: Path,
    *,
    env: Mapping[str, str],
    log: Path,
    options: tuple[str, ...] = (),
) -> Service:
    """The outside world: providers at /stripe, /easypost, /twilio, /warehouse, its ledger at /_sim."""
    url = f"http://127.0.0.1:{port}"
    arguments = [
        "-m",
        "orderwright.simulator",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--data-dir",
        str(data),
    ]
    return Service(
        "simulator",
        [*arguments, *options],
        env=env,
        log=log,
        ready=lambda: http_ok(f"{url}/_sim/health"),
        url=url,
        before=lambda: data.mkdir(parents=True, exist_ok=True, mode=0o700),
    )


def mail(smtp_port: int, http_port: int, data: Path, *, env: Mapping[str, str], log: Path) -> Service:
    """The mail catcher: SMTP on one port, a page and GET /messages on the other."""
    url = f"http://127.0.0.1:{http_port}"
    arguments = ["-m", "orderwright.simulator.mail", "--host", "127.0.0.1", "--smtp-port", str(smtp_port)]
    return Service(
        "mail",
        [*arguments, "--http-port", str(http_port), "--data-dir", str(data)],
        env=env,
        log=log,
        ready=lambda: http_ok(f"{url}/_sim/health"),  # the list takes seconds once it is long
        url=url,
        before=lambda: data.mkdir(parents=True, exist_ok=True, mode=0o700),
    )


def worker(
    name: str, ready_file: Path, *, env: Mapping[str, str], log: Path, options: tuple[str, ...] = ()
) -> Service:
    """A worker; it writes `ready_file` when it polls."""
    return Service(
        name,
        ["worker.py", *options],
        env={**env, "ORDERWRIGHT_READY_FILE": str(ready_file)},
        log=log,
        ready=ready_file.exists,
        before=lambda: ready_file.unlink(missing_ok=True),
    )


def api(port: int, *, env: Mapping[str, str], log: Path) -> Service:
    """The API and the console."""
    url = f"http://127.0.0.1:{port}"
    served = ["-m", "uvicorn", "api.app:create_app", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    return Service(
        "api",
        [*served, "--no-access-log", "--timeout-graceful-shutdown", "10"],
        env=env,
        log=log,
        ready=lambda: http_ok(f"{url}/v1/health"),
        url=url,
    )
