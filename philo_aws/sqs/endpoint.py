"""Where and how SQS is asked, as botocore does it: one request of its own is the model for all."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .. import sigv4

_MODEL = "SendMessageBatch"
_ANSWER = b'{"Successful": []}'  # without it the answer would not count
# What botocore tells while it makes a request and reads its answer: who listens may change either.
_EVENTS = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "response-received",
    "before-parse",
    "needs-retry",
    "after-call",
    "after-call-error",
)
_KNOWN = ("botocore", "philo_aws")
# These belong to the one request that botocore made.
_OF_ONE_REQUEST = frozenset(
    {
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "connection",
        "content-length",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
    }
)
_UNSIGNED = frozenset({"user-agent"})
# All that a header may hold; whoever has others is left to botocore, which refuses them.
_PRINTED = re.compile(r"[ -~]*")
_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What is the same in all requests to SQS of one client."""

    secure: bool
    """Whether it is HTTPS."""
    host: str
    """The host name or address, without the port."""
    port: int
    """The TCP port."""
    path: str
    """The path, percent-encoded."""
    host_header: str
    """``Host``, with the port where botocore writes it."""
    region: str
    """The region that requests are signed for."""
    service: str
    """The service's name in signatures."""
    target: str
    """What stands before the name of the operation in ``X-Amz-Target``."""
    signed: Mapping[str, str] = field(repr=False)
    """The headers that are signed, ``Host``, date and target not among them."""
    other: Mapping[str, str] = field(repr=False)
    """The headers that are not."""

    @property
    def url(self) -> str:
        """The address, for errors."""
        return f"{'https' if self.secure else 'http'}://{self.host_header}{self.path}"

    def head(self, operation: str, identity: sigv4.Identity, stamp: str, body: bytes) -> bytes:
        """Return the request line and the headers of one request, signed."""
        named = {
            **self.signed,
            "Host": self.host_header,
            "X-Amz-Target": f"{self.target}{operation}",
        }
        scope = sigv4.Scope(stamp=stamp, region=self.region, service=self.service)
        signature = sigv4.authorization(
            identity, scope, method="POST", path=self.path, headers=named, body=body
        )
        named |= self.other
        named |= signature
        lines = "".join([f"{name}: {value}\r\n" for name, value in named.items()])
        return (f"POST {self.path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n").encode()


def endpoint_of(client: Any) -> Endpoint | None:
    """Let botocore make one request, which is never sent, and return what it tells.

    So the rules of endpoints and headers are botocore's own. ``None`` where requests have to be
    botocore's altogether: through a proxy, or with another signature or none. Raises what botocore
    does where there are no credentials.
    """
    if _goes_through_proxy(client) or os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        return None  # in a Lambda function each request names the trace that it is part of
    made = _made_by_botocore(client)
    return _endpoint(made["url"], made["headers"]) if made else None


def is_plain(client: Any) -> bool:
    """Say whether no handlers of the site's own have to see, and may change, its requests."""
    return all(map(_is_known, _handlers(client)))


def identity_of(credentials: Any) -> sigv4.Identity | None:
    """Return whose signature botocore's frozen ``credentials`` make, if a header can hold it."""
    parts = (credentials.access_key, credentials.secret_key, credentials.token)
    if not all(map(_PRINTED.fullmatch, (parts[0], parts[2] or ""))):
        return None
    return sigv4.Identity(access_key=parts[0], secret_key=parts[1], token=parts[2] or None)


def _goes_through_proxy(client: Any) -> bool:
    from botocore.utils import get_environ_proxies

    url = client.meta.endpoint_url
    proxies = client.meta.config.proxies
    if proxies is None:
        proxies = get_environ_proxies(url)
    return bool(proxies.get(urlsplit(url).scheme))


def _handlers(client: Any) -> Iterator[Any]:
    """Yield what is called while a request is made; something unknown where that cannot be told."""
    try:
        handlers = client.meta.events._emitter._handlers  # noqa: SLF001 - there is no public name
        for event in _EVENTS:
            yield from handlers.prefix_search(f"{event}.sqs.{_MODEL}")
    except AttributeError:
        yield None


def _is_known(handler: Any) -> bool:
    handler = getattr(handler, "func", handler)
    module = getattr(handler, "__module__", None) or type(handler).__module__
    return module.partition(".")[0] in _KNOWN


def _made_by_botocore(client: Any) -> dict[str, Any]:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    # The client is shared: only the request for this queue, which nobody else asks, is held back.
    queue = f"https://philo-aws/{next(_numbers)}-{id(client):x}/template"
    made: dict[str, Any] = {}

    def hold(request: Any, **kwargs: Any) -> AWSResponse | None:
        if queue.encode() not in request.body:
            return None
        made.update(url=request.url, headers={str(k): _text(v) for k, v in request.headers.items()})
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body())

    event = f"before-send.sqs.{_MODEL}"
    client.meta.events.register(event, hold, unique_id=queue)
    try:
        client.send_message_batch(QueueUrl=queue, Entries=[{"Id": "0", "MessageBody": "x"}])
    finally:
        client.meta.events.unregister(event, hold, unique_id=queue)
    return made


class _Body:
    """The body of the answer that botocore gets instead of SQS's."""

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        return iter((_ANSWER,))


def _endpoint(url: str, headers: Mapping[str, str]) -> Endpoint | None:
    by_name = {name.lower(): value for name, value in headers.items()}
    algorithm, _, rest = by_name.get("authorization", "").partition(" ")
    # The access key id may hold anything, the scope behind it has four parts.
    parts = rest.partition("Credential=")[2].partition(",")[0].rsplit("/", 4)
    target, _, operation = by_name.get("x-amz-target", "").rpartition(".")
    address = urlsplit(url)
    usual = all(map(_PRINTED.fullmatch, (*headers, *headers.values(), address.path)))
    if algorithm != sigv4.ALGORITHM or len(parts) != 5 or operation != _MODEL or not usual:
        return None
    kept = {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_REQUEST}
    secure = address.scheme == "https"
    return Endpoint(
        secure=secure,
        host=address.hostname or "",
        port=address.port or (443 if secure else 80),
        path=address.path or "/",
        host_header=by_name.get("host", address.netloc),
        region=parts[2],
        service=parts[3],
        target=f"{target}.",
        signed={name: value for name, value in kept.items() if name.lower() not in _UNSIGNED},
        other={name: value for name, value in kept.items() if name.lower() in _UNSIGNED},
    )


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
