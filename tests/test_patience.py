"""How long requests are sent again, with what pauses, and what counts as an answer at all."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from pytest_django import Settings

from philo_aws import clients, patience, s3
from philo_aws.aws_errors import translated
from philo_aws.clients import get_client
from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    CredentialsError,
    Kind,
    NetworkError,
    ServiceError,
    ThrottledError,
)
from philo_aws.patience import LONGEST_DELAY, Patience, delay, failures_noted, patience_for
from tests.servers import TEST_CREDENTIALS, free_port

Answer = tuple[int, str]
SLOW_DOWN: Answer = (503, "<Error><Code>SlowDown</Code><Message>m</Message></Error>")
EXPIRED: Answer = (400, "<Error><Code>ExpiredToken</Code><Message>m</Message></Error>")
DENIED: Answer = (403, "<Error><Code>AccessDenied</Code><Message>m</Message></Error>")
BUCKETS: Answer = (200, "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>")
RESET: Answer = (0, "")
PORTAL: Answer = (200, "<html>log in</html>")


@dataclass
class Store:
    """A store that answers what a test says: no local server asks to slow down on demand."""

    answers: list[Answer] = field(default_factory=list)
    """One for each request; the last one for all that come after it."""
    url: str = ""
    tokens: list[str] = field(default_factory=list)
    """The session token of each request."""

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def store_that(settings: Settings, *answers: Answer, **aws: Any) -> Iterator[Store]:
    store = Store(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            store.tokens.append(self.headers.get("X-Amz-Security-Token", ""))
            status, body = store.next()
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_port}"
    known = {"credentials": dict(TEST_CREDENTIALS), "region": "us-east-1"}
    settings.AWS = {**known, **aws, "endpoint_url": store.url}
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        clients.clear()
        server.server_close()


def ask() -> Any:
    with translated():
        return get_client("s3").list_buckets()


def test_delays_double_are_jittered_and_capped() -> None:
    assert 0.05 <= delay(1) <= 0.1
    assert 0.2 <= delay(3) <= 0.4
    assert LONGEST_DELAY / 2 <= delay(500) <= LONGEST_DELAY
    assert len({delay(4) for _ in range(10)}) > 1


def test_patience_is_both_attempts_and_time() -> None:
    patient = Patience(attempts=5, seconds=90, unreachable=5, silence=180)

    def over(attempts: int, seconds: float, kind: Kind = Kind.THROTTLED) -> bool:
        return patient.is_over(attempts=attempts, seconds=seconds, kind=kind, reached=True)

    assert not over(50, 60)
    assert not over(4, 600)
    assert over(5, 90)
    assert not over(1, 6, Kind.UNREACHABLE)
    assert patient.is_over(attempts=1, seconds=6, kind=Kind.UNREACHABLE, reached=False)


def test_a_number_of_attempts_is_that_number(settings: Settings) -> None:
    settings.AWS = {"timeouts": {"commands": {"max_attempts": 3}}}
    patient = patience_for("commands")
    for kind in (Kind.THROTTLED, Kind.UNREACHABLE):
        over = [
            patient.is_over(attempts=attempts, seconds=0, kind=kind, reached=False)
            for attempts in (1, 2, 3)
        ]
        assert over == [False, False, True]
    settings.AWS = {}
    assert patience_for("commands").seconds == 90
    assert patience_for("web").attempts == 2


@pytest.mark.parametrize(
    "fault",
    [
        SLOW_DOWN,
        (429, ""),
        (408, ""),
        (409, ""),
        (500, ""),
        (502, "<html>bad gateway</html>"),
        RESET,
        PORTAL,
    ],
    ids=lambda fault: str(fault[0]),
)
def test_what_passes_is_waited_for(settings: Settings, fault: Answer) -> None:
    with store_that(settings, fault, fault, fault, BUCKETS) as store:
        assert ask()["Buckets"] == []
        assert len(store.tokens) == 4


def test_what_stays_is_told(settings: Settings) -> None:
    with store_that(settings, DENIED) as store:
        with pytest.raises(AccessDeniedError):
            ask()
        assert len(store.tokens) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [(SLOW_DOWN, ThrottledError), (RESET, NetworkError), (PORTAL, ServiceError)],
)
def test_attempts_are_counted_where_they_are_given(
    settings: Settings, fault: Answer, error: type[AWSError]
) -> None:
    timeouts = {"commands": {"max_attempts": 2}}
    with store_that(settings, fault, timeouts=timeouts) as store:
        with pytest.raises(error):
            ask()
        assert len(store.tokens) == 2


def test_patience_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    short = Patience(attempts=2, seconds=0.3, unreachable=1, silence=1)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    with store_that(settings, SLOW_DOWN) as store:
        with pytest.raises(ThrottledError):
            ask()
        assert 2 <= len(store.tokens) < 10


def test_an_impatient_client_sends_once(settings: Settings) -> None:
    with store_that(settings, SLOW_DOWN) as store:
        with translated(), pytest.raises(Exception, match="SlowDown"):
            get_client("s3", patient=False).list_buckets()
        assert len(store.tokens) == 1


def test_what_is_not_there_ends_within_seconds(settings: Settings) -> None:
    settings.AWS = {
        "credentials": dict(TEST_CREDENTIALS),
        "region": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
    }
    begun = time.monotonic()
    with pytest.raises(NetworkError, match="cannot be reached"):
        ask()
    assert time.monotonic() - begun < 15


def test_who_was_there_once_is_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Patience(attempts=1, seconds=60, unreachable=0.0, silence=60)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    with store_that(settings, BUCKETS, RESET, RESET, BUCKETS) as store:
        ask()
        ask()
        assert len(store.tokens) == 4


def test_the_failures_before_a_success_can_be_known(settings: Settings) -> None:
    with store_that(settings, RESET, SLOW_DOWN, BUCKETS), failures_noted() as noted:
        ask()
    assert [error.kind for error in noted] == [Kind.TRANSIENT, Kind.THROTTLED]


WORK: dict[str, tuple[Callable[[], Any], Answer]] = {
    "list_buckets": (s3.list_buckets, BUCKETS),
    "list_objects_v2": (
        lambda: s3.list_objects_v2("some-bucket"),
        (200, "<ListBucketResult><Name>some-bucket</Name></ListBucketResult>"),
    ),
    "delete_objects": (
        lambda: s3.delete_objects("some-bucket", keys=["a"]),
        (200, "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>"),
    ),
}


@pytest.fixture
def credential_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Let credentials come from a process that gives another token at each call."""

    def use(expiration: str) -> None:
        count = tmp_path / "count"
        script = tmp_path / "process.py"
        script.write_text(
            f"import json, pathlib\n"
            f"count = pathlib.Path({str(count)!r})\n"
            f"number = int(count.read_text()) + 1 if count.exists() else 1\n"
            f"count.write_text(str(number))\n"
            f"print(json.dumps({{'Version': 1, 'AccessKeyId': 'k', 'SecretAccessKey': 's', "
            f"'SessionToken': f'token-{{number}}', **json.loads({expiration!r})}}))\n"
        )
        config = tmp_path / "config"
        config.write_text(f"[default]\ncredential_process = {sys.executable} {script}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    yield use
    monkeypatch.undo()
    clients.clear()


@pytest.mark.parametrize(
    "expiration", ['{"Expiration": "2099-01-01T00:00:00Z"}', "{}"], ids=["refreshable", "static"]
)
@pytest.mark.parametrize("name", WORK)
def test_expired_tokens_are_renewed(
    settings: Settings,
    credential_process: Callable[[str], None],
    expiration: str,
    name: str,
) -> None:
    credential_process(expiration)
    work, good = WORK[name]
    with store_that(settings, EXPIRED, good, credentials=None) as store:
        work()
        first, second = store.tokens[:2]
        assert first != second
        assert second.startswith("token-")


def test_a_token_that_cannot_be_renewed_is_told_at_once(settings: Settings) -> None:
    with store_that(settings, EXPIRED) as store:
        with pytest.raises(CredentialsError, match="expired"):
            ask()
        assert len(store.tokens) == 1


def test_botocore_still_sends_expired_keys_to_the_end(settings: Settings) -> None:
    # When this fails, a client need not be given fresh credentials by philo_aws.patience.
    session = botocore.session.Session()
    session.set_credentials("k", "s", "token")
    with store_that(settings, EXPIRED, BUCKETS):
        client: Any = session.create_client(
            "s3", region_name="us-east-1", endpoint_url=settings.AWS["endpoint_url"]
        )
        with pytest.raises(ClientError, match="ExpiredToken"):
            client.list_buckets()
        client.close()
