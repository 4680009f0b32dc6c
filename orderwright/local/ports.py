"""Which port may a server of ours listen on."""

import random
import socket

_RANGE = range(20_000, 32_000)  # below the ports that outgoing connections take on Linux and macOS
_random = random.SystemRandom()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(besides: frozenset[int] = frozenset()) -> int:
    """A port that nobody listens on and that is not in `besides`, picked at random."""
    for _ in range(1_000):
        port = _random.choice(_RANGE)
        if port not in besides and is_free(port):
            return port
    raise OSError("no free port between 20000 and 32000 on 127.0.0.1")
