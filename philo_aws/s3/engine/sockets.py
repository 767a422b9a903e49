"""The sockets that awscrt opens, set to send at once."""

from __future__ import annotations

import contextlib
import os
import socket
import stat

# Linux, macOS and the BSDs; elsewhere there is nothing to list and nothing changes.
DESCRIPTORS = "/dev/fd"


def send_at_once(port: int, known: frozenset[int] = frozenset()) -> frozenset[int]:
    """Set ``TCP_NODELAY`` on this process's connections to ``port``, and return their inodes.

    awscrt leaves it off, so the last bytes of a part wait until those before are acknowledged, for
    which a receiver takes up to 40 ms: https://datatracker.ietf.org/doc/html/rfc896, and RFC 1122,
    section 4.2.3.2. It has no option for it, so it is set from here. It is a property of the
    connection and not of the descriptor, so a duplicate serves, which nobody else can close. A
    connection of somebody else's to the same port may get it too, which does it no harm. Those in
    ``known`` are passed over.
    """
    found = set()
    for name in _names():
        with contextlib.suppress(OSError, ValueError):
            status = os.fstat(int(name))
            if not stat.S_ISSOCK(status.st_mode):
                continue
            if status.st_ino in known or _set(int(name), port):
                found.add(status.st_ino)
    return frozenset(found)


def _names() -> list[str]:
    try:
        return os.listdir(DESCRIPTORS)
    except OSError:
        return []


def _set(descriptor: int, port: int) -> bool:
    duplicate = os.dup(descriptor)
    try:
        connection = socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        raise
    with connection:
        # A name of two or four parts is an internet address; a socket of another kind has none.
        peer = connection.getpeername()
        if not isinstance(peer, tuple) or peer[1] != port:
            return False
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True
