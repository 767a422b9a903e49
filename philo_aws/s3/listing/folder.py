"""What a folder of a bucket holds: one level of it, all that is below, or every version of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_noop

from ...arguments import text, yes_or_no
from ...conf import Purpose
from ...exceptions import ServiceError
from ...sentences import Sentence
from ..filters import Filter, Rule
from ..request.access import client_for
from ..request.extra_args import check_args
from ..request.names import check_prefix
from . import stream, xml
from .paging import pages
from .versions import Version, newest_first, version_of

_LEVEL = {"Delimiter": "/"}


class Entry(NamedTuple):
    """An object, a version of one, or a folder."""

    key: str
    """The whole key; of a folder the whole prefix, which ends in ``/``."""
    is_folder: bool = False
    """Whether it stands for all keys that begin so."""
    size: int = 0
    """Bytes; 0 for folders and delete markers."""
    last_modified: str = ""
    """When it was written, as ISO 8601 text in UTC; empty for folders."""
    etag: str = ""
    """Its ETag without quotes."""
    storage_class: str = ""
    """AWS's name of the storage class; empty for folders and delete markers."""
    version_id: str = ""
    """AWS's id, ``null`` for what has none of its own; empty where no versions were asked for."""
    is_latest: bool = True
    """Whether this is what the key means now."""
    is_delete_marker: bool = False
    """Whether it says that the object was deleted."""


def list_folder(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    recursive: bool = False,
    versions: bool = False,
    rules: Sequence[Rule] = (),
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> Iterator[Entry]:
    """Yield the folders and objects whose keys begin with ``prefix``, as their pages come.

    ``prefix`` is S3's: ``static/`` gives what is in that folder, ``static`` gives the folder itself
    and whatever else begins so. They come in the byte order of keys; of a folder nothing is told
    but its name. ``recursive`` yields all objects below and no folder, ``versions`` every version
    and delete marker, those of one key newest first. Rules match keys without what of ``prefix``
    ends in a slash; a folder is left out where nothing that they keep can be in it. Memory holds
    some pages. ``extra_args`` are further parameters of the request in boto's names, such as
    ``RequestPayer``. Raises :exc:`~philo_aws.exceptions.UsageError`, and while it is iterated
    :exc:`~philo_aws.exceptions.BucketNotFoundError` and what else AWS answers, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that is not whole, contradicts itself or
    does not end.
    """
    check_prefix(text("prefix", prefix))
    level = {} if yes_or_no("recursive", recursive) else _LEVEL
    operation = "ListObjectVersions" if yes_or_no("versions", versions) else "ListObjectsV2"
    given = check_args(extra_args, operation) | level
    list_one = _versions if versions else _objects
    found = list_one(bucket_name, region_name, prefix, given, purpose)
    chosen = Filter(rules)
    return _kept(found, chosen, prefix.rfind("/") + 1) if chosen else found


def _kept(found: Iterator[Entry], chosen: Filter, cut: int) -> Iterator[Entry]:
    for entry in found:
        name = entry.key[cut:]
        if chosen.may_hold(name) if entry.is_folder else chosen.keeps(name):
            yield entry


def _objects(
    bucket_name: str,
    region_name: str | None,
    prefix: str,
    given: Mapping[str, Any],
    purpose: Purpose,
) -> Iterator[Entry]:
    for page in stream.pages(
        bucket_name, region_name, prefix=prefix, purpose=purpose, extra_args=given
    ):
        found = [
            Entry(key, False, size, modified, etag, storage_class)
            for key, size, etag, modified, storage_class in xml.rows(page.columns)
        ]
        if page.folders:
            found += _folders(page.folders, prefix)
            found.sort(key=lambda entry: entry.key)
        yield from found


def _versions(
    bucket_name: str,
    region_name: str | None,
    prefix: str,
    given: Mapping[str, Any],
    purpose: Purpose,
) -> Iterator[Entry]:
    client = client_for(bucket_name, region_name, purpose)
    request = {"Bucket": bucket_name, "Prefix": prefix, **given}
    for page in pages(client, "ListObjectVersions", request, region_name=region_name):
        # AWS gives versions and markers in two lists.
        found = newest_first(
            version_of(item, marker=marker)
            for name, marker in (("Versions", False), ("DeleteMarkers", True))
            for item in page.get(name, ())
        )
        made = [_entry(version) for version in found]
        made += _folders([item["Prefix"] for item in page.get("CommonPrefixes", ())], prefix)
        made.sort(key=lambda entry: entry.key)
        yield from made


def _entry(version: Version) -> Entry:
    modified = version.last_modified.astimezone(datetime.UTC)
    return Entry(
        key=version.key,
        size=version.size,
        last_modified=modified.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        etag=version.etag,
        storage_class=version.storage_class,
        version_id=version.version_id,
        is_latest=version.is_latest,
        is_delete_marker=version.is_delete_marker,
    )


def _folders(found: Sequence[str], prefix: str) -> list[Entry]:
    check_below(found, prefix)
    return [Entry(folder, is_folder=True) for folder in found]


def check_below(folders: Iterable[str], prefix: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.ServiceError` for a folder that is not below ``prefix``."""
    for folder in folders:
        if not folder.startswith(prefix) or folder == prefix:
            raise ServiceError(
                Sentence(
                    gettext_noop(
                        "The store gives {folder!r} for what lies below {prefix!r}, so nothing "
                        "it lists can be relied on."
                    ),
                    folder=folder,
                    prefix=prefix,
                )
            )
