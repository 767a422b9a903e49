"""One request made by botocore for a bucket, an operation and its arguments: the model for all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from ...aws_errors import translated
from ..request.expires import with_texts
from ..request.extra_args import given_for

Operation = Literal["PutObject", "GetObject", "CopyObject"]

_numbers = itertools.count()
# What an answer has in its body, without which it would not count.
_ANSWERS: dict[Operation, bytes] = {
    "CopyObject": b"<CopyObjectResult><ETag>-</ETag></CopyObjectResult>"
}
# These belong to the one request that botocore made, or are set by awscrt.
_OF_ONE_REQUEST = frozenset(
    {
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "content-length",
        "content-md5",
        "expect",
        "transfer-encoding",
        "x-amz-checksum-mode",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-date",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-security-token",
        "x-amz-trailer",
    }
)


@dataclass(frozen=True, kw_only=True)
class Template:
    """What is the same in every request of one operation on one bucket."""

    method: str
    """The HTTP method."""
    scheme: str
    """``http`` or ``https``."""
    host: str
    """The host name or address, without the port."""
    port: int
    """The TCP port."""
    region: str
    """The region that requests are signed for."""
    algorithm: str
    """The algorithm that botocore signed with."""
    service: str
    """The service name that botocore signed with."""
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """The headers, ``Host`` among them."""
    before: str
    """The part of the request's target before the key."""
    after: str = ""
    """The part of it behind the key."""

    def target(self, key: str) -> str:
        """Return the path (and query) of the request for ``key``, quoted as botocore does."""
        return self.before + quote(key, safe="/~") + self.after


def make_template(
    client: Any, operation: Operation, bucket: str, arguments: Mapping[str, Any]
) -> Template:
    """Let botocore make one request, and return it without sending it.

    So the rules of endpoints, addressing, access points and arguments are botocore's own.
    """
    request = _made_by_botocore(client, operation, bucket, arguments)
    url = urlsplit(request["url"])
    before, _, after = f"{url.path}?{url.query}".partition(request["key"])
    headers = {str(name): _text(value) for name, value in request["headers"].items()}
    by_name = {name.lower(): value for name, value in headers.items()}
    algorithm, region, service = _scope(by_name)
    return Template(
        method=request["method"],
        scheme=url.scheme,
        host=url.hostname or "",
        port=url.port or (443 if url.scheme == "https" else 80),
        region=region,
        algorithm=algorithm,
        service=service,
        headers=(
            ("Host", by_name.get("host", url.netloc)),
            *(
                (name, value)
                for name, value in headers.items()
                if _is_kept(name.lower(), operation)
            ),
        ),
        before=before,
        after=after.rstrip("?"),
    )


def _is_kept(name: str, operation: Operation) -> bool:
    if name == "x-amz-checksum-algorithm" and operation == "CopyObject":
        return True  # what the store is to compute
    return name != "host" and name not in _OF_ONE_REQUEST and not name.startswith("x-amz-checksum-")


def _made_by_botocore(
    client: Any, operation: Operation, bucket: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    # The client is shared: only the request with this key, which nobody else has, is held back.
    key = f"philo-aws-template-{next(_numbers)}-{id(arguments):x}"
    made: dict[str, Any] = {}

    def hold(request: Any, **kwargs: Any) -> AWSResponse | None:
        if key not in request.url:
            return None
        made.update(method=request.method, url=request.url, headers=dict(request.headers), key=key)
        headers = HTTPHeaders()
        headers["ETag"] = '"-"'  # without one the answer would not count
        return AWSResponse(request.url, 200, headers, _Body(_ANSWERS.get(operation, b"")))

    event = f"before-send.s3.{operation}"
    client.meta.events.register(event, hold, unique_id=key)
    try:
        with translated(bucket=bucket):
            given = given_for(operation, arguments)
            if operation == "PutObject":
                # With a checksum given botocore adds none, and wraps the body in no chunks.
                given["ChecksumCRC32"] = "AAAAAA=="
                with_texts(client, operation).put_object(Bucket=bucket, Key=key, **given)
            elif operation == "CopyObject":
                given["CopySource"] = {"Bucket": bucket, "Key": key}
                with_texts(client, operation).copy_object(Bucket=bucket, Key=key, **given)
            else:
                client.get_object(Bucket=bucket, Key=key, **given)
    finally:
        client.meta.events.unregister(event, hold, unique_id=key)
    return made


class _Body:
    """The body of the answer that botocore gets instead of the store's."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        return iter((self._body,) if self._body else ())

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        return b""

    def close(self) -> None:
        return None


def _scope(headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the algorithm, region and service of botocore's signature; empty when unsigned."""
    algorithm, _, rest = headers.get("authorization", "").partition(" ")
    _, _, credential = rest.partition("Credential=")
    # The access key id may hold anything, the scope behind it has four parts.
    parts = credential.partition(",")[0].rsplit("/", 4)
    if len(parts) != 5:
        return algorithm, "", ""
    return algorithm, parts[2], parts[3]


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
