"""awscrt's connections send at once: what waits for an acknowledgement waits up to 40 ms."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from awscrt.http import HttpClientConnection
from awscrt.io import ClientBootstrap, DefaultHostResolver, EventLoopGroup, SocketOptions

from philo_aws.s3.engine import Result, create, sockets
from philo_aws.s3.engine.sockets import send_at_once
from tests.servers import HOST, free_port

from .conftest import options_for, upload

MIB = 1024 * 1024


def sends_at_once(connection: socket.socket) -> bool:
    return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as made:
        yield made


def test_connections_to_the_port_send_at_once_and_others_stay_as_they_are(
    listener: socket.socket,
) -> None:
    left, right = socket.socketpair()
    with (
        left,
        right,
        socket.create_server((HOST, 0)) as elsewhere,
        socket.create_connection(listener.getsockname()) as meant,
        socket.create_connection(elsewhere.getsockname()) as other,
    ):
        found = send_at_once(listener.getsockname()[1])
        assert found == {sockets.Looking().identity_of(meant.fileno())}
        assert (sends_at_once(meant), sends_at_once(other)) == (True, False)
        # The connection itself was not touched.
        meant.sendall(b"x")
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(1) == b"x"


def test_where_the_system_numbers_no_sockets_they_are_told_apart_otherwise(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_getsockopt", lambda: None)
    port = listener.getsockname()[1]
    with socket.create_connection(listener.getsockname()) as connection:
        assert send_at_once(port) == {os.fstat(connection.fileno()).st_ino}
        assert sends_at_once(connection)
        looking = sockets.Looking(8)
        assert looking.option_of(connection.fileno(), socket.SOL_SOCKET, socket.SO_TYPE) is None


def test_what_is_no_socket_has_no_identity(tmp_path: Path) -> None:
    looking = sockets.Looking(8)
    with (tmp_path / "f").open("wb") as file:
        assert looking.identity_of(file.fileno()) == 0
        assert not looking.option_of(file.fileno(), socket.SOL_SOCKET, socket.SO_TYPE)
    left, right = socket.socketpair()
    with left, right:
        found = {looking.identity_of(each.fileno()) for each in (left, right)}
        assert len(found - {0}) == 2
        assert {looking.identity_of(each.fileno()) for each in (left, right)} == found


def test_what_is_known_is_not_set_again(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with socket.create_connection(listener.getsockname()) as connection:
        known = send_at_once(port)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        assert send_at_once(port, known) == known
        assert not sends_at_once(connection)


def test_no_descriptor_is_left_open(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()):
        before = os.listdir(sockets.DESCRIPTORS)
        for _ in range(20):
            send_at_once(listener.getsockname()[1])
        assert os.listdir(sockets.DESCRIPTORS) == before


def test_without_a_list_of_descriptors_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "DESCRIPTORS", "/nowhere")
    assert send_at_once(free_port()) == frozenset()


@pytest.mark.aws_servers("ministack")
@pytest.mark.usefixtures("aws")
def test_the_connections_of_a_run_send_at_once(
    bucket: str, tmp_path: Path, aws: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(os.urandom(20 * MIB))
    found: list[frozenset[int]] = []

    def look(port: int, known: frozenset[int]) -> frozenset[int]:
        found.append(send_at_once(port, known))
        return found[-1]

    monkeypatch.setattr("philo_aws.s3.engine.crt.engine.send_at_once", look)
    results: list[Result] = []
    options = options_for("crt", bucket, part_size=5 * MIB)
    create(options).run([upload("f", tmp_path / "f")], on_result=results.append)
    assert [result.error for result in results] == [None]
    assert frozenset().union(*found)


def test_awscrt_still_makes_connections_wait_and_has_no_option_for_it(
    listener: socket.socket,
) -> None:
    # When this fails, philo_aws.s3.engine.sockets has no reason any more, or a better way.
    loops = EventLoopGroup(1)
    bootstrap = ClientBootstrap(loops, DefaultHostResolver(loops))
    port = listener.getsockname()[1]
    made = HttpClientConnection.new(HOST, port, bootstrap).result(timeout=20)
    found = []
    for descriptor in sockets.descriptors():
        with contextlib.suppress(OSError), sockets.connection_to(port, descriptor) as connection:
            found.append(sends_at_once(connection))
    made.close().result(timeout=20)
    assert found == [False]
    assert not [name for name in dir(SocketOptions) if "delay" in name]
