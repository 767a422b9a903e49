from __future__ import annotations

import contextlib
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore import exceptions as boto

from philo_aws import clients
from philo_aws.exceptions import NetworkError
from philo_aws.sqs import connections as connections_module
from philo_aws.sqs.connections import Connections
from philo_aws.sqs.endpoint import Endpoint
from tests.certificates import make_certificate
from tests.servers import free_port

ANSWER = b"HTTP/1.1 200 OK\r\nX-Name: value\r\nContent-Length: 2\r\n\r\n{}"
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

Behave = Callable[[socket.socket, int], bool]


class Server:
    """Answers each request of each connection by what `behave` does with it."""

    def __init__(self, behave: Behave, context: ssl.SSLContext | None, host: str) -> None:
        self.connections = 0
        self._behave = behave
        self._context = context
        self._socket = socket.create_server((host, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError):
            connection = self._context.wrap_socket(plain, True) if self._context else plain
            with connection:
                number = 0
                while b"\r\n\r\n" in connection.recv(65536):
                    number += 1
                    if not self._behave(connection, number):
                        return

    def close(self) -> None:
        self._socket.close()


def answer(connection: socket.socket, number: int) -> bool:
    connection.sendall(ANSWER)
    return True


def endpoint(port: int, *, secure: bool = False, host: str = "127.0.0.1") -> Endpoint:
    return Endpoint(
        secure=secure,
        host=host,
        port=port,
        path="/",
        host_header=f"{host}:{port}",
        region="us-east-1",
        service="sqs",
        target="AmazonSQS.",
        signed={},
        other={},
    )


@contextlib.contextmanager
def serving(
    behave: Behave = answer, certificate: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[Server]:
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.with_name("both.pem"))
    server = Server(behave, context, host)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def to(where: Endpoint, *, read: float = 10.0) -> Iterator[Connections]:
    made = Connections(where, connect=5, read=read, keepalive=True)
    try:
        yield made
    finally:
        made.close()


def test_one_is_kept_for_the_next_request() -> None:
    with serving() as server, to(endpoint(server.port)) as made:
        for _ in range(3):
            found = made.exchange(REQUEST)
            assert (found.status_code, found.content) == (200, b"{}")
            assert found.headers["x-name"] == "value"
        assert server.connections == 1


def test_each_thread_has_its_own_while_it_asks() -> None:
    both = threading.Barrier(2, timeout=10)

    def together(connection: socket.socket, number: int) -> bool:
        both.wait()
        return answer(connection, number)

    with serving(together) as server, to(endpoint(server.port)) as made:
        threads = [threading.Thread(target=made.exchange, args=(REQUEST,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections == 2


def test_one_that_the_server_closes_is_not_used_again() -> None:
    def close(connection: socket.socket, number: int) -> bool:
        connection.sendall(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return False

    with serving(close) as server, to(endpoint(server.port)) as made:
        made.exchange(REQUEST)
        made.exchange(REQUEST)
        assert server.connections == 2


def test_one_that_was_dropped_meanwhile_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "FRESH", 0.0)

    def drop(connection: socket.socket, number: int) -> bool:
        answer(connection, number)
        return False

    with serving(drop) as server, to(endpoint(server.port)) as made:
        made.exchange(REQUEST)
        time.sleep(0.05)  # until its end has come
        assert made.exchange(REQUEST).status_code == 200
        assert server.connections == 2


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", boto.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", boto.ConnectionClosedError),
        (b"nonsense\r\n\r\n", boto.ConnectionClosedError),
    ],
)
def test_answers_that_break_off(said: bytes, error: type[Exception]) -> None:
    def break_off(connection: socket.socket, number: int) -> bool:
        connection.sendall(said)
        return False

    with serving(break_off) as server, to(endpoint(server.port)) as made:
        with pytest.raises(error):
            made.exchange(REQUEST)
        assert not made._kept


def test_silence_ends() -> None:
    go_on = threading.Event()
    with serving(lambda *_: go_on.wait(20)) as server, to(endpoint(server.port)) as made:
        begun = time.monotonic()
        with pytest.raises(boto.ReadTimeoutError):
            made.exchange(REQUEST, read=0.1)
        assert time.monotonic() - begun < 5
        go_on.set()


def test_nobody_is_there() -> None:
    with to(endpoint(free_port())) as made, pytest.raises(boto.EndpointConnectionError):
        made.exchange(REQUEST)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


class TestTLS:
    @pytest.fixture(autouse=True)
    def patch(self, no_account: None) -> Iterator[pytest.MonkeyPatch]:
        clients.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("REQUESTS_CA_BUNDLE", raising=False)
            yield patch
        clients.clear()

    @pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
    def test_a_certificate_of_the_chosen_ones(
        self, patch: pytest.MonkeyPatch, certificate: Path, name: str
    ) -> None:
        patch.setenv(name, str(certificate))
        with (
            serving(certificate=certificate) as server,
            to(endpoint(server.port, secure=True)) as made,
        ):
            assert made.exchange(REQUEST).status_code == 200

    def test_one_that_nobody_trusts(self, certificate: Path) -> None:
        with (
            serving(certificate=certificate) as server,
            to(endpoint(server.port, secure=True)) as made,
            pytest.raises(boto.SSLError, match="self-signed certificate"),
        ):
            made.exchange(REQUEST)

    @pytest.mark.skipif(sys.platform != "linux", reason="systems with one loopback address")
    def test_one_of_another_host(self, patch: pytest.MonkeyPatch, certificate: Path) -> None:
        patch.setenv("AWS_CA_BUNDLE", str(certificate))
        with (
            serving(certificate=certificate, host="127.0.0.2") as server,
            to(endpoint(server.port, secure=True, host="127.0.0.2")) as made,
            pytest.raises(boto.SSLError, match="IP address mismatch"),
        ):
            made.exchange(REQUEST)

    def test_certificates_that_cannot_be_read(
        self, patch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        patch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none.pem"))

        with pytest.raises(NetworkError, match="cannot be read"):
            Connections(endpoint(1, secure=True), connect=1, read=1, keepalive=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="systems that do not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_opens_its_own() -> None:
    with serving() as server, to(endpoint(server.port)) as made:
        made.exchange(REQUEST)
        assert len(made._kept) == 1
        child = os.fork()
        if not child:
            fine = not made._kept and made.exchange(REQUEST).status_code == 200
            os._exit(0 if fine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        made.exchange(REQUEST)
        assert server.connections == 2
