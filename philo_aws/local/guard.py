"""Runs the server behind a guard: what a web page, another host name or a stranger asks is refused.

Started as a script by the Python that has the server, which may lack this package: it needs nothing
outside the standard library and the server itself. The guard is in the server's own process, where
it costs a look at the headers of a request.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

TOKEN_VARIABLE = "PHILO_AWS_LOCAL_TOKEN"  # noqa: S105
TOKEN_HEADER = "X-Local-AWS-Token"  # noqa: S105
READY_PATH = "/_local-aws/ready"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]

# https://www.rfc-editor.org/rfc/rfc6761#section-6.3: nobody can register a name below localhost.
_LOOPBACK = re.compile(
    r"(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:[a-z0-9_-]+\.)*localhost)(?::\d{1,5})?", re.IGNORECASE
)
_ORIGIN = re.compile(r"https?://(.+)", re.IGNORECASE)
_SIGNED_HEADER = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/|AWS ([^:\s]+):")
# The server takes these for the account's root and looks at no signature.
_ROOT_KEY = re.compile(r"test|\d{12}|")
# What a page of another site may show but not look into.
_SHOWN = ("image", "audio", "video")


class Refusal(NamedTuple):
    """Why a request is not let through."""

    code: str
    """AWS's own code for it."""
    message: str
    """What is wrong and what to do."""


def guarded(app: App, *, token: str, auth: bool) -> App:
    """Return ``app`` behind the guard; who knows ``token`` may use the server's own paths."""
    proof = ready_proof(token).encode()

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _texts(scope["headers"])
        refusal = refusal_of(
            scope["method"],
            scope["path"],
            scope.get("query_string", b"").decode("latin-1"),
            headers,
            token=token,
            auth=auth,
        )
        if refusal:
            await _refuse(refusal, headers, receive, send)
        elif scope["path"] == READY_PATH:
            await _answer(send, 200, "text/plain", proof)
        else:
            await app(scope, receive, send)

    return guard


def ready_proof(token: str) -> str:
    """Return what the guard that knows ``token`` answers at :data:`READY_PATH`, to anybody."""
    return hashlib.sha256(token.encode()).hexdigest()


def refusal_of(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    *,
    token: str,
    auth: bool,
) -> Refusal | None:
    """Return why a request is refused; ``None`` where it may pass. ``headers`` are lower-case."""
    host = headers.get("host", "")
    if not _is_loopback(host):
        return Refusal(
            "AccessDenied",
            f"This is a local AWS of one machine, and {host[:100]!r} is not this machine. Ask it as"
            " 127.0.0.1 or localhost.",
        )
    if hmac.compare_digest(headers.get(TOKEN_HEADER.lower(), "").encode(), token.encode()):
        return None
    if path == "/health" or (path.startswith("/_") and path != READY_PATH):
        return Refusal(
            "AccessDenied", "The server's own paths are closed. Use `aws_local --reset`."
        )
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if origin is not None or site != "none":
        refusal = _refusal_of_page(method, path, query, headers, origin, site)
        if refusal:
            return refusal
    if auth and path != READY_PATH:
        return _refusal_of_unverified(method, query, headers)
    return None


