"""A store on loopback of which a test says what it keeps, gives and tells.

The local AWS does not damage what it keeps, and its ETags are MD5s: stores that do, and whose are
not, cannot be had otherwise.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.admin.stores import ACCESS_KEY, SECRET_KEY


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass
class Asked:
    """One request; the names of its headers in lower case."""

    method: str
    headers: dict[str, str]


@dataclass
class BareStore:
    """What the store does; it looks neither at checksums nor at signatures."""

    endpoint_url: str = ""
    body: bytes = b""
    """What it keeps of the one object it has."""
    keep: Callable[[bytes], bytes] = lambda body: body
    """What it makes of what is sent."""
    give: Callable[[bytes], bytes] = lambda body: body
    """What it makes of what it gives."""
    etag: Callable[[bytes], str] = md5
    headers: dict[str, str] = field(default_factory=dict)
    """What is in all of its answers."""
    told: Callable[[], dict[str, str]] = dict
    """What is in those that give or tell the whole object to who asks for checksums."""
    refuses_parts: bool = False
    """Whether no upload in parts may begin."""
    asked: list[Asked] = field(default_factory=list)
    parts: dict[int, bytes] = field(default_factory=dict)

    def settings(self, **more: Any) -> dict[str, Any]:
        """A value for `settings.AWS`."""
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        return {
            "credentials": keys,
            "region": "us-east-1",
            "endpoint_url": self.endpoint_url,
            **more,
        }

    def names_sent(self, method: str) -> set[str]:
        """The names of the headers of all requests of one method that speak of checksums."""
        return {
            name
            for asked in self.asked
            for name in asked.headers
            if asked.method == method and ("checksum" in name or name == "x-amz-trailer")
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    server: Server

    @property
    def store(self) -> BareStore:
        return self.server.store

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def note(self) -> bytes:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.store.asked.append(Asked(self.command, headers))
        return self.rfile.read(int(headers.get("content-length", 0)))

    def answer(self, status: int, body: bytes, etag: str, **more: str) -> None:
        self.send_response(status)
        self.send_header("ETag", f'"{etag}"')
        self.send_header("Content-Length", str(len(body)))
        for name, value in (self.store.headers | more).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        body = self.store.keep(self.note())
        part = re.search(r"partNumber=(\d+)", self.path)
        if part:
            self.store.parts[int(part[1])] = body
        else:
            self.store.body = body
        self.answer(200, b"", self.store.etag(body))

    def do_POST(self) -> None:
        self.note()
        if self.store.refuses_parts:
            self.answer(403, b"<Error><Code>AccessDenied</Code></Error>", "x")
            return
        if "uploads" in self.path:
            name, text = "InitiateMultipartUploadResult", "<UploadId>u1</UploadId>"
        else:
            self.store.body = b"".join(
                self.store.parts[number] for number in sorted(self.store.parts)
            )
            name, text = "CompleteMultipartUploadResult", "<ETag>x</ETag>"
        self.answer(200, f"<{name}>{text}</{name}>".encode(), "x")

    def do_GET(self) -> None:
        self.note()
        body = self.store.body if self.command == "HEAD" else self.store.give(self.store.body)
        more = {"Last_Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Accept_Ranges": "bytes"}
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None or self.command == "HEAD":
            if "x-amz-checksum-mode" in self.headers:
                more |= self.store.told()
            self.answer(200, body, self.store.etag(self.store.body), **more)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
        more["Content_Range"] = f"bytes {first}-{last}/{len(body)}"
        self.answer(206, body[first : last + 1], self.store.etag(self.store.body), **more)

    do_HEAD = do_GET  # noqa: N815 - the name it looks for


class Server(ThreadingHTTPServer):
    # Its end waits for the threads, so that no socket is left open.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, store: BareStore) -> None:
        self.store = store
        self.open: set[Any] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def once(damage: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what damages the first body only."""
    left = [damage]
    return lambda body: left.pop()(body) if left else body


@contextlib.contextmanager
def bare_store() -> Iterator[BareStore]:
    store = BareStore()
    with Server(store) as server:
        store.endpoint_url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
            for connection in list(server.open):
                # The clients keep theirs open.
                with contextlib.suppress(OSError):
                    connection.shutdown(2)
