"""A streaming lister of objects: the next page is always on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..arguments import text
from ..clients import get_client
from ..conf import Purpose
from ..daemons import Daemons
from ..exceptions import translated
from ..regions import check_region
from . import listxml
from .asking import ask
from .extra_args import check_args
from .listxml import Columns, Object
from .names import check_bucket_name, check_prefix
from .paging import Progress, check_turned

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Page(NamedTuple):
    """A page of a listing."""

    answer: dict[str, Any]
    """boto's dict, without what is in the body."""
    body: bytes
    """The XML."""
    columns: Columns
    """Its objects."""
    folders: list[str]
    """Its common prefixes, where ``extra_args`` have a ``Delimiter``."""


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
    :exc:`~philo_aws.exceptions.ServiceError` for an answer that is not whole or contradicts itself,
    and for a listing that does not end: see :mod:`philo_aws.s3.paging`.
    """
    check_bucket_name(bucket_name)
    check_prefix(text("prefix", prefix))
    if region_name:
        check_region("s3", region_name)
    with translated(bucket=bucket_name, region=region_name):
        client = get_client("s3", region_name, purpose=purpose)
    request = {"Bucket": bucket_name, "Prefix": prefix, **check_args(extra_args, "ListObjectsV2")}
    progress = Progress()
    with Daemons(1, "philo-aws-list") as ahead:
        (answer, body), token = fetch(client, request), ""
        while True:
            following = listxml.next_token(body)
            check_turned(token, following)
            token = following
            coming = ahead.submit(fetch, client, request, token) if token else None
            columns = listxml.columns(body, prefix=prefix)
            folders = listxml.common_prefixes(body) if "Delimiter" in request else []
            progress.see(_merged(columns.keys, folders) if folders else columns.keys)
            yield Page(answer, body, columns, folders)
            if coming is None:
                return
            answer, body = coming.result()


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

    Their keys come without ``relative_to``, which ``prefix`` must begin with. Memory holds three
    pages of 1,000 objects. Raises what :func:`pages` raises.
    """
    cut = len(relative_to)
    for page in pages(
        bucket_name, region_name, prefix=prefix, purpose=purpose, extra_args=extra_args
    ):
        yield from listxml.rows(page.columns, cut)


def _merged(keys: list[str], folders: list[str]) -> list[str]:
    """Return keys and folders in order, if both are."""
    found = [*keys, *folders]
    return sorted(found) if keys == sorted(keys) and folders == sorted(folders) else found


def fetch(
    client: S3Client, request: Mapping[str, Any], token: str = ""
) -> tuple[dict[str, Any], bytes]:
    """Return one page of ``ListObjectsV2``: boto's dict without the body, and the body."""
    if token:
        request = {**request, "ContinuationToken": token}
    told, body = ask(
        client, "ListObjectsV2", request, region_name=client.meta.region_name, read=False
    )
    return told, listxml.plain(body)