def _refusal_of_page(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    origin: str | None,
    site: str,
) -> Refusal | None:
    """Let pages show objects, and those of this machine use presigned URLs and forms besides.

    A browser sends Origin with all that may write, and says in Sec-Fetch-Site from where the rest
    comes; neither can be set by a page. https://www.w3.org/TR/fetch-metadata/
    """
    if origin is None:
        ours = site in ("same-origin", "same-site")
    else:
        found = _ORIGIN.fullmatch(origin)
        ours = found is not None and _is_loopback(found[1])
        if not ours:
            return Refusal(
                "AccessDenied",
                f"Pages of {origin[:100]!r} may not use this local AWS: only those of this machine"
                " (127.0.0.1, localhost) may.",
            )
    names = {name for name, _ in _parameters(query)}
    is_object = bool(path.strip("/")) and ("/" in path.strip("/") or _names_bucket(headers["host"]))
    if "action" not in names and "x-amz-target" not in headers:
        presigned = "x-amz-signature" in names or {"signature", "awsaccesskeyid"} <= names
        if ours and presigned and is_object and method in ("GET", "HEAD", "PUT", "OPTIONS"):
            return None
        if ours and _is_form(method, query, headers):
            return None
        if is_object and method in ("GET", "HEAD") and _only_shows(headers, ours=ours):
            return None
    return Refusal(
        "AccessDenied",
        "A web page may show the objects of this local AWS and, if it is one of this machine, use"
        " presigned URLs and forms. To embed scripts and styles, open your site under the name of"
        " this endpoint: for a browser, localhost and 127.0.0.1 are two sites.",
    )


def _only_shows(headers: Mapping[str, str], *, ours: bool) -> bool:
    if headers.get("sec-fetch-mode") == "navigate":
        return True
    shown_as = headers.get("sec-fetch-dest", "empty")
    return shown_as != "empty" if ours else shown_as in _SHOWN


def _refusal_of_unverified(method: str, query: str, headers: Mapping[str, str]) -> Refusal | None:
    """Refuse what the server would let through without a look at a signature."""
    if method == "OPTIONS" or _is_form(method, query, headers):
        # A preflight does nothing, and the signature of a form is in its body, which is verified.
        return None
    keys = [
        value.partition("/")[0]
        for name, value in _parameters(query)
        if name in ("x-amz-credential", "awsaccesskeyid")
    ]
    header = headers.get("authorization")
    if header is not None:
        found = _SIGNED_HEADER.match(header)
        keys.append((found[1] or found[2]) if found else "")
    if not keys:
        return Refusal(
            "AccessDenied",
            "The request is not signed, and this local AWS verifies signatures. Sign it with the"
            " keys that `aws_local --auth` printed.",
        )
    if any(_ROOT_KEY.fullmatch(key) for key in keys):
        return Refusal(
            "InvalidAccessKeyId",
            "This local AWS verifies signatures and does not take this access key. Use the keys"
            " that `aws_local --auth` printed.",
        )
    return None


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1") if query else []
    return [(name.lower(), value) for name, value in pairs]


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    return len(host) <= 300 and _LOOPBACK.fullmatch(host) is not None


def _names_bucket(host: str) -> bool:
    return host.partition(":")[0].lower().endswith(".localhost")


def _is_form(method: str, query: str, headers: Mapping[str, str]) -> bool:
    return (
        method == "POST"
        and not query
        and headers.get("content-type", "").lower().startswith("multipart/form-data")
    )


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # Two of one name are neither: a name of this machine, nor a signature.
        texts[key] = f"{texts[key]}, {text}" if key in texts else text
    return texts


async def _refuse(
    refusal: Refusal, headers: Mapping[str, str], receive: Receive, send: Send
) -> None:
    more = True
    while more:  # The sender sees no answer before its body is taken.
        event = await receive()
        more = event["type"] == "http.request" and event.get("more_body", False)
    code, message = refusal
    if "x-amz-target" in headers or "json" in headers.get("content-type", ""):
        body = json.dumps({"__type": code, "message": message})
        await _answer(send, 403, "application/x-amz-json-1.0", body.encode())
        return
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = f"<ErrorResponse>{body}</ErrorResponse>"
    await _answer(send, 403, "application/xml", body.encode())


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Run the server of this Python behind the guard."""
    # Python puts this file's folder first, whose modules have common names.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    token = os.environ.pop(TOKEN_VARIABLE)
    server: Any = importlib.import_module("ministack.app")
    server.app = guarded(server.app, token=token, auth=os.environ.get("AUTH") == "true")
    server.main()


if __name__ == "__main__":
    main()
