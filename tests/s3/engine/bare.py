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
from urllib.parse import parse_qsl, urlsplit

from tests.admin.stores import ACCESS_KEY, SECRET_KEY


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass
class Asked:
    """One request; the names of its headers in lower case."""

    method: str
    headers: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    what: str = ""
    """`put`, `get`, `head`, or of an upload in parts `create`, `part`, `complete`, `abort`,
    `uploads` and `parts`."""


Answer = tuple[int, bytes, dict[str, str]]
"""Status, body and headers; no `Content-Length` where it is among the headers."""
PAGE: Answer = (200, b"<html>log in</html>", {"Content-Type": "text/html"})
"""What a portal to log in at answers to everything."""
EMPTY: Answer = (200, b"", {})


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
    own: dict[str, str] = field(default_factory=dict)
    """Headers in the place of those of the same name that it gives otherwise."""
    told: Callable[[], dict[str, str]] = dict
    """What is in those that give or tell the whole object to who asks for checksums."""
    told_of: Callable[[bytes], dict[str, str]] = lambda body: {}
    """What is in the answers to what was sent, made of what is kept of it."""
    etag_of_parts: Callable[[list[bytes]], str] = lambda parts: "x"
    refuses_parts: bool = False
    """Whether no upload in parts may begin."""
    instead: Callable[[Asked], Answer | None] = lambda asked: None
    """What is answered instead, where it is something; nothing is kept then."""
    asked: list[Asked] = field(default_factory=list)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    """The parts of the uploads that were begun and not ended."""

    def settings(self, **more: Any) -> dict[str, Any]:
        """A value for `settings.AWS`."""
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        return {
            "credentials": keys,
            "region": "us-east-1",
            "endpoint_url": self.endpoint_url,
            **more,
        }

    def count(self, what: str) -> int:
        """The requests of one kind."""
        return sum(asked.what == what for asked in self.asked)

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

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def what(self) -> str:
        query, method = self.query, self.command.lower()
        if "uploads" in query:
            return "create" if method == "post" else "uploads"
        if "uploadId" in query:
            return {"post": "complete", "put": "part", "delete": "abort"}.get(method, "parts")
        return method

    def note(self) -> bytes | None:
        """Read the request; `None` where it was answered."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, headers, self.query, self.what())
        self.store.asked.append(asked)
        body = self.rfile.read(int(headers.get("content-length", 0)))
        other = self.store.instead(asked)
        if other is None:
            return body
        self.send(*other)
        return None

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204 and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def answer(self, status: int, body: bytes, etag: str, **more: str) -> None:
        headers = {"ETag": f'"{etag}"', **self.store.headers, **more}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.send(status, body, headers | self.store.own)

    def do_PUT(self) -> None:
        sent = self.note()
        if sent is None:
            return
        body, query = self.store.keep(sent), self.query
        if "partNumber" in query:
            self.store.uploads[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.store.body = body
        more = self.store.told_of(body)
        self.answer(200, b"", self.store.etag(body), **more)

    def do_POST(self) -> None:
        if self.note() is None:
            return
        if self.store.refuses_parts:
            self.answer(403, b"<Error><Code>AccessDenied</Code></Error>", "x")
            return
        if "uploads" in self.query:
            made = f"u{len(self.store.asked)}"
            self.store.uploads[made] = {}
            name, text = "InitiateMultipartUploadResult", f"<UploadId>{made}</UploadId>"
        else:
            parts = self.store.uploads.pop(self.query["uploadId"])
            bodies = [parts[number] for number in sorted(parts)]
            self.store.body = b"".join(bodies)
            name = "CompleteMultipartUploadResult"
            text = f"<ETag>{self.store.etag_of_parts(bodies)}</ETag>"
        self.answer(200, f"<{name}>{text}</{name}>".encode(), "x")

    def do_DELETE(self) -> None:
        if self.note() is not None:
            self.store.uploads.pop(self.query["uploadId"], None)
            self.send(204, b"", {})

    def _list(self) -> None:
        store = self.store
        if "uploads" in self.query:
            name = "ListMultipartUploadsResult"
            text = "".join(
                f"<Upload><Key>f</Key><UploadId>{made}</UploadId></Upload>"
                for made in store.uploads
            )
        else:
            name = "ListPartsResult"
            text = "".join(
                f"<Part><PartNumber>{number}</PartNumber><Size>{len(body)}</Size></Part>"
                for number, body in sorted(store.uploads[self.query["uploadId"]].items())
            )
        self.send(200, f"<{name}>{text}</{name}>".encode(), {})

    def do_GET(self) -> None:
        if self.note() is None:
            return
        if {"uploads", "uploadId"} & self.query.keys():
            self._list()
            return
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
