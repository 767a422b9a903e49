"""What an object was before becomes the object again: an older version, or one that was deleted."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_noop

from ...arguments import instance_of, some_text, yes_or_no
from ...clients import has_own_endpoint
from ...conf import Purpose
from ...exceptions import ConflictError, ObjectNotFoundError, UsageError
from ...sentences import Sentence
from ..delete_requests import delete_one
from ..engine.proof import bare_etag
from ..listing.versions import Version, versions_of
from ..request.names import check_key
from ..request.remote import Remote, make_remote
from .copying import copy_object
from .properties import head_object, is_same_object
from .versions import is_versioned

How = Literal["copied", "undeleted", "unchanged"]


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What became of an object."""

    key: str
    """Its key."""
    version_id: str
    """The version that it is again."""
    how: How
    """By a copy over the newest, by taking delete markers away, or not at all: it was that one."""
    new_version_id: str = ""
    """The version that the copy made; empty where none was made, and in a dry run."""
    size: int = 0
    """Its bytes."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How an object becomes again what one of its versions is."""

    key: str
    """The object's key."""
    version_id: str
    """The version that it is to be."""
    size: int
    """The bytes of that."""
    markers: tuple[str, ...] = ()
    """Delete markers, the newest first, that alone hide it; none where it has to be copied."""
    etag: str = ""
    """The ETag of what the key means now, without quotes; empty where it was deleted."""
    same_size: bool = False
    """Whether that is as long, so that it may be the same."""


