"""Asking S3 for what it answers in XML: bounded, whole, and of the kind that was asked for.

botocore signs, sends, follows redirects and asks for another attempt as ever; but it takes any XML
or HTML with status 200 for an answer in which nothing was told, reads it however long it is, and
takes every truth that is not spelled ``true`` for false. So the body is looked at before botocore
reads it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_noop

from ...aws_errors import translated
from ...exceptions import ServiceError
from ...limits import MIB
from ...sentences import Sentence
from .xml import ROOTS, check_whole, unreadable_field

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from mypy_boto3_s3 import S3Client

MAX_BODY = 16 * MIB
"""Bytes of an answer. A page of 1,000 keys of 1,024 bytes, each byte escaped, has about 4 MiB."""

_CHUNK = 1 << 16
_local = threading.local()


class Answer(NamedTuple):
    """An answer of S3."""

    told: dict[str, Any]
    """boto's dict; without what is in the body where that was not to be read."""
    body: bytes
    """The XML."""


@dataclass
class _Asked:
    """What the thread that sends a request is to do with its answer."""

    operation: str
    read: bool
    body: bytes = b""


def ask(
    client: S3Client,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    region_name: str | None = None,
    read: bool = True,
) -> Answer:
    """Send one request of ``ROOTS``, as often as the client's patience says.

    Without ``read`` botocore does not read the body, which costs more than everything else. Raises
    what AWS answers, and :exc:`~philo_aws.exceptions.ServiceError` for what is no whole answer to
    ``operation``, is longer than 16 MiB or has a value that cannot be read.
    """
    # Registered once on the shared client; it acts only in a thread that asks for it.
    client.meta.events.register(
        f"before-send.s3.{operation}",
        functools.partial(_send, client),  # type: ignore[arg-type]  # what it returns is used
        unique_id=f"philo_aws.s3.request.xml_requests.{operation}",
    )
    method: Callable[..., Any] = getattr(client, _method_of(operation))
    asked = _local.asked = _Asked(operation, read)
    try:
        with translated(bucket=arguments.get("Bucket"), region=region_name):
            told = _read(method, arguments, asked)
    finally:
        del _local.asked
    return Answer(told, asked.body)


def _read(
    method: Callable[..., Any], arguments: Mapping[str, Any], asked: _Asked
) -> dict[str, Any]:
    from botocore.parsers import ResponseParserError

    try:
        return _with_zones(method(**arguments))
    except ResponseParserError as error:
        if not asked.body:
            raise
        # botocore's own reading of dates and numbers, which names no field.
        raise unreadable_field(asked.body) from error


@functools.cache
def _method_of(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


def _send(client: S3Client, request: AWSPreparedRequest, **kwargs: Any) -> AWSResponse | None:
    """Send in botocore's stead, by its own connections, and look at the body of a good answer."""
    asked: _Asked | None = getattr(_local, "asked", None)
    if asked is None:
        return None
    from botocore.awsrequest import AWSResponse

    request.stream_output = True  # else all of it is read, however long it is
    response: AWSResponse = client._endpoint.http_session.send(request)  # type: ignore[attr-defined]  # noqa: SLF001
    body = _body_of(response)
    given = body
    # An error can come with status 200; botocore knows it and tries again.
    if response.status_code == 200 and b"<Error" not in body[:200]:
        check_whole(body, asked.operation)
        asked.body = body
        if not asked.read:
            root = ROOTS[asked.operation].encode()
            given = b"<%b></%b>" % (root, root)
    return AWSResponse(response.url, response.status_code, response.headers, _Body(given))  # type: ignore[arg-type]


def _body_of(response: AWSResponse) -> bytes:
    """Read what was sent, and raise botocore's errors where the network breaks off."""
    from botocore import exceptions as boto
    from urllib3 import exceptions as lib

    body = bytearray()
    try:
        for chunk in response.raw.stream(_CHUNK):
            body += chunk
            if len(body) > MAX_BODY:
                response.raw.close()
                raise ServiceError(
                    Sentence(
                        gettext_noop(
                            "The answer is longer than {most} MiB, which no answer of S3 is. "
                            "Check the endpoint."
                        ),
                        most=MAX_BODY // MIB,
                    ),
                    code="AnswerTooLong",
                )
    except lib.ReadTimeoutError as error:
        raise boto.ReadTimeoutError(endpoint_url=response.url, error=error) from error
    except (lib.HTTPError, OSError) as error:
        raise boto.ConnectionClosedError(endpoint_url=response.url, error=error) from error
    return bytes(body)


class _Body:
    """The body of an answer that was read before."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        """Yield what botocore reads."""
        yield self._body


def _with_zones(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return boto's dict in which every time has a zone: UTC where the store names none."""
    made = dict(told)
    for items in made.values():
        for item in items if isinstance(items, list) else ():
            for name, value in item.items() if isinstance(item, dict) else ():
                if isinstance(value, datetime) and value.tzinfo is None:
                    item[name] = value.replace(tzinfo=UTC)
    return made
