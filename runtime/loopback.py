"""Ports on this machine's loopback: which are free.

It refuses to reserve one: between the answer and the server's own bind another process may take it, and then
the server's start says so.
"""

import socket
from typing import NamedTuple

LOOPBACK = "127.0.0.1"


class PortChoice(NamedTuple):
    """Name a free port, and whether the preferred one was taken."""

    port: int
    was_taken: bool


def free_port(preferred: int | None = None) -> PortChoice:
    """Choose a free loopback port: the preferred one, else any."""
    if preferred is not None and _is_free(preferred):
        return PortChoice(preferred, was_taken=False)
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return PortChoice(probe.getsockname()[1], was_taken=preferred is not None)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port that a closed connection still lingers on is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
