"""What gets through on this process's connections, as the kernel counts it."""

from __future__ import annotations

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
        return sum(max(0, count - before.get(inode, 0)) for inode, count in counts.items())

    def _counts(self) -> dict[int, int] | None:
        option = getattr(socket, "TCP_INFO", None)
        descriptors = sockets.descriptors()
        if option is None or not descriptors:
            return None
        counts: dict[int, int] = {}
        for descriptor in descriptors:
            try:
                inode = sockets.inode_of(descriptor)
                # Where one leads does not change.
                opened = (
                    sockets.known_connection(descriptor)
                    if inode in self._before
                    else sockets.connection_to(self._port, descriptor)
                )
                with opened as connection:
                    told = connection.getsockopt(socket.IPPROTO_TCP, option, _LENGTH)
            except OSError:
                continue
            if len(told) < _LENGTH:
                return None
            counts[inode] = sum(_BYTES.unpack_from(told, _OFFSET))
        return counts
