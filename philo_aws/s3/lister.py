"""A streaming lister: botocore's own request, the next page always on its way.

botocore signs, sends, follows redirects and retries as ever, but to make its dict of a page costs
more than everything else together. So the body is taken out before botocore reads it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..clients import get_client
from ..conf import Purpose
from ..daemons import Daemons
from ..exceptions import ServiceError, translated
from ..regions import check_region
from . import listxml
from .extra_args import check_args
from .listxml import Object
from .names import check_bucket_name, check_prefix

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from mypy_boto3_s3 import S3Client

_EMPTY = b"<ListBucketResult></ListBucketResult>"
_local = threading.local()


class Page(NamedTuple):
    """A page of a listing."""

    answer: dict[str, Any]
    """boto's dict, without what is in the body."""
    body: bytes
    """The XML."""


def pages(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    purpose: Purpose = "commands",
    extra_args: Mapping[str, Any] | None = None,
) -> Iterator[Page]:
    """Yield the pages of ``ListObjectsV2``; while one is read the next is fetched.

    ``extra_args`` are further parameters in boto's names, such as ``RequestPayer``. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError` and what else AWS answers, and
    :exc:`~philo_aws.exceptions.ServiceError` for an answer that is not whole.
    """
    check_bucket_name(bucket_name)
    check_prefix(prefix)
    if region_name:
        check_region("s3", region_name)
    with translated(bucket=bucket_name, region=region_name):
        client = get_client("s3", region_name, purpose=purpose)
    # Registered once on the shared client; it acts only in a thread that asks for it.
    client.meta.events.register(
        "before-send.s3.ListObjectsV2",
        functools.partial(_send, client),  # type: ignore[arg-type]  # what it returns is used
        unique_id="philo_aws.s3.lister",
    )
    request = {"Bucket": bucket_name, "Prefix": prefix, **check_args(extra_args, "ListObjectsV2")}
    with Daemons(1, "philo-aws-list") as ahead:
        page, token = _fetch(client, request), ""
        while True:
            last, token = token, listxml.next_token(page.body)
            if token and token == last:
                raise ServiceError("The store answers the same page of the listing again.")
            coming = ahead.submit(_fetch, client, request, token) if token else None
            yield page
            if coming is None:
                return
            page = coming.result()


def objects(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    relative_to: str = "",
    purpose: Purpose = "commands",
    extra_args: Mapping[str, Any] | None = None,
) -> Iterator[Object]:
    """Yield the objects under ``prefix`` in the byte order of their keys.

    Their keys come without ``relative_to``, which ``prefix`` must begin with. Memory holds two
    pages of 1,000 objects. Raises what :func:`pages` raises.
    """
    cut = len(relative_to)
    for page in pages(
        bucket_name, region_name, prefix=prefix, purpose=purpose, extra_args=extra_args
    ):
        yield from listxml.objects(page.body, cut, prefix=prefix)


def _fetch(client: S3Client, request: dict[str, Any], token: str = "") -> Page:
    if token:
        request = {**request, "ContinuationToken": token}
    _local.body = None
    try:
        with translated(bucket=request["Bucket"], region=client.meta.region_name):
            answer = client.list_objects_v2(**request)
            return Page(dict(answer), _local.body or b"")
    finally:
        del _local.body


def _send(client: S3Client, request: AWSPreparedRequest, **kwargs: Any) -> AWSResponse | None:
    """Send in botocore's stead, by its own connections, and keep the body of a good answer back."""
    if not hasattr(_local, "body"):
        return None
    from botocore.awsrequest import AWSResponse

    response: AWSResponse = client._endpoint.http_session.send(request)  # type: ignore[attr-defined]  # noqa: SLF001
    body = response.content
    # An error can come with status 200; botocore knows it and tries again.
    if response.status_code != 200 or b"<Error" in body[:200]:
        return response
    _local.body = body
    return AWSResponse(response.url, 200, response.headers, _Nothing())  # type: ignore[arg-type]


class _Nothing:
    """The body of an answer whose body was taken out."""

    def stream(self) -> Iterator[bytes]:
        """Yield what botocore reads."""
        yield _EMPTY