def restore_object(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    as_of: datetime.datetime | None = None,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> Restored:
    """Make one version of an object the newest again, or bring a deleted object back.

    Without ``version_id`` the object must have been deleted: its delete markers go, and its newest
    version is there again. With ``as_of`` it is the version that was current at that moment. An
    older version is copied over the newest by S3 itself, with headers, metadata and tags; nothing
    is lost, as the newest stays below it, which a bucket without versioning cannot promise. What
    is written meanwhile is not covered up. ``extra_args`` are ``RequestPayer`` and
    ``ExpectedBucketOwner``.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError` where there is no such version, or was
    no object then; :exc:`~philo_aws.exceptions.ConflictError` where nothing is deleted and no
    version named, for a delete marker that hides nothing, for a bucket that would not keep the
    newest, and for an object that is written meanwhile.
    """
    check_key(key)
    yes_or_no("dry_run", dry_run)
    if version_id is not None and as_of is not None:
        raise UsageError(Sentence(gettext_noop("Give a version or a moment, not both.")))
    if version_id is not None:
        some_text("version_id", version_id)
    if as_of is not None:
        check_moment(as_of)
    remote = make_remote(bucket_name, region_name, "", extra_args, None, purpose)
    versions = versions_of(
        bucket_name,
        key,
        region_name,
        extra_args=remote.given_for("ListObjectVersions"),
        purpose=purpose,
    )
    wanted = _wanted(bucket_name, key, versions, version_id, as_of)
    way = way_back(versions, wanted)
    if way is None:
        return Restored(key=key, version_id=wanted.version_id, how="unchanged", size=wanted.size)
    if not way.markers:
        check_keeps_versions(remote)
    return bring_back(remote, way, dry_run=dry_run)


def check_moment(as_of: object) -> datetime.datetime:
    """Return ``as_of`` if it is a moment with a zone that is not to come.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    moment = instance_of("as_of", as_of, datetime.datetime)
    if moment.tzinfo is None:
        raise UsageError(
            Sentence(gettext_noop("as_of has no time zone. Give one, such as datetime.UTC."))
        )
    if moment > datetime.datetime.now(datetime.UTC):
        raise UsageError(
            Sentence(
                gettext_noop("{moment} is yet to come, so nobody knows what will be then."),
                moment=moment.isoformat(),
            )
        )
    return moment


def check_keeps_versions(remote: Remote) -> None:
    """Raise :exc:`~philo_aws.exceptions.ConflictError` where what is overwritten would be lost."""
    if not is_versioned(remote.bucket, remote.region, purpose=remote.purpose):
        raise ConflictError(
            Sentence(
                gettext_noop(
                    "The bucket {bucket!r} does not keep what is overwritten or deleted now, so "
                    "nothing was done: the newest contents would be lost. Switch its versioning "
                    "on with put_bucket_versioning, then do it again."
                ),
                bucket=remote.bucket,
            )
        )


def current_at(versions: Sequence[Version], moment: datetime.datetime) -> Version | None:
    """Return what a key meant at a moment, of its versions, newest first; ``None`` for nothing."""
    then = next((version for version in versions if version.last_modified <= moment), None)
    return None if then is None or then.is_delete_marker else then


def way_back(versions: Sequence[Version], wanted: Version) -> Way | None:
    """Return how ``wanted`` becomes the newest of ``versions``; ``None`` where it is."""
    newest = versions[0]
    if newest.version_id == wanted.version_id:
        return None
    above = list(
        itertools.takewhile(lambda version: version.version_id != wanted.version_id, versions)
    )
    hidden = all(version.is_delete_marker for version in above)
    return Way(
        key=wanted.key,
        version_id=wanted.version_id,
        size=wanted.size,
        markers=tuple(version.version_id for version in above) if hidden else (),
        etag=newest.etag,
        same_size=not newest.is_delete_marker and newest.size == wanted.size,
    )


def bring_back(remote: Remote, way: Way, *, dry_run: bool = False) -> Restored:
    """Go a way, unless the object is what it should be already, in content and properties.

    Raises :exc:`~philo_aws.exceptions.ConflictError` where the object is not what it was.
    """
    made = Restored(key=way.key, version_id=way.version_id, how="undeleted", size=way.size)
    if way.markers:
        # The object is there again with the last of them, which is the newest.
        for marker in () if dry_run else reversed(way.markers):
            error = delete_one(remote, way.key, version_id=marker)
            if error is not None:
                raise error
        return made
    if way.same_size and _is_the_same(remote, way):
        return _as(made, "unchanged")
    return _as(made, "copied", "" if dry_run else _copy(remote, way))


def _as(made: Restored, how: How, new_version_id: str = "") -> Restored:
    return Restored(
        key=made.key,
        version_id=made.version_id,
        how=how,
        new_version_id=new_version_id,
        size=made.size,
    )


def _is_the_same(remote: Remote, way: Way) -> bool:
    now, then = (
        head_object(
            remote.bucket,
            way.key,
            remote.region,
            version_id=version_id,
            extra_args=remote.given_for("HeadObject"),
            purpose=remote.purpose,
        )
        for version_id in (None, way.version_id)
    )
    return bare_etag(now["ETag"]) == way.etag and is_same_object(then, now)


def _copy(remote: Remote, way: Way) -> str:
    """Copy a version over the newest and return the id of the version that this made."""
    given, overwrite = remote.given_for("CopyObject"), True
    if has_own_endpoint("s3"):
        # A store that may know no conditions of copies: comparing is the most that can be done.
        _check_newest(remote, way)
    elif way.etag:
        given["IfMatch"] = f'"{way.etag}"'
    else:
        overwrite = False
    answer = copy_object(
        remote.bucket,
        way.key,
        remote.bucket,
        way.key,
        remote.region,
        version_id=way.version_id,
        extra_args=given,
        overwrite=overwrite,
        purpose=remote.purpose,
    )
    return str(answer.get("VersionId") or "")


def _check_newest(remote: Remote, way: Way) -> None:
    try:
        head = head_object(
            remote.bucket,
            way.key,
            remote.region,
            extra_args=remote.given_for("HeadObject"),
            purpose=remote.purpose,
        )
    except ObjectNotFoundError:
        head = {"ETag": ""}
    if bare_etag(head["ETag"]) != way.etag:
        raise ConflictError(
            Sentence(
                gettext_noop(
                    "The object {key!r} was written anew after it was looked at, so it was left "
                    "alone. Look at it, then do it again."
                ),
                key=way.key,
            ),
            code="PreconditionFailed",
        )


def _wanted(
    bucket: str,
    key: str,
    versions: Sequence[Version],
    version_id: str | None,
    as_of: datetime.datetime | None,
) -> Version:
    """Return the version that is to be the object."""
    named: dict[str, Any] = {"key": key, "bucket": bucket}
    if not versions:
        raise ObjectNotFoundError(
            Sentence(
                gettext_noop("There is no version of object {key!r} in bucket {bucket!r}."), **named
            ),
            code="NoSuchVersion",
        )
    newest = versions[0]
    if as_of is not None:
        then = current_at(versions, as_of)
        if then is None:
            raise ObjectNotFoundError(
                Sentence(
                    gettext_noop(
                        "There was no object {key!r} in bucket {bucket!r} at {moment}, or nothing "
                        "is left of it."
                    ),
                    moment=as_of.isoformat(),
                    **named,
                ),
                code="NoSuchVersion",
            )
        return then
    if version_id is not None:
        found = next((v for v in versions if v.version_id == version_id), None)
        if found is None:
            raise ObjectNotFoundError(
                Sentence(
                    gettext_noop(
                        "There is no version {version_id!r} of object {key!r} in bucket "
                        "{bucket!r}. list_object_versions lists them."
                    ),
                    version_id=version_id,
                    **named,
                ),
                code="NoSuchVersion",
            )
        if not found.is_delete_marker:
            return found
        if found is not newest:
            raise ConflictError(
                Sentence(
                    gettext_noop(
                        "The version {version_id!r} of object {key!r} in bucket {bucket!r} is a "
                        "delete marker that is not the newest, so nothing is hidden by it."
                    ),
                    version_id=version_id,
                    **named,
                )
            )
    if not newest.is_delete_marker:
        raise ConflictError(
            Sentence(
                gettext_noop(
                    "The object {key!r} in bucket {bucket!r} is not deleted. Say which version it "
                    "is to be, with --version_id or --as_of; list_object_versions lists them."
                ),
                **named,
            )
        )
    left = next((version for version in versions if not version.is_delete_marker), None)
    if left is None:
        raise ObjectNotFoundError(
            Sentence(
                gettext_noop(
                    "Nothing but delete markers is left of object {key!r} in bucket {bucket!r}."
                ),
                **named,
            ),
            code="NoSuchVersion",
        )
    return left
