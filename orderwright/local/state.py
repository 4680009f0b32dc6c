"""What runs in a data dir: written by the supervisor, read by everybody who wants to find the stack."""

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orderwright.local.process import Recorded, alive, recorded
from orderwright.local.services import CHECKOUT


class AlreadyRunning(Exception):
    """Another supervisor serves this data dir."""


def default_data_dir() -> Path:
    """ORDERWRIGHT_DATA_DIR, else `.orderwright` in the checkout, or here where there is no checkout."""
    if chosen := os.environ.get("ORDERWRIGHT_DATA_DIR"):
        return Path(chosen).resolve()
    home = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    return home / ".orderwright"


@dataclass
class StackState:
    """Who runs, where they are reached, and the settings that were given to them. Holds secrets: mode 600."""

    data_dir: Path
    supervisor: Recorded | None = None
    processes: dict[str, Recorded] = field(default_factory=dict)  # in the order of their start
    ports: dict[str, int] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    ready: bool = False

    @property
    def running(self) -> bool:
        """Whether its supervisor lives."""
        return alive(self.supervisor)

    @property
    def api_url(self) -> str:
        """The address of the API, without a trailing slash."""
        return self.urls.get("api", "")

    @property
    def admin_key_file(self) -> Path:
        """Where `orderwright keys local` wrote the local API keys, as JSON."""
        return self.data_dir / "keys.json"

    @property
    def leftovers(self) -> dict[str, Recorded]:
        """Recorded processes that still live, whoever supervises them."""
        return {name: process for name, process in self.processes.items() if alive(process)}

    def save(self) -> None:
        """Replace the file in one step; readers see the old or the new one."""
        data = asdict(self) | {"data_dir": str(self.data_dir)}
        partial = self.data_dir / f"state.json.{os.getpid()}"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(data, file, indent=1)
        partial.replace(self.data_dir / "state.json")


def load(data_dir: Path | None = None) -> StackState | None:
    """The stack of a data dir, running or not; None where there never was one or its file is unreadable."""
    folder = (data_dir or default_data_dir()).resolve()
    try:
        data: dict[str, Any] = json.loads((folder / "state.json").read_text())  # Any: JSON
        processes = {name: Recorded(**process) for name, process in data["processes"].items()}
        supervisor = Recorded(**data["supervisor"]) if data["supervisor"] else None
        known = {"ports": data["ports"], "urls": data["urls"], "env": data["env"], "ready": data["ready"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return StackState(folder, supervisor, processes, **known)


class Claim:
    """The right to supervise a data dir: held by one process at a time, released by its death too."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: int | None = None

    def take(self) -> None:
        """Raises AlreadyRunning where another process holds it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise AlreadyRunning(f"a stack is already running in {self._path.parent}") from None
        self._file = file

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None


def this_process() -> Recorded | None:
    """This process, as others will recognize it."""
    return recorded(os.getpid())
