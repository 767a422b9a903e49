"""A store on loopback whose pages of a listing are written by a test, for those no server gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, quote, urlsplit

from pytest_django import Settings

from tests.handmade import answered_by

Answer = tuple[int, bytes]
MD5_OF_X = '"9dd4e461268c8034f5c8564e155c67a6"'
"""The ETag of each object, whose content is an x."""


def page(*keys: str, following: str = "") -> Answer:
    """A good page, of objects that are one byte each; ``following`` is the token of the next."""
    entries = "".join(
        f"<Contents><Key>{quote(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        f"<ETag>{MD5_OF_X}</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    token = f"<NextContinuationToken>{following}</NextContinuationToken>" if following else ""
    more = "true" if following else "false"
    body = (
        f"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>"
        f"{token}{entries}</ListBucketResult>"
    )
    return 200, body.encode()


@contextmanager
def serving(settings: Settings, *pages: Answer, cut: int = -1) -> Iterator[list[str]]:
    """Let `settings.AWS` point at a store with these pages; give the deletes that it gets.

    The token of each page after the first is its number; page number ``cut`` breaks off half-way.
    """
    deletes: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            if "list-type" not in asked:
                self._answer(200, b"x", ETag=MD5_OF_X)
                return
            number = int(asked.get("continuation-token", ["0"])[0])
            self._answer(*pages[number], cut=number == cut)

        def do_PUT(self) -> None:
            self._answer(200, b"", ETag=MD5_OF_X)

        def do_POST(self) -> None:
            deletes.append(self.path)
            self._answer(500, b"")

        def do_DELETE(self) -> None:
            self.do_POST()

        def _answer(self, status: int, body: bytes, *, cut: bool = False, **headers: str) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = self.close_connection or cut

        def log_message(self, *args: object) -> None:
            pass

    once = {"commands": {"max_attempts": 1}}
    with answered_by(Handler, settings, timeouts=once, transfer={"checksum": "none"}):
        yield deletes
