"""The suite itself reaches nothing beyond this machine."""

import os
import socket

import pytest

from tests.conftest import NetworkRefused


def test_a_test_cannot_connect_beyond_loopback() -> None:
    with socket.socket() as outside, pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))

    with socket.socket() as outside, pytest.raises(NetworkRefused, match=r"shop\.example"):
        outside.connect_ex(("shop.example", 443))


def test_a_test_can_connect_to_this_machine() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()

        client.connect(server.getsockname())

        assert client.getpeername() == server.getsockname()


def test_no_proxy_of_the_shell_reaches_a_test() -> None:
    proxies = {name for name in os.environ if name.lower().endswith("_proxy")}

    assert proxies == {"NO_PROXY", "no_proxy"}
