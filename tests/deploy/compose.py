"""The compose file as Docker would read it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


@dataclass(frozen=True)
class Service:
    """One service: what it runs, from which image, with which environment."""

    name: str
    image: str
    target: str | None
    command: tuple[str, ...]
    environment: dict[str, str]
    ports: tuple[str, ...]
    whole: dict[str, Any]  # Any: everything else, as YAML has it

    @property
    def ours(self) -> bool:
        """Whether the image is built from this checkout."""
        return self.target is not None


def services() -> dict[str, Service]:
    """Every service, with each `${NAME:-default}` at its default."""
    text = _VARIABLE.sub(r"\2", (CHECKOUT / "docker-compose.yml").read_text())
    found = yaml.safe_load(text)["services"]
    return {name: _service(name, whole) for name, whole in found.items()}


def _service(name: str, whole: dict[str, Any]) -> Service:  # Any: YAML
    return Service(
        name=name,
        image=whole["image"],
        target=whole.get("build", {}).get("target"),
        command=tuple(whole.get("command") or whole.get("entrypoint") or ()),
        environment={key: str(value) for key, value in whole.get("environment", {}).items()},
        ports=tuple(whole.get("ports", ())),
        whole=whole,
    )
