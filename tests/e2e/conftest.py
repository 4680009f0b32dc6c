"""One whole stack for all end-to-end tests: real servers, real SDKs, the simulated world."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from orderwright.local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, on free ports, without durability."""
    with Stack(tmp_path_factory.mktemp("e2e"), ports="auto", fast=True, inherit=False) as running:
        yield running


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[httpx2.Client]:
    """The API with the admin's key."""
    key = json.loads(stack.key_file.read_text())["admin"]
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=stack.urls["api"], headers=headers, timeout=40) as client:
        yield client
