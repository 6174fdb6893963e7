"""Free ports for a broker, taken from below the range that the system gives to clients.

A client that knocks at a dead broker's port in the client range can be given that very port and
connect to itself; the broker then cannot start again. Seen with Linux (32768 and up); macOS and
Windows begin at 49152.
"""

import os
import socket
from collections.abc import Iterator

from schemas.errors import ConfigurationError

FIRST, LAST = 20000, 29999  # our choice, because no well-known service and no client range lies there


def free(count: int) -> list[int]:
    """`count` ports that nobody listens on now. Processes begin their search at different places."""
    found = [port for port, _ in zip(_open(), range(count), strict=False)]
    if len(found) < count:
        raise ConfigurationError(
            f"no free port between {FIRST} and {LAST}.", next_step="End some servers, or give a port."
        )
    return found


def is_free(port: int) -> bool:
    """Nobody listens on it on loopback. What closed a moment ago counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def claim(wanted: int | None) -> int:
    """The wanted port, refused in words when it is taken; a free one when None is wanted."""
    if wanted is None:
        return free(1)[0]
    if not is_free(wanted):
        raise ConfigurationError(
            f"port {wanted} is taken.", next_step="Give another port, or the address if a broker is there."
        )
    return wanted


def _open() -> Iterator[int]:
    width = LAST - FIRST + 1
    begin = os.getpid() * 17 % width  # 17 apart: neighbours by process id do not meet at once
    return (port for step in range(width) if is_free(port := FIRST + (begin + step) % width))
