"""The sockets that awscrt opens, set to send at once."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import socket
import stat
import sys
from collections.abc import Iterator
from typing import Any

UNSENT = 32 * 1024
"""Bytes of a connection that the system takes before it can send them: what it has taken, nobody
sees on its way, and a slow link would be taken for the store's silence."""
_UNSENT = getattr(socket, "TCP_NOTSENT_LOWAT", None)

# Linux, macOS and the BSDs; elsewhere there is nothing to list and nothing changes.
DESCRIPTORS = "/dev/fd"
# Linux's number of a socket that no other ever has, since 4.12 (include/uapi/asm-generic/socket.h).
_COOKIE = 57
_COOKIE_LENGTH = 8


def send_at_once(port: int, known: frozenset[int] = frozenset()) -> frozenset[int]:
    """Set ``TCP_NODELAY`` on this process's connections to ``port``, and return their identities.

    awscrt leaves it off, so the last bytes of a part wait until those before are acknowledged, for
    which a receiver takes up to 40 ms: https://datatracker.ietf.org/doc/html/rfc896, and RFC 1122,
    section 4.2.3.2. It has no option for it, so it is set from here. A connection of somebody
    else's to the same port may get it too, which does it no harm. Those in ``known`` are passed
    over.
    """
    found, looking = set(), Looking()
    for descriptor in descriptors():
        with contextlib.suppress(OSError):
            identity = looking.identity_of(descriptor)
            if not identity:
                continue
            if identity in known:
                found.add(identity)
                continue
            with connection_to(port, descriptor) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if _UNSENT is not None:
                    connection.setsockopt(socket.IPPROTO_TCP, _UNSENT, UNSENT)
                found.add(identity)
    return frozenset(found)


def descriptors() -> list[int]:
    """Return the descriptors that are open in this process; empty where nothing lists them."""
    try:
        return [int(name) for name in os.listdir(DESCRIPTORS) if name.isdecimal()]
    except OSError:
        return []


class Looking:
    """What the system says of one socket after another; for one thread.

    On Linux nothing else of Python runs meanwhile, and a question takes a microsecond. Every
    function of :mod:`os` and :mod:`socket` lets other threads run: where a thousand descriptors
    are looked at many times a second, that was most of what the threads that move bytes waited for.
    """

    def __init__(self, length: int = 0) -> None:
        """``length`` is that of the option which is asked for, in bytes."""
        self._ask = _getsockopt()
        self._cookie, self._told = ctypes.c_uint64(), ctypes.create_string_buffer(length)
        self._size = ctypes.c_uint32()
        self._length = length
        # Made once, as they take longer than the question.
        self._in_cookie, self._in_size = ctypes.byref(self._cookie), ctypes.byref(self._size)

    def identity_of(self, descriptor: int) -> int:
        """Return what tells one socket from another; 0, or :exc:`OSError`, for what is none."""
        if self._ask is None:
            status = os.fstat(descriptor)
            return status.st_ino if stat.S_ISSOCK(status.st_mode) else 0
        self._size.value = _COOKIE_LENGTH
        failed = self._ask(descriptor, socket.SOL_SOCKET, _COOKIE, self._in_cookie, self._in_size)
        return 0 if failed else self._cookie.value

    def option_of(self, descriptor: int, level: int, option: int) -> bytes | None:
        """Return an option of a socket; empty for what is none, ``None`` where nobody tells."""
        if self._ask is None:
            return None
        self._size.value = self._length
        failed = self._ask(descriptor, level, option, self._told, self._in_size)
        return b"" if failed else self._told.raw[: self._size.value]


@functools.cache
def _getsockopt() -> Any:
    """Return the system's own, where it knows sockets by a number; else ``None``."""
    if sys.platform != "linux":
        return None
    function = ctypes.PyDLL(None).getsockopt
    function.argtypes = (*(ctypes.c_int,) * 3, ctypes.c_void_p, ctypes.c_void_p)
    function.restype = ctypes.c_int
    cookie, size = ctypes.c_uint64(), ctypes.c_uint32(_COOKIE_LENGTH)
    with socket.socket() as one:
        failed = function(
            one.fileno(),
            socket.SOL_SOCKET,
            _COOKIE,
            ctypes.byref(cookie),
            ctypes.byref(size),
        )
    return None if failed or size.value != _COOKIE_LENGTH else function


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
