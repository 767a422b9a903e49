"""One page of a bucket's contents: folders and objects below a prefix, by one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..exceptions import translated
from ..limits import MAX_KEYS
from .access import client_for

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from ..conf import Purpose


@dataclass(frozen=True, kw_only=True)
class Entry:
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
class Page:
    """One answer of ``ListObjectsV2``."""

    prefixes: tuple[str, ...] = ()
    """The folders: whole prefixes that end in the delimiter."""
    entries: tuple[Entry, ...] = ()
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
    purpose: Purpose = "commands",
) -> Page:
    """Return one page, by one request, however large the bucket is.

    An empty ``delimiter`` lists everything below ``prefix``; ``limit`` is 1 to 1,000. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    options: dict[str, str] = {}
    if delimiter:
        options["Delimiter"] = delimiter
    if token:
        options["ContinuationToken"] = token
    elif start_after:
        options["StartAfter"] = start_after
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, region=region_name):
        answer = client.list_objects_v2(
            Bucket=bucket_name,
            Prefix=prefix,
            MaxKeys=limit,
            **options,  # type: ignore[arg-type]
        )
    return Page(
        prefixes=tuple(item["Prefix"] for item in answer.get("CommonPrefixes", ())),
        entries=tuple(
            Entry(
                key=item["Key"],
                size=item["Size"],
                last_modified=item["LastModified"],
                storage_class=item.get("StorageClass", "STANDARD"),
                etag=item.get("ETag", "").strip('"'),
            )
            for item in answer.get("Contents", ())
        ),
        next_token=answer.get("NextContinuationToken", ""),
    )


def iterate(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    start_after: str = "",
    purpose: Purpose = "commands",
) -> Iterator[Entry]:
    """Yield every object below ``prefix``, page after page, as it is consumed."""
    token = ""
    while True:
        page = list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            token=token,
            start_after=start_after,
            purpose=purpose,
        )
        yield from page.entries
        token = page.next_token
        if not token:
            return
