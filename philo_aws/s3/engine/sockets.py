"""The sockets that awscrt opens, set to send at once."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator

UNSENT = 32 * 1024
"""Bytes of a connection that the system takes before it can send them: what it has taken, nobody
sees on its way, and a slow link would be taken for the store's silence."""
_UNSENT = getattr(socket, "TCP_NOTSENT_LOWAT", None)

# Linux, macOS and the BSDs; elsewhere there is nothing to list and nothing changes.
DESCRIPTORS = "/dev/fd"


def send_at_once(port: int, known: frozenset[int] = frozenset()) -> frozenset[int]:
    """Set ``TCP_NODELAY`` on this process's connections to ``port``, and return their inodes.

    awscrt leaves it off, so the last bytes of a part wait until those before are acknowledged, for
    which a receiver takes up to 40 ms: https://datatracker.ietf.org/doc/html/rfc896, and RFC 1122,
    section 4.2.3.2. It has no option for it, so it is set from here. A connection of somebody
    else's to the same port may get it too, which does it no harm. Those in ``known`` are passed
    over.
    """
    found = set()
    for descriptor in descriptors():
        with contextlib.suppress(OSError):
            inode = inode_of(descriptor)
            if inode in known:
                found.add(inode)
                continue
            with connection_to(port, descriptor) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if _UNSENT is not None:
                    connection.setsockopt(socket.IPPROTO_TCP, _UNSENT, UNSENT)
                found.add(inode)
    return frozenset(found)


def descriptors() -> list[int]:
    """Return the descriptors that are open in this process; empty where nothing lists them."""
    try:
        return [int(name) for name in os.listdir(DESCRIPTORS) if name.isdecimal()]
    except OSError:
        return []


def inode_of(descriptor: int) -> int:
    """Return what tells one socket from another; raise :exc:`OSError` for what is none."""
    status = os.fstat(descriptor)
    if not stat.S_ISSOCK(status.st_mode):
        raise OSError("It is no socket.")
    return status.st_ino


def known_connection(descriptor: int) -> socket.socket:
    """Return the connection behind a descriptor that is known for one, by a duplicate.

    It is for its options alone, of which the family says nothing: not asking for that, nor where it
    leads, saves most of the time.
    """
    duplicate = os.dup(descriptor)
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=duplicate)
    except BaseException:
        os.close(duplicate)
        raise


@contextlib.contextmanager
def connection_to(port: int, descriptor: int) -> Iterator[socket.socket]:
    """Give the connection behind a descriptor, by a duplicate, which nobody else can close.

    Options are properties of the connection and not of the descriptor. Raises :exc:`OSError` where
    it is not one to ``port``.
    """
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
            raise OSError("It leads elsewhere.")
        yield connection
