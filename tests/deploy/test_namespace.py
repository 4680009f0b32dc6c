"""deploy/temporal/namespace.sh against a real server."""

import os
import subprocess

from orderwright.local.binaries import temporal_program
from orderwright.messages import names
from tests.deploy.compose import CHECKOUT


def temporal(address: str, *arguments: str) -> str:
    """What the command line of the server answers."""
    command = [str(temporal_program()), *arguments, "--address", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 - fixed
    return done.stdout


def test_the_script_makes_namespace_and_attributes_and_may_run_again(temporal_dev: str) -> None:
    path = f"{temporal_program().parent}:{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "TEMPORAL_ADDRESS": temporal_dev,
        "TEMPORAL_NAMESPACE": "composed",
    }

    for _ in range(2):
        done = subprocess.run(  # noqa: S603 - our own script
            ["/bin/sh", CHECKOUT / "deploy/temporal/namespace.sh"],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    listed = temporal(temporal_dev, "operator", "search-attribute", "list", "-n", "composed")
    kinds = dict(line.split()[:2] for line in listed.splitlines() if len(line.split()) == 2)
    assert kinds[names.ORDER_STATE] == kinds[names.CHANNEL] == "Keyword"
    assert kinds[names.NEEDS_PERSON] == "Bool"
    described = temporal(temporal_dev, "operator", "namespace", "describe", "-n", "composed")
    assert "720h" in described
