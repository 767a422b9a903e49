"""A store on loopback whose answers a test writes, for what no local server answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pytest_django import Settings

from tests.handmade import answered_by


@dataclass
class Request:
    """A request that arrived."""

    method: str
    path: str
    """Decoded."""
    query: dict[str, str]
    headers: dict[str, str]
    """The names in lower case."""
    body: bytes

    @property
    def key(self) -> str:
        """What follows the bucket in the path."""
        return self.path.lstrip("/").partition("/")[2]


Answer = tuple[int, str | bytes]
"""Status and body; a status of 0 breaks the connection off, in the middle of the body if any."""


@dataclass
class Scripted:
    """What the tests see of the store."""

    answer: Callable[[Request], Answer | None]
    """Called for every request; ``None`` is an empty 204."""
    requests: list[Request] = field(default_factory=list)


@contextmanager
def scripted(
    settings: Settings, answer: Callable[[Request], Answer | None], **aws: Any
) -> Iterator[Scripted]:
    """Let `settings.AWS` point at a store that answers as `answer` says."""
    store = Scripted(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            request = Request(
                self.command,
                unquote(parts.path),
                {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()},
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
            store.requests.append(request)
            status, told = store.answer(request) or (204, b"")
            told = told.encode() if isinstance(told, str) else told
            if not status and not told:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self.send_response(status or 200)
            if request.method == "HEAD":
                # What a test writes as the body of an answer to HEAD is the ETag.
                self.send_header("ETag", told.decode())
                self.send_header("Content-Length", "1")
                told = b""
            elif status != 204:
                self.send_header("Content-Length", str(len(told) if status else 2 * len(told)))
            self.end_headers()
            self.wfile.write(told)
            if not status:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _do  # noqa: N815 - names it looks for

        def log_message(self, *args: object) -> None:
            pass

    with answered_by(Handler, settings, **aws):
        yield store


ONCE = {"timeouts": {"commands": {"max_attempts": 1}, "web": {"max_attempts": 1}}}
"""Settings with which every request is sent once."""


def entry(key: str, *, size: str = "1", date: str = "2026-01-02T03:04:05.000Z") -> str:
    """An object as a page lists it."""
    return (
        f"<Contents><Key>{key}</Key><LastModified>{date}</LastModified><ETag>&quot;e&quot;</ETag>"
        f"<Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


def page(*keys: str, token: str = "", truncated: str | None = "false", more: str = "") -> str:
    """A page of ListObjectsV2; ``truncated`` is its IsTruncated, as it is spelled."""
    end = "" if truncated is None else f"<IsTruncated>{truncated}</IsTruncated>"
    follows = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    entries = "".join(map(entry, keys))
    return f"<ListBucketResult><Name>b</Name>{end}{follows}{more}{entries}</ListBucketResult>"


def by_token(pages: dict[str, str]) -> Callable[[Request], Answer]:
    """Return what answers with the page that the token of a request names, "" being the first."""
    return lambda request: (200, pages[request.query.get("continuation-token", "")])
