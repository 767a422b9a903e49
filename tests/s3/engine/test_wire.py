"""What gets through on the connections to a port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.s3 import S3RequestType
from pytest_django import Settings

from philo_aws.clients import get_client
from philo_aws.s3.engine import sockets
from philo_aws.s3.engine.crt.client import Identity, Shape, get_crt_client
from philo_aws.s3.engine.template import make_template
from philo_aws.s3.engine.wire import Wire
from tests.servers import HOST, TEST_CREDENTIALS


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


def test_awscrt_still_tells_of_no_byte_before_all_are_sent(
    listener: socket.socket, settings: Settings, tmp_path: Path
) -> None:
    # When this fails, philo_aws.s3.engine.wire may have no reason any more.
    size, half = 4 << 20, 2 << 20
    (tmp_path / "f").write_bytes(bytes(size))
    port = listener.getsockname()[1]
    settings.AWS = {
        "credentials": TEST_CREDENTIALS,
        "region": "us-east-1",
        "endpoint_url": f"http://{HOST}:{port}",
    }
    template = make_template(get_client("s3"), "PutObject", "bucket", {})
    shape = Shape(loops=1, part_size=8 << 20, connections=None, streams=False)
    headers = HttpHeaders([*template.headers, ("Content-Length", str(size))])
    told: list[int] = []
    ended = threading.Event()
    request = get_crt_client(template, Identity(), shape).make_request(
        type=S3RequestType.PUT_OBJECT,
        request=HttpRequest("PUT", template.target("k"), headers),
        send_filepath=str(tmp_path / "f"),
        on_progress=told.append,
        on_done=lambda **done: ended.set(),
    )
    server, _ = listener.accept()
    with server:
        taken = 0
        while taken < half:
            taken += len(server.recv(1 << 16))
        time.sleep(0.5)
        assert told == []
        request.cancel()
    assert ended.wait(30)
