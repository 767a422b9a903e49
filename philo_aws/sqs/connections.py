"""Connections to SQS that are kept: urllib3's, as botocore's own are, and what is asked by them.

A connection is opened by urllib3, which verifies the certificate, and its answers are read by
:mod:`http.client`; what urllib3 does for each request besides costs as much again as both.
"""

from __future__ import annotations

import contextlib
import os
import time
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..clients import CONNECTIONS, get_session
from .endpoint import Endpoint

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from ssl import SSLContext

    from urllib3.connection import HTTPConnection

FRESH = 0.5
"""Seconds for which nobody looks whether a kept connection is still there."""

_all: weakref.WeakSet[Connections] = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class HTTPAnswer:
    """An answer, by the names that botocore's has."""

    status_code: int
    headers: HTTPMessage
    content: bytes


class _Kept(NamedTuple):
    connection: HTTPConnection
    since: float


class Connections:
    """The connections to one endpoint; they may be used from many threads."""

    def __init__(self, endpoint: Endpoint, *, connect: float, read: float, keepalive: bool) -> None:
        """``connect`` and ``read`` are the seconds of silence after which either is given up."""
        self._endpoint = endpoint
        self._connect = connect
        self._read = read
        self._options = _socket_options(keepalive=keepalive)
        self._context = _ssl_context() if endpoint.secure else None
        self._kept: deque[_Kept] = deque(maxlen=CONNECTIONS)
        _all.add(self)

    def exchange(self, request: bytes, *, read: float | None = None) -> HTTPAnswer:
        """Send a whole request, and return the answer to it.

        ``read`` is the seconds of silence for this one. Raises botocore's errors where the network
        breaks off.
        """
        with self._translated():
            connection = self._take()
            try:
                wanted = self._read if read is None else read
                if connection.sock.gettimeout() != wanted:  # to set it asks the system each time
                    connection.sock.settimeout(wanted)
                answer, stays = _exchanged(connection, request)
            except BaseException:
                connection.close()
                raise
        if stays:
            self._keep(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close the connections that nobody uses at the moment."""
        while self._kept:
            with contextlib.suppress(IndexError):  # another thread took it
                self._kept.pop().connection.close()

    def _take(self) -> HTTPConnection:
        # The one that was used last: those that were too many grow old together.
        while True:
            try:
                connection, since = self._kept.pop()
            except IndexError:
                return self._open()
            if time.monotonic() - since < FRESH or not _is_dropped(connection):
                return connection
            connection.close()

    def _keep(self, connection: HTTPConnection) -> None:
        if len(self._kept) >= CONNECTIONS:
            connection.close()
        else:
            self._kept.append(_Kept(connection, time.monotonic()))

    def _open(self) -> HTTPConnection:
        from urllib3.connection import HTTPConnection, HTTPSConnection

        where: dict[str, Any] = {
            "host": self._endpoint.host,
            "port": self._endpoint.port,
            "timeout": self._connect,
            "socket_options": self._options,
        }
        connection: HTTPConnection
        if self._context:
            connection = HTTPSConnection(
                **where, ssl_context=self._context, cert_reqs="CERT_REQUIRED"
            )
        else:
            connection = HTTPConnection(**where)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of the block into those that botocore has for them."""
        try:
            yield
        except Exception as error:
            made = _boto_error(error, self._endpoint.url)
            if made is None:
                raise
            raise made from error


def _exchanged(connection: HTTPConnection, request: bytes) -> tuple[HTTPAnswer, bool]:
    """Return the answer, and whether the connection stays open."""
    from http.client import HTTPResponse

    # Who refuses a request may say so before all of it has come.
    with contextlib.suppress(BrokenPipeError):
        connection.send(request)
    response = HTTPResponse(connection.sock, method="POST")
    try:
        response.begin()
        content = response.read()
    finally:
        response.close()
    return HTTPAnswer(response.status, response.headers, content), not response.will_close


def _is_dropped(connection: HTTPConnection) -> bool:
    from urllib3.util.connection import is_connection_dropped

    return bool(is_connection_dropped(connection))


def _socket_options(*, keepalive: bool) -> list[tuple[int, int, int]]:
    import socket

    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    return [*options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] if keepalive else options


def _ssl_context() -> SSLContext:
    """Return what trusts the certificates that botocore trusts, read once for all connections."""
    from botocore.httpsession import create_urllib3_context

    from .. import trust

    session = get_session()
    context: SSLContext = create_urllib3_context()
    try:
        context.load_verify_locations(trust.trusted(session))
    except OSError as error:
        raise trust.unusable(session, error) from error
    context.check_hostname = True
    return context


def _boto_error(error: Exception, url: str) -> Exception | None:
    import ssl
    from http.client import HTTPException

    from botocore import exceptions as boto
    from urllib3 import exceptions as lib

    if isinstance(error, ssl.SSLError | lib.SSLError):
        return boto.SSLError(endpoint_url=url, error=error)
    if isinstance(error, lib.NewConnectionError):
        return boto.EndpointConnectionError(endpoint_url=url, error=error)
    if isinstance(error, lib.ConnectTimeoutError):
        return boto.ConnectTimeoutError(endpoint_url=url, error=error)
    if isinstance(error, TimeoutError | lib.TimeoutError):
        return boto.ReadTimeoutError(endpoint_url=url, error=error)
    if isinstance(error, HTTPException | OSError | lib.HTTPError):
        return boto.ConnectionClosedError(endpoint_url=url, error=error)
    return None


def _forget() -> None:
    # What a child would send by them, its parent would send between its own.
    for connections in list(_all):
        connections.close()


os.register_at_fork(after_in_child=_forget)
