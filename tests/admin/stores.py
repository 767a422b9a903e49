"""A small HTTP server on loopback that answers as a test wants AWS to, which no local AWS can."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    action: str
    """SQS's; empty for S3."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/xml"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Store:
    """The server as the tests see it."""

    endpoint_url: str
    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    """Set at the end: what takes its time waits for this, so that nobody waits for it."""

    def settings(self, **more: Any) -> dict[str, Any]:
        """A value for `settings.AWS`."""
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        return {
            "credentials": keys,
            "region": "us-east-1",
            "regions": ["us-east-1"],
            "queues": ["orders"],
            "endpoint_url": self.endpoint_url,
            **more,
        }


# The example of AWS's documentation.
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "a-secret-access-key-that-must-not-be-shown"


def refusal(asked: Asked, code: str, status: int, message: str = "No.") -> Answer:
    """AWS's way to say no, by the protocol of the service."""
    if asked.action:
        body = {"__type": f"com.amazonaws.sqs#{code}", "message": message}
        return Answer(status, json.dumps(body).encode(), "application/x-amz-json-1.0")
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Answer(status, text.encode())


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[Store]:
    class Handler(BaseHTTPRequestHandler):
        # Who sends a part asks beforehand whether to, and waits a second for the answer.
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            parts = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                path=parts.path,
                query={
                    name: values[0]
                    for name, values in parse_qs(parts.query, keep_blank_values=True).items()
                },
                action=self.headers.get("X-Amz-Target", "").partition(".")[2],
                body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )
            store.asked.append(asked)
            answered = store.answer(asked)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it went away
                self.send_response(answered.status)
                self.send_header("Content-Type", answered.content_type)
                self.send_header("Content-Length", str(len(answered.body)))
                self.send_header("Connection", "close")
                for name, value in answered.headers:
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answered.body)

        do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names it looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        # Its end waits for the threads, so that no socket is left open.
        daemon_threads = False
        # More than come at once: a connection that finds no place is tried again after a second.
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        store = Store(f"http://127.0.0.1:{server.server_address[1]}", answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            store.ended.set()
            server.shutdown()
            thread.join()
