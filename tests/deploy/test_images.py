"""Dockerfile: pinned, without root, and the product without the simulated world."""

import re

from tests.deploy.compose import CHECKOUT

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
STAGES = dict(re.findall(r"^FROM \S+ AS (\S+)\n((?:(?!FROM ).*\n?)*)", DOCKERFILE, re.MULTILINE))


def test_every_image_that_is_built_upon_is_pinned() -> None:
    sources = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    foreign = [source for source in sources if source not in STAGES]
    assert foreign
    assert all(re.search(r":\d+\.\d+\.\d+", source) for source in foreign)


def test_what_runs_runs_without_root() -> None:
    for name in ("product", "simulator"):
        assert re.search(r"^USER \d{4,}$", STAGES[name], re.MULTILINE)


def test_the_product_is_locked_and_has_nothing_of_the_simulated_world() -> None:
    syncs = re.findall(r"uv sync ([^&\n]*)", STAGES["product-build"])

    assert len(syncs) == 2
    for options in syncs:
        assert "--frozen" in options
        assert "--no-dev" in options
        assert "--extra local" not in options
    assert "rm -r orderwright/simulator" in STAGES["product-build"]


def test_the_builder_gets_every_source_and_nothing_else() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text().split()

    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert {"orderwright", "api", "workflows", "activities", "worker.py", "pyproject.toml", "uv.lock"} <= sent
    assert not sent & {"tests", ".orderwright", ".env", ".git"}
