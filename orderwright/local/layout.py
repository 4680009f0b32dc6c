"""Where do the parts of a stack live: ports, addresses, folders, logs; and how is each made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orderwright.local import environment, services
from orderwright.local.crew import Server
from orderwright.local.ports import free_port, is_free
from orderwright.local.postgres import Postgres
from orderwright.local.process import ServerFailed
from orderwright.local.temporal import Temporal

_OWNERS = {"temporal_ui": "temporal", "smtp": "mail"}  # whose port it is, where the names differ
_RETENTION_DAYS = 30


def choose_ports(
    wanted: Mapping[str, int] | Literal["auto"] | None,
    before: Mapping[str, int],
    components: tuple[str, ...],
    say: Callable[[str], None],
) -> dict[str, int]:
    """A port for every name: the wanted one, else the one of the last run, else the default.

    A taken one moves to a free one, and that is said; one that was asked for by number raises ServerFailed.
    """
    given = wanted if isinstance(wanted, Mapping) else {}
    chosen: dict[str, int] = {}
    for name, default in environment.DEFAULT_PORTS.items():
        taken = frozenset(chosen.values())
        usual = free_port(taken) if wanted == "auto" else default
        port = given.get(name) or before.get(name) or usual
        needed = _OWNERS.get(name, name) in components
        if needed and (port in taken or not is_free(port)):
            if name in given:
                raise ServerFailed(f"port {port} for {name} is taken; choose another")
            moved = usual if usual not in taken and is_free(usual) else free_port(taken)
            say(f"port {port} for {name} is taken: using {moved}")
            port = moved
        chosen[name] = port
    return chosen


@dataclass(frozen=True)
class Layout:
    """One stack on paper: nothing runs yet."""

    data_dir: Path
    components: tuple[str, ...]
    ports: Mapping[str, int]
    workers: int = 1
    fast: bool = False
    simulator_options: tuple[str, ...] = ()

    def settings(self, theirs: Mapping[str, str], forced: Mapping[str, str]) -> dict[str, str]:
        """What worker, API and CLI are given: ours, then the shell's, then the caller's."""
        signing = environment.local_secrets(self.data_dir)
        ours = environment.product_settings(self.ports, signing)
        if "postgres" in self.components:
            ours["ORDERWRIGHT_DATABASE_URL"] = self._postgres().prepare()
        return {**ours, **theirs, **forced, "ORDERWRIGHT_DATA_DIR": str(self.data_dir)}

    def addresses(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Where people and programs find the parts."""
        ports = self.ports
        urls = {
            "postgres": f"127.0.0.1:{ports['postgres']}",
            "temporal_ui": f"http://127.0.0.1:{ports['temporal_ui']}",
            "simulator": f"http://127.0.0.1:{ports['simulator']}",
            "mail": f"http://127.0.0.1:{ports['mail']}",
            "smtp": f"smtp://127.0.0.1:{ports['smtp']}",
            "api": f"http://127.0.0.1:{ports['api']}",
        }
        here = {name: url for name, url in urls.items() if _OWNERS.get(name, name) in self.components}
        return {"temporal": settings["TEMPORAL_ADDRESS"], **here}

    def servers(self, settings: Mapping[str, str]) -> list[Server]:
        """The parts in the order of their start."""
        base = environment.base_environment()
        world = {**base, **environment.simulator_settings(self.ports, settings)}
        made: list[Server] = []
        if "postgres" in self.components:
            made.append(self._postgres())
        if "temporal" in self.components:
            made.append(self._temporal())
        if "simulator" in self.components:
            made.append(self._simulator(world))
        if "mail" in self.components:
            made.append(self._mail(base))
        if "worker" in self.components:
            made += [self._worker(number, {**base, **settings}) for number in range(1, self.workers + 1)]
        if "api" in self.components:
            made.append(services.api(self.ports["api"], env={**base, **settings}, log=self._log("api")))
        return made

    def _log(self, name: str) -> Path:
        return self.data_dir / "logs" / f"{name}.log"

    def _postgres(self) -> Postgres:
        folder = self.data_dir / "postgres"
        return Postgres(folder, port=self.ports["postgres"], fast=self.fast, log=self._log("postgres"))

    def _temporal(self) -> Temporal:
        return Temporal(
            self.data_dir / "temporal",
            port=self.ports["temporal"],
            ui_port=self.ports["temporal_ui"],
            log=self._log("temporal"),
            retention_days=_RETENTION_DAYS,
        )

    def _simulator(self, env: Mapping[str, str]) -> Server:
        folder, log = self.data_dir / "simulator", self._log("simulator")
        options = self.simulator_options
        return services.simulator(self.ports["simulator"], folder, env=env, log=log, options=options)

    def _mail(self, env: Mapping[str, str]) -> Server:
        folder, log = self.data_dir / "mail", self._log("mail")
        return services.mail(self.ports["smtp"], self.ports["mail"], folder, env=env, log=log)

    def _worker(self, number: int, env: Mapping[str, str]) -> Server:
        name = "worker" if number == 1 else f"worker-{number}"
        return services.worker(name, self.data_dir / f"{name}.ready", env=env, log=self._log(name))
