"""What gets through on this process's connections, as the kernel counts it."""

from __future__ import annotations

import contextlib
import socket
import struct

from . import sockets

# Linux's struct tcp_info, since 4.2: tcpi_bytes_acked, after 8 bytes, 24 words and two rates, and
# tcpi_bytes_received (https://www.kernel.org/doc/html/latest/, include/uapi/linux/tcp.h).
_BYTES = struct.Struct("=QQ")
_OFFSET = 120
_LENGTH = _OFFSET + _BYTES.size


class Wire:
    """The connections of this process to one port.

    awscrt tells of a request's bytes only when all of them are there or were sent, and what a
    program has written may lie in the kernel for minutes: what the other side has acknowledged is
    all that can be known of a slow link.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._looking = sockets.Looking(_LENGTH)
        self._before: dict[int, int] = {}
        self._before = self._counts() or {}

    def moved(self) -> int | None:
        """Return the bytes that got through, both ways, since the last call.

        ``None`` where the system does not tell.
        """
        counts = self._counts()
        if counts is None:
            return None
        before, self._before = self._before, counts
        return sum(max(0, count - before.get(identity, 0)) for identity, count in counts.items())

    def _counts(self) -> dict[int, int] | None:
        option = getattr(socket, "TCP_INFO", None)
        descriptors = sockets.descriptors()
        if option is None or not descriptors:
            return None
        counts: dict[int, int] = {}
        looking = self._looking
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                identity = looking.identity_of(descriptor)
                if not identity or not (identity in self._before or self._is_ours(descriptor)):
                    continue
                told = looking.option_of(descriptor, socket.IPPROTO_TCP, option)
                if told is None or 0 < len(told) < _LENGTH:
                    return None
                # Meanwhile it may have been closed, and the descriptor be that of another.
                if told and looking.identity_of(descriptor) == identity:
                    counts[identity] = sum(_BYTES.unpack_from(told, _OFFSET))
        return counts

    def _is_ours(self, descriptor: int) -> bool:
        try:
            with sockets.connection_to(self._port, descriptor):
                return True
        except OSError:
            return False
