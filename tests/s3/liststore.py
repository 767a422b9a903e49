"""A store on loopback that lists what it is told to, for answers that no local server gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, quote, urlsplit

from pytest_django import Settings

from tests.handmade import answered_by


@dataclass
class ListStore:
    """What the tests see of it."""

    keys: Sequence[str]
    """What it lists, whatever is asked."""
    requests: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    """The method and the parameters of every request that arrived."""


@contextmanager
def listing(settings: Settings, *keys: str) -> Iterator[ListStore]:
    """Let `settings.AWS` point at a store that lists `keys` and takes nothing else."""
    store = ListStore(keys)
    entries = "".join(
        f"<Contents><Key>{quote(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        "<ETag>e</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    page = f"<ListBucketResult><EncodingType>url</EncodingType>{entries}</ListBucketResult>"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(200, page.encode())

        def do_POST(self) -> None:
            self._answer(400, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            store.requests.append((self.command, parse_qs(urlsplit(self.path).query)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with answered_by(Handler, settings, timeouts={"commands": {"max_attempts": 1}}):
        yield store
