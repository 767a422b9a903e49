"""One page of a bucket's contents: folders and objects below a prefix, by one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...arguments import text, whole_number
from ...exceptions import ServiceError
from ...limits import MAX_KEYS
from ...sentences import Sentence
from ..listing import xml
from ..listing.folder import check_below
from ..listing.paging import Progress, check_turned
from ..listing.stream import fetch
from ..request.access import client_for
from ..request.names import check_prefix
from ..request.xml import moment

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from ...conf import Purpose


@dataclass(frozen=True, kw_only=True)
class ListedObject:
    """An object as a listing shows it."""

    key: str
    """The whole key."""
    size: int
    """Bytes."""
    last_modified: datetime.datetime
    """When it was written, with its time zone."""
    storage_class: str = "STANDARD"
    """AWS's name of the storage class."""
    etag: str = ""
    """The ETag without its quotes."""


@dataclass(frozen=True, kw_only=True)
class ContentsPage:
    """One answer of ``ListObjectsV2``."""

    prefixes: tuple[str, ...] = ()
    """The folders: whole prefixes that end in the delimiter."""
    entries: tuple[ListedObject, ...] = ()
    """The objects."""
    next_token: str = ""
    """The token of the next page; empty on the last."""


def list_page(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    delimiter: str = "/",
    token: str = "",
    start_after: str = "",
    limit: int = MAX_KEYS,
    purpose: Purpose = "web",
) -> ContentsPage:
    """Return one page, by one request, however large the bucket is.

    An empty ``delimiter`` lists everything below ``prefix``; ``limit`` is 1 to 1,000. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`, and
    :exc:`~philo_aws.exceptions.ServiceError` for a page that is not whole, contradicts itself, or
    holds what was not asked for.
    """
    check_prefix(text("prefix", prefix))
    options: dict[str, Any] = {"MaxKeys": whole_number("limit", limit, 1, MAX_KEYS)}
    if delimiter:
        options["Delimiter"] = delimiter
    if start_after and not token:
        options["StartAfter"] = start_after
    client = client_for(bucket_name, region_name, purpose)
    _, body = fetch(client, {"Bucket": bucket_name, "Prefix": prefix, **options}, token)
    next_token = xml.next_token(body)
    check_turned(token, next_token)
    found = xml.columns(body, prefix=prefix)
    return ContentsPage(
        prefixes=_prefixes(body, prefix, delimiter),
        entries=tuple(
            ListedObject(
                key=item.key,
                size=item.size,
                last_modified=moment(item.last_modified, item.key),
                storage_class=item.storage_class,
                etag=item.etag,
            )
            for item in xml.rows(found)
        ),
        next_token=next_token,
    )


def _prefixes(body: bytes, prefix: str, delimiter: str) -> tuple[str, ...]:
    if not delimiter:
        return ()
    found = xml.common_prefixes(body)
    check_below(found, prefix)
    return tuple(found)


def iterate(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    purpose: Purpose = "web",
) -> Iterator[ListedObject]:
    """Yield every object below ``prefix``, page after page, as it is consumed.

    Raises what :func:`pages` raises.
    """
    for page in pages(bucket_name, region_name, prefix=prefix, purpose=purpose):
        yield from page.entries


def pages(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    after: str = "",
    limit: int = MAX_KEYS,
    purpose: Purpose = "web",
) -> Iterator[ContentsPage]:
    """Yield the pages of what is below ``prefix`` and behind the key ``after``.

    Each is asked for when the one before is done with, by its token: what is deleted or made
    meanwhile shifts nothing. Raises what :func:`list_page` raises, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that does not end, or begins anew.
    """
    token, progress = "", Progress()
    while True:
        page = list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            token=token,
            start_after=after,
            limit=limit,
            purpose=purpose,
        )
        progress.see([entry.key for entry in page.entries])
        if after and page.entries and page.entries[0].key <= after:
            raise ServiceError(
                Sentence(
                    gettext_noop(
                        "The store lists {key!r} where what comes after {after!r} was asked for, "
                        "so work in steps would not end. Ask whoever runs the endpoint; "
                        "`manage.py aws_s3 delete_objects --prefix` deletes in one go."
                    ),
                    key=page.entries[0].key,
                    after=after,
                )
            )
        yield page
        token = page.next_token
        if not token:
            return
