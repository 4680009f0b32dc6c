"""The whole product on one machine: what is started, in which order, with which settings.

>>> with Stack(folder, ports="auto", fast=True, instant=True) as stack:
...     stack.kill("worker"), stack.start("worker"), stack.urls["api"], stack.env
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from orderwright.local import environment, layout, services, state
from orderwright.local.crew import Crew, Server
from orderwright.local.process import Child, end
from orderwright.local.waiting import Interrupted, never

COMPONENTS = ("postgres", "temporal", "simulator", "mail", "worker", "api")


def _silent(_line: str) -> None:
    """Nobody listens."""


class Stack:
    """One stack in one data dir. `start` before anything else, `close` at the end, or use it as a context.

    components: which of COMPONENTS (default: all). workers: how many worker processes (worker, worker-2, …).
    ports: "auto" for free ones, or numbers by name (environment.DEFAULT_PORTS), which must be free.
    fast: PostgreSQL without durability. instant: the simulator ships and delivers at once.
    env: settings that win over everything. inherit: settings of this shell win over ours, and a database or
    Temporal named there is used instead of starting one. migrate: run migrations and make local API keys.
    tended: a thread starts again what dies. Raises AlreadyRunning, ServerFailed, Interrupted from `start`.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        components: Iterable[str] = COMPONENTS,
        ports: Mapping[str, int] | Literal["auto"] | None = None,
        workers: int = 1,
        fast: bool = False,
        instant: bool = False,
        env: Mapping[str, str] | None = None,
        inherit: bool = True,
        migrate: bool = True,
        tended: bool = False,
        simulator_options: tuple[str, ...] = (),
        say: Callable[[str], None] = _silent,
        interrupted: Callable[[], bool] = never,
    ) -> None:
        self.data_dir = (data_dir or state.default_data_dir()).resolve()
        self._theirs = environment.chosen_by_user() if inherit else {}
        self._forced = dict(env or {})
        self.components = self._ours(components)
        self._wanted_ports = ports
        self._workers = workers
        self._fast = fast
        self._migrate = migrate and bool({"postgres", "worker", "api"} & set(self.components))
        self._tended = tended
        self._simulator_options = (*(("--instant",) if instant else ()), *simulator_options)
        self._say = say
        self._interrupted = interrupted
        self._claim = state.Claim(self.data_dir)
        self._state = state.StackState(self.data_dir)
        self._crew = Crew([], say=say, changed=self._save)
        self._closing = threading.Event()
        self._tender: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    @property
    def env(self) -> dict[str, str]:
        """The settings that every process of the stack got; enough for a CLI command or a client of yours."""
        return dict(self._state.env)

    @property
    def urls(self) -> dict[str, str]:
        """Where its parts are reached: api, temporal (host:port), temporal_ui, simulator, mail, smtp."""
        return dict(self._state.urls)

    @property
    def names(self) -> list[str]:
        """Its processes, in the order of their start."""
        return self._crew.names

    @property
    def key_file(self) -> Path:
        """The local API keys, as `orderwright keys local --json` wrote them."""
        return self._state.admin_key_file

    def running(self, name: str) -> bool:
        """Whether this process lives now."""
        return self._crew[name].running

    def server(self, name: str) -> Server:
        """One part, for its process id, its log or its own questions."""
        return self._crew[name]

    def start(self, *names: str) -> None:
        """Start these parts again, or, without names, the whole stack; returns when they are ready."""
        if names:
            for name in names:
                self._crew.start(name, self._interrupted)
            return
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)  # `nobody` passes through to its data
        self._claim.take()
        try:
            self._recover()
            self._prepare()
            self._start_all()
        except BaseException:
            self.close()
            raise
        if self._tended:
            self._tender = threading.Thread(target=self._tend_until_closed, daemon=True)
            self._tender.start()

    def stop(self, *names: str) -> None:
        """Stop these parts in order; they stay down until started."""
        for name in names:
            self._crew.stop(name)

    def kill(self, *names: str) -> None:
        """kill -9 these parts. A tended stack starts them again after a second."""
        for name in names:
            self._crew.kill(name)

    def tend(self) -> None:
        """Start again what died; for whoever supervises without a thread."""
        self._crew.tend()

    def close(self) -> None:
        """Stop everything, the last started first; data stays. Harmless when repeated."""
        self._closing.set()
        if self._tender:
            self._tender.join(timeout=60)
        self._crew.stop_all()
        if self._state.supervisor:
            self._state.supervisor, self._state.ready = None, False
            self._state.processes = {}
            self._state.save()
        self._claim.release()

    def _tend_until_closed(self) -> None:
        while not self._closing.wait(0.5):
            self.tend()

    def _ours(self, components: Iterable[str]) -> tuple[str, ...]:
        asked = set(components)
        if unknown := asked - set(COMPONENTS):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(COMPONENTS)}")
        settled = self._theirs | self._forced
        asked -= {"postgres"} if "ORDERWRIGHT_DATABASE_URL" in settled else set()
        asked -= {"temporal"} if "TEMPORAL_ADDRESS" in settled else set()
        return tuple(name for name in COMPONENTS if name in asked)

    def _recover(self) -> None:
        """End what a killed supervisor left behind, and remember its ports."""
        before = state.load(self.data_dir)
        if before is None:
            return
        self._state.ports = before.ports
        for name, process in reversed(before.leftovers.items()):
            self._say(f"ending {name} (process {process.pid}), left behind by a supervisor that was killed")
            end(process)

    def _prepare(self) -> None:
        """Choose ports, compose the settings, and make the parts without starting any."""
        (self.data_dir / "logs").mkdir(exist_ok=True, mode=0o700)
        before = self._state.ports
        ports = self._state.ports = layout.choose_ports(
            self._wanted_ports, before, self.components, self._say
        )
        making = layout.Layout(
            self.data_dir,
            self.components,
            ports,
            workers=self._workers,
            fast=self._fast,
            simulator_options=self._simulator_options,
        )
        settings = self._state.env = making.settings(self._theirs, self._forced)
        self._state.urls = making.addresses(settings)
        self._crew = Crew(making.servers(settings), say=self._say, changed=self._save)

    def _start_all(self) -> None:
        self._state.supervisor = state.this_process()
        self._save()
        for name in ("postgres", "temporal"):
            self._start_one(name)
        world = [name for name in ("simulator", "mail") if name in self._crew]
        self._launch(world)
        if self._migrate:
            self._run("migrate", ["migrate"])
            self._run("keys", ["keys", "local", "--json", "--out", str(self.key_file)])
        ours = [name for name in self.names if name.startswith(("worker", "api"))]
        self._launch(ours)
        for name in (*world, *ours):
            self._start_one(name)
        self._state.ready = True
        self._save()

    def _launch(self, names: Iterable[str]) -> None:
        """Start without waiting: they become ready while the next step runs."""
        for name in names:
            self._crew[name].launch()
        self._save()

    def _start_one(self, name: str) -> None:
        if name not in self._crew:
            return
        began = time.monotonic()
        self._crew.start(name, self._interrupted)
        where = self._state.urls.get(name, "")
        self._say(f"{name} is ready{' at ' + where if where else ''} ({time.monotonic() - began:.1f} s)")

    def _run(self, name: str, arguments: list[str]) -> None:
        """Run a command of ours to its end: it may know the container, which this package may not."""
        step = Child(
            name,
            [sys.executable, "-m", "orderwright.cli.main", *arguments],
            log=self.data_dir / "logs" / f"{name}.log",
            env={**environment.base_environment(), **self._state.env},
            cwd=services.CHECKOUT,
        )
        began = time.monotonic()
        step.start()
        while step.running:
            if self._interrupted():
                step.stop()
                raise Interrupted
            time.sleep(0.05)
        if step.returncode:
            raise step.failed("failed")
        self._say(f"{name} is done ({time.monotonic() - began:.1f} s)")

    def _save(self) -> None:
        if self._state.supervisor:
            self._state.processes = self._crew.records
            self._state.save()
