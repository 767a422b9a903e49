"""One version of an object: found, made the newest again, deleted for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...aws_errors import translated
from ...exceptions import ConflictError, ObjectNotFoundError
from ...sentences import Sentence
from ..listing.paging import Progress
from ..listing.versions import Version, list_versions
from ..request.access import client_for
from ..request.names import check_key
from .copying import copy_object

if TYPE_CHECKING:
    from ...conf import Purpose


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
