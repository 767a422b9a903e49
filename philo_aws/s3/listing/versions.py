"""Versions of objects, listed: a page, all of them, or those of each key together."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from ...arguments import text, whole_number
from ...conf import Purpose
from ...exceptions import ServiceError
from ...limits import MAX_KEYS
from ...sentences import Sentence
from ..engine.proof import bare_etag
from ..request.access import client_for
from ..request.extra_args import check_args
from ..request.names import check_key, check_prefix
from ..request.xml_requests import Answer
from . import xml
from .paging import Progress, check_turned, page_as_sent, pages

_LISTS = {"Version": "Versions", "DeleteMarker": "DeleteMarkers"}
"""The elements of a page, each with the list that boto puts it in."""
_ELEMENT = re.compile(rb"<(Version|DeleteMarker)[\s>]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version of an object, or the mark that it was deleted."""

    key: str
    """The whole key."""
    version_id: str
    """AWS's id; ``null`` for what was written without versioning."""
    is_latest: bool
    """Whether this is what the key means now."""
    is_delete_marker: bool
    """Whether it says that the object was deleted."""
    last_modified: datetime.datetime
    """When it was written."""
    size: int = 0
    """Bytes; 0 for a delete marker."""
    storage_class: str = ""
    """AWS's name of the storage class; empty for a delete marker."""
    etag: str = ""
    """The ETag without quotes; empty for a delete marker."""


@dataclass(frozen=True, kw_only=True)
class VersionPage:
    """One answer of ``ListObjectVersions``."""

    prefixes: tuple[str, ...] = ()
    """The folders."""
    versions: tuple[Version, ...] = ()
    """Newest first within a key."""
    next_key: str = ""
    """Where the next page starts; empty on the last."""
    next_version: str = ""
    """The version it starts after."""


