"""Versions of objects: list them, bring one back, delete one for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...arguments import text, whole_number
from ...aws_errors import translated
from ...exceptions import ConflictError, ObjectNotFoundError, ServiceError
from ...limits import MAX_KEYS
from ...sentences import Sentence
from ..listing.paging import Progress, check_turned, page
from ..objects.copying import copy_object
from ..request.access import client_for
from ..request.names import check_key, check_prefix

if TYPE_CHECKING:
    import datetime

    from ...conf import Purpose


@dataclass(frozen=True, kw_only=True)
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


def list_versions(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    delimiter: str = "/",
    key_marker: str = "",
    version_marker: str = "",
    limit: int = MAX_KEYS,
    purpose: Purpose = "web",
) -> VersionPage:
    """Return one page of versions below ``prefix``, by one request; ``limit`` is 1 to 1,000.

    Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`, and
    :exc:`~philo_aws.exceptions.ServiceError` for a page that is not whole or contradicts itself.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    check_prefix(text("prefix", prefix))
    options: dict[str, Any] = {"MaxKeys": whole_number("limit", limit, 1, MAX_KEYS)}
    if delimiter:
        options["Delimiter"] = delimiter
    markers: dict[str, str] = {}
    if key_marker:
        markers["KeyMarker"] = key_marker
        if version_marker:
            markers["VersionIdMarker"] = version_marker
    answer, following = page(
        client_for(bucket_name, region_name, purpose),
        "ListObjectVersions",
        {"Bucket": bucket_name, "Prefix": prefix, **options, **markers},
        region_name=region_name,
    )
    check_turned(markers, following)
    found = [
        _version(item, marker=marker)
        for name, marker in (("Versions", False), ("DeleteMarkers", True))
        for item in answer.get(name, ())
    ]
    # AWS gives versions and markers in two lists; within a key the newest comes first.
    found.sort(key=lambda version: version.last_modified, reverse=True)
    found.sort(key=lambda version: (version.key, not version.is_latest))
    return VersionPage(
        prefixes=tuple(item["Prefix"] for item in answer.get("CommonPrefixes", ())),
        versions=tuple(found),
        next_key=following.get("KeyMarker", ""),
        next_version=following.get("VersionIdMarker", ""),
    )


def restore_version(
    bucket_name: str,
    key: str,
    version_id: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> None:
    """Make an older version the object again, or undelete it by taking its delete marker away.

    Nothing is lost: an older version is copied over the newest, which stays below it. Raises
    :exc:`~philo_aws.exceptions.ObjectNotFoundError` where there is no such version and
    :exc:`~philo_aws.exceptions.ConflictError` for a delete marker that is not the newest.
    """
    version = find_version(bucket_name, key, version_id, region_name, purpose=purpose)
    if not version.is_delete_marker:
        copy_object(
            bucket_name,
            key,
            bucket_name,
            key,
            region_name,
            version_id=version_id,
            purpose=purpose,
        )
    elif version.is_latest:
        delete_version(bucket_name, key, version_id, region_name, purpose=purpose)
    else:
        raise ConflictError(
            Sentence(
                gettext_noop(
                    "This delete marker is not the newest version, so that nothing is hidden by it."
                )
            )
        )


def find_version(
    bucket_name: str,
    key: str,
    version_id: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> Version:
    """Return one version of an object.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`.
    """
    key_marker = version_marker = ""
    progress = Progress()
    while True:
        found = list_versions(
            bucket_name,
            region_name,
            prefix=check_key(key),
            delimiter="",
            key_marker=key_marker,
            version_marker=version_marker,
            purpose=purpose,
        )
        for version in found.versions:
            if (version.key, version.version_id) == (key, version_id):
                return version
        progress.see(
            [(version.key, version.version_id) for version in found.versions],
            [version.key for version in found.versions],
        )
        key_marker, version_marker = found.next_key, found.next_version
        if key_marker != key:
            raise ObjectNotFoundError(
                Sentence(
                    gettext_noop(
                        "There is no version {version_id!r} of object {key!r} in bucket {bucket!r}."
                    ),
                    version_id=version_id,
                    key=key,
                    bucket=bucket_name,
                ),
                code="NoSuchVersion",
            )


def delete_version(
    bucket_name: str,
    key: str,
    version_id: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> None:
    """Delete one version for good; deleting the newest delete marker undeletes the object.

    Raises :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        client.delete_object(Bucket=bucket_name, Key=key, VersionId=version_id)


def is_versioned(
    bucket_name: str, region_name: str | None = None, *, purpose: Purpose = "web"
) -> bool:
    """Say whether the bucket keeps versions of what is overwritten or deleted."""
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, region=region_name):
        return client.get_bucket_versioning(Bucket=bucket_name).get("Status") == "Enabled"


def _version(item: dict[str, Any], *, marker: bool) -> Version:
    return Version(
        key=item["Key"],
        version_id=item.get("VersionId") or "null",
        is_latest=item.get("IsLatest", False),
        is_delete_marker=marker,
        last_modified=_written(item),
        size=item.get("Size", 0),
        storage_class=item.get("StorageClass", ""),
    )


def _written(item: dict[str, Any]) -> datetime.datetime:
    moment: datetime.datetime | None = item.get("LastModified")
    if moment is None:
        raise ServiceError(
            Sentence(
                gettext_noop("The store gives no LastModified of a version of {key!r}."),
                key=item["Key"],
            )
        )
    return moment
