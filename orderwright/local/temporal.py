"""Temporal's dev server as a child of ours: started, believed in after a describe call, stopped."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orderwright.local import binaries
from orderwright.local.ports import free_port
from orderwright.local.process import Child, ServerFailed
from orderwright.local.waiting import never, wait_until

NAMESPACE = "default"
_PRAGMAS = ("journal_mode=wal", "synchronous=normal")  # three to four times faster, survives kill -9


def environment(home: Path) -> dict[str, str]:
    """Our environment without the settings and profiles of a Temporal elsewhere.

    The program reads profiles in $HOME/.config and keeps a server's id there: `home` is a folder of ours.
    """
    other = ("TEMPORAL_", "XDG_CONFIG_HOME")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    return {
        **kept,
        "HOME": str(home),
        "TEMPORAL_VERSION_CHECK_DISABLED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


class Temporal:
    """A dev server; with `folder` its workflows outlive it (SQLite), without one they are in memory."""

    name = "temporal"

    def __init__(
        self,
        folder: Path | None,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        log: Path,
        search_attributes: Mapping[str, str] | None = None,
        retention_days: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self.ui_port = ui_port or free_port(frozenset({self.port}))
        self._folder = folder
        self._home = folder or log.parent
        self._log = log
        self._search_attributes = dict(search_attributes or {})
        self._retention_days = retention_days
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """Where clients and workers connect to."""
        return f"127.0.0.1:{self.port}"

    @property
    def ui_url(self) -> str:
        """Where people read histories."""
        return f"http://127.0.0.1:{self.ui_port}"

    @property
    def child(self) -> Child | None:
        """The server process, once started."""
        return self._child

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._child is not None and self._child.running

    def start(self, interrupted: Callable[[], bool] = never) -> None:
        """Start it and return once it describes its namespace. Raises ServerFailed."""
        self.launch()
        child = self._child
        if not wait_until(self.answers, seconds=60, alive=lambda: self.running, interrupted=interrupted):
            self.kill()
            raise child.failed("did not start") if child else ServerFailed("temporal was stopped")
        if self._retention_days:
            self.keep_histories(self._retention_days)

    def launch(self) -> None:
        """Start the process and do not wait until it answers."""
        if not self.running:
            self._child = self._server()
            self._child.start()

    def stop(self) -> None:
        """End it in order. Workflows stay where it has a folder."""
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()

    def answers(self) -> bool:
        """Whether the namespace can be described now."""
        describe = ("operator", "namespace", "describe", "-n", NAMESPACE)
        return command(self.address, *describe, env=environment(self._home)) is not None

    def keep_histories(self, days: int) -> None:
        """Keep closed workflows this long; the dev server's own choice is one day. Raises ServerFailed."""
        update = ("operator", "namespace", "update", "-n", NAMESPACE, "--retention", f"{days}d")
        if command(self.address, *update, env=environment(self._home)) is None:
            raise ServerFailed(f"temporal did not accept a retention of {days} days\nlog: {self._log}")

    def _server(self) -> Child:
        ports = frozenset({self.port, self.ui_port})
        http = free_port(ports)
        options = ["--ip", "127.0.0.1", "--port", str(self.port), "--ui-port", str(self.ui_port)]
        options += [
            "--http-port",
            str(http),
            "--metrics-port",
            str(free_port(ports | {http})),
            "--log-level",
            "warn",
        ]
        for name, kind in self._search_attributes.items():
            options += ["--search-attribute", f"{name}={kind}"]
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            options += ["--db-filename", str(self._folder / "temporal.db")]
            for pragma in _PRAGMAS:
                options += ["--sqlite-pragma", pragma]
        return Child(
            self.name,
            [binaries.temporal_program(), "server", "start-dev", *options],
            log=self._log,
            env=environment(self._home),
            cwd=self._home,
        )


def command(address: str, *arguments: str, env: Mapping[str, str], timeout: float = 10.0) -> Any:
    """What `temporal ARGUMENTS` answers, parsed from JSON; None where it fails.

    Any: each command has its own form. env: `environment(folder)` for a server of ours; the user's own, with
    TLS and API key, for one elsewhere.
    """
    try:
        asked = subprocess.run(  # noqa: S603 - a fixed program, no shell
            [
                binaries.temporal_program(),
                *arguments,
                "--address",
                address,
                "-o",
                "json",
                "--command-timeout",
                "5s",
            ],
            env=dict(env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if asked.returncode:
        return None
    try:
        return json.loads(asked.stdout)
    except ValueError:
        return {}
