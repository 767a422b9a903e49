"""What gets through on the connections to a port."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from philo_aws.s3.engine import sockets
from philo_aws.s3.engine.wire import Wire
from tests.servers import HOST


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as made:
        yield made


def seen(wire: Wire, expected: int) -> int:
    """What was counted when it is as much as expected: an acknowledgement may take a moment."""
    count, end = 0, time.monotonic() + 10
    while count < expected and time.monotonic() < end:
        count += wire.moved() or 0
    return count


def test_bytes_of_both_ways_are_counted_once(listener: socket.socket) -> None:
    wire = Wire(listener.getsockname()[1])
    with socket.create_connection(listener.getsockname()) as client:
        server, _ = listener.accept()
        with server:
            client.sendall(b"x" * 1000)
            # That a connection was made counts as one byte.
            assert 1000 <= seen(wire, 1000) <= 1001
            server.sendall(b"y" * 500)
            client.recv(500, socket.MSG_WAITALL)
            assert 499 <= seen(wire, 499) <= 501
            assert wire.moved() == 0


def test_other_connections_do_not_count(listener: socket.socket) -> None:
    with socket.create_server((HOST, 0)) as elsewhere:
        wire = Wire(elsewhere.getsockname()[1])
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"x" * 1000)
            assert wire.moved() == 0


def test_where_the_system_does_not_tell_nothing_is_known(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    with monkeypatch.context() as system:
        system.delattr(socket, "TCP_INFO")
        assert Wire(port).moved() is None
    with monkeypatch.context() as system:
        system.setattr(sockets, "DESCRIPTORS", "/nowhere")
        assert Wire(port).moved() is None
    with (
        monkeypatch.context() as system,
        socket.create_connection(listener.getsockname()),
    ):
        system.setattr(sockets, "_getsockopt", lambda: None)
        assert Wire(port).moved() is None
    assert Wire(port).moved() == 0