def list_object_versions(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict of ``ListObjectVersions`` with all pages merged.

    ``Versions`` and ``DeleteMarkers`` are always there, and hold everything in memory;
    :func:`philo_aws.s3.iter_object_versions` streams both as one. ``extra_args`` are further
    parameters in boto's names, such as ``ExpectedBucketOwner``. Raises
    :exc:`~philo_aws.exceptions.BucketNotFoundError`.
    """
    given = check_args(extra_args, "ListObjectVersions")
    client = client_for(bucket_name, region_name, purpose)
    arguments = {**given, "Bucket": bucket_name, "Prefix": check_prefix(text("prefix", prefix))}
    merged: dict[str, Any] = {}
    found: dict[str, list[Any]] = {name: [] for name in _LISTS.values()}
    for told in pages(client, "ListObjectVersions", arguments, region_name=region_name):
        merged = merged or told
        for name, items in found.items():
            items.extend(told.get(name, ()))
    for marker in ("NextKeyMarker", "NextVersionIdMarker"):
        merged.pop(marker, None)
    return {**merged, "IsTruncated": False, **found}


def iter_object_versions(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> Iterator[Version]:
    """Yield the versions and delete markers below ``prefix`` as the pages come.

    In the order of keys, the newest of each first. Raises what :func:`list_versions` does, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that does not end.
    """
    progress = Progress()
    key_marker = version_marker = ""
    while True:
        found = list_versions(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            key_marker=key_marker,
            version_marker=version_marker,
            extra_args=extra_args,
            purpose=purpose,
        )
        progress.see(
            [(version.key, version.version_id) for version in found.versions],
            [version.key for version in found.versions],
        )
        yield from found.versions
        key_marker, version_marker = found.next_key, found.next_version
        if not key_marker:
            return


def versions_by_key(versions: Iterator[Version]) -> Iterator[list[Version]]:
    """Yield the versions of one key after the other, the newest first, also across pages.

    Raises :exc:`~philo_aws.exceptions.ServiceError` where a store comes back to a key that was
    over: what is to be done with a key is decided by all of its versions.
    """
    before = ""
    for key, group in itertools.groupby(versions, key=lambda version: version.key):
        if before and key <= before:
            raise ServiceError(
                Sentence(
                    gettext_noop(
                        "The store lists versions in no order, {key!r} after {before!r}, so it is "
                        "not known which of a key is the newest."
                    ),
                    key=key,
                    before=before,
                )
            )
        before = key
        yield newest_first(group)


def versions_of(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> list[Version]:
    """Return the versions of one key, the newest first; none where there never was such an object.

    Raises what :func:`list_versions` does.
    """
    every = iter_object_versions(
        bucket_name, region_name, prefix=check_key(key), extra_args=extra_args, purpose=purpose
    )
    # The key itself comes before all longer ones that begin with it.
    return newest_first(itertools.takewhile(lambda version: version.key == key, every))


def list_versions(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    delimiter: str = "/",
    key_marker: str = "",
    version_marker: str = "",
    limit: int = MAX_KEYS,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "web",
) -> VersionPage:
    """Return one page of versions below ``prefix``, by one request; ``limit`` is 1 to 1,000.

    Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`, and
    :exc:`~philo_aws.exceptions.ServiceError` for a page that is not whole or contradicts itself.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    check_prefix(text("prefix", prefix))
    options: dict[str, Any] = check_args(extra_args, "ListObjectVersions")
    options["MaxKeys"] = whole_number("limit", limit, 1, MAX_KEYS)
    if delimiter:
        options["Delimiter"] = delimiter
    markers: dict[str, str] = {}
    if key_marker:
        markers["KeyMarker"] = key_marker
        if version_marker:
            markers["VersionIdMarker"] = version_marker
    answer, following = page_as_sent(
        client_for(bucket_name, region_name, purpose),
        "ListObjectVersions",
        {**options, "Bucket": bucket_name, "Prefix": prefix, **markers},
        region_name=region_name,
    )
    check_turned(markers, following)
    found = newest_first(_as_listed(answer))
    found.sort(key=lambda version: version.key)
    return VersionPage(
        prefixes=tuple(item["Prefix"] for item in answer.told.get("CommonPrefixes", ())),
        versions=tuple(found),
        next_key=following.get("KeyMarker", ""),
        next_version=following.get("VersionIdMarker", ""),
    )


def _as_listed(answer: Answer) -> Iterator[Version]:
    """Yield what a page lists in its own order, of which boto makes two lists.

    AWS gives the newest of a key first, and times in whole seconds.
    """
    left = {name: iter(answer.told.get(name, ())) for name in _LISTS.values()}
    for element in _ELEMENT.findall(xml.plain(answer.body)):
        name = element.decode()
        for item in itertools.islice(left[_LISTS[name]], 1):
            yield version_of(item, marker=name == "DeleteMarker")


def newest_first(versions: Iterable[Version]) -> list[Version]:
    """Return versions with the newest first; those of one moment stay as they are."""
    found = sorted(versions, key=lambda version: version.last_modified, reverse=True)
    return sorted(found, key=lambda version: not version.is_latest)


def version_of(item: Mapping[str, Any], *, marker: bool) -> Version:
    """Return the version that an item of one of boto's two lists is; ``marker`` says of which."""
    return Version(
        key=item["Key"],
        version_id=item.get("VersionId") or "null",
        is_latest=item.get("IsLatest", False),
        is_delete_marker=marker,
        last_modified=_written(item),
        size=item.get("Size", 0),
        storage_class=item.get("StorageClass", ""),
        etag=bare_etag(item.get("ETag", "")),
    )


def _written(item: Mapping[str, Any]) -> datetime.datetime:
    moment: datetime.datetime | None = item.get("LastModified")
    if moment is None:
        raise ServiceError(
            Sentence(
                gettext_noop("The store gives no LastModified of a version of {key!r}."),
                key=item["Key"],
            )
        )
    return moment
