"""A streaming lister of objects: the next pages are always on their way."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...arguments import text
from ...aws_errors import translated
from ...clients import get_client
from ...conf import Purpose
from ...exceptions import ServiceError
from ...limits import MAX_KEYS
from ...regions import check_region
from ..filters import Filter
from ..request.extra_args import check_args
from ..request.names import check_bucket_name, check_prefix
from ..request.remote import Remote
from ..request.xml_requests import ask
from . import xml
from .paging import Progress, check_turned
from .read_ahead import Ahead
from .segments import Arrival, SegmentPlan
from .xml import Columns, Object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FEWEST_KEYS = 100
"""Keys of a page; where it has fewer, most of a request is the asking."""


class ListingPage(NamedTuple):
    """A page of ``ListObjectsV2``, of which not everything need be read."""

    answer: dict[str, Any]
    """boto's dict, without what is in the body."""
    body: bytes
    """The XML."""
    columns: Columns
    """Its objects."""
    folders: list[str]
    """Its common prefixes, where ``extra_args`` have a ``Delimiter``."""
    part: slice = slice(None)
    """Which objects of the body are meant: others come with another page."""


def pages(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    purpose: Purpose = "commands",
    extra_args: Mapping[str, Any] | None = None,
) -> Iterator[ListingPage]:
    """Yield the pages of ``ListObjectsV2``; while one is read the next are fetched.

    Where pages come more slowly than they are read, up to 16 are asked for side by side, with the
    ``StartAfter`` of keys in between: see :mod:`philo_aws.s3.listing.segments`. ``extra_args`` are
    further parameters in boto's names, such as ``RequestPayer``. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError` and what else AWS answers, and
    :exc:`~philo_aws.exceptions.ServiceError` for an answer that is not whole or contradicts itself,
    and for a listing that does not end: see :mod:`philo_aws.s3.listing.paging`.
    """
    check_bucket_name(bucket_name)
    check_prefix(text("prefix", prefix))
    if region_name:
        check_region("s3", region_name)
    with translated(bucket=bucket_name, region=region_name):
        client = get_client("s3", region_name, purpose=purpose)
    request = {"Bucket": bucket_name, "Prefix": prefix, **check_args(extra_args, "ListObjectsV2")}
    has_folders = "Delimiter" in request
    plan = SegmentPlan(splits=_may_split(request), prefix=prefix, fewest=_FEWEST_KEYS)
    progress = Progress()

    def read(arrival: Arrival) -> list[str]:
        check_turned(arrival.asked, arrival.token)
        answer, body = arrival.content
        columns = xml.columns(body, prefix=prefix)
        folders = xml.common_prefixes(body) if has_folders else []
        arrival.content = ListingPage(answer, body, columns, folders)
        return columns.keys

    with Ahead(plan, functools.partial(_arrival, client, request)) as ahead:
        for content, part in ahead.pieces(read):
            page = content if part == slice(None) else _part(content, part)
            keys, folders = page.columns.keys, page.folders
            progress.see(_merged(keys, folders) if folders else keys)
            yield page


def _may_split(request: Mapping[str, Any]) -> bool:
    """Return whether the keys that a request lists can be listed at several places at once."""
    # Directory buckets list in no order, and small pages are asked for to see little.
    return (
        not request["Bucket"].endswith("--x-s3")
        and not request.get("Delimiter")
        and request.get("MaxKeys", MAX_KEYS) >= _FEWEST_KEYS
    )


def _part(page: ListingPage, part: slice) -> ListingPage:
    keys, sizes, etags, times, classes = page.columns
    columns = Columns(keys[part], sizes[part], etags[part], times[part], classes[part])
    return page._replace(columns=columns, part=part)


def _arrival(client: S3Client, request: Mapping[str, Any], token: str, start: str) -> Arrival:
    told, body = fetch(client, request, token, start)
    arrival = Arrival(asked=token, size=len(body), content=(told, body))
    try:
        arrival.token = xml.next_token(body)
    except ServiceError as error:
        arrival.error = error
    with contextlib.suppress(ServiceError):  # the reader finds it too, and raises it
        arrival.first, arrival.last = xml.ends(body)
    return arrival


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

    Their keys come without ``relative_to``, which ``prefix`` must begin with. Memory holds 96 pages
    and 20 MiB of them at most. ``extra_args`` are further parameters in boto's names. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError` and what else AWS answers, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that is not whole, contradicts itself or
    does not end.
    """
    cut = len(relative_to)
    for page in pages(
        bucket_name, region_name, prefix=prefix, purpose=purpose, extra_args=extra_args
    ):
        yield from xml.rows(page.columns, cut)


def _merged(keys: list[str], folders: list[str]) -> list[str]:
    """Return keys and folders in order, if both are."""
    found = [*keys, *folders]
    return sorted(found) if keys == sorted(keys) and folders == sorted(folders) else found


def fetch(
    client: S3Client, request: Mapping[str, Any], token: str = "", start: str = ""
) -> tuple[dict[str, Any], bytes]:
    """Return one page of ``ListObjectsV2``: boto's dict without the body, and the body.

    It is the page of a token, or without one the first after the key ``start``.
    """
    if token:
        request = {**request, "ContinuationToken": token}
    elif start:
        request = {**request, "StartAfter": start}
    told, body = ask(
        client, "ListObjectsV2", request, region_name=client.meta.region_name, read=False
    )
    return told, xml.plain(body)


def kept_below(remote: Remote, prefix: str, chosen: Filter) -> Iterator[Object]:
    """Yield the objects of a bucket below ``prefix``, with whole keys, that the filter keeps.

    ``prefix`` is a beginning of keys, which the rules of the filter do not see.
    """
    found = objects(
        remote.bucket,
        remote.region,
        prefix=prefix,
        purpose=remote.purpose,
        extra_args=remote.given_for("ListObjectsV2"),
    )
    if not chosen:
        return found
    return (item for item in found if chosen.keeps(item.key.removeprefix(prefix)))
