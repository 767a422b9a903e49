"""Copies made by S3 itself: nothing passes through this machine."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...aws_errors import translated
from ...clients import has_own_endpoint
from ...conf import for_writes
from ...exceptions import AWSError, ConflictError, UsageError
from ...limits import MAX_SINGLE_COPY
from ...sentences import Sentence
from ..request.access import client_for
from ..request.expires import with_texts
from ..request.extra_args import check_args, given_for
from ..request.names import check_key
from . import partcopy
from .properties import CARRIED, HEADERS, head_object, kept_properties, object_exists
from .tags import get_object_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ...conf import Purpose
    from .partcopy import PartCopy

KEPT = (*HEADERS, *CARRIED, "Metadata")
"""boto's names of what a copy has of its source, unless it is replaced."""
_OF_SOURCE = {
    "RequestPayer": "RequestPayer",
    "ExpectedSourceBucketOwner": "ExpectedBucketOwner",
    **{
        f"CopySourceSSECustomer{name}": f"SSECustomer{name}"
        for name in ("Algorithm", "Key", "KeyMD5")
    },
}
"""What a request to the source alone is given, and under which name."""
_OF_DESTINATION = ("RequestPayer", "ExpectedBucketOwner")
_OWN = ("Bucket", "Key", "CopySource", "CopySourceIfMatch", "MetadataDirective", "TaggingDirective")


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A copy that can be made: its source is there, and its destination may be written."""

    source: dict[str, str]
    """``Bucket``, ``Key`` and, where one was given, ``VersionId``."""
    head: dict[str, Any]
    """boto's dict of the source's properties."""
    options: dict[str, Any]
    """The destination and what else the requests are given, in boto's names."""
    replaced: dict[str, Any] | None = None
    """Headers and metadata that replace the source's."""
    overwrite: bool = True
    """Whether an object of the destination's key may be replaced."""
    made_before: bool = False
    """Whether the copy is there already, as one that was made before."""
    source_region: str | None = None
    """The source's region; ``None`` means the settings'."""

    @property
    def is_onto_itself(self) -> bool:
        """Whether the object is written anew in its own place."""
        source, target = self.source, self.options
        there = (source["Bucket"], source["Key"]) == (target["Bucket"], target["Key"])
        return there and "VersionId" not in source

    @property
    def size(self) -> int:
        """The bytes of the source."""
        return int(self.head["ContentLength"])


def copy_object(
    source_bucket: str,
    source_key: str,
    destination_bucket: str,
    destination_key: str,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    storage_class: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    overwrite: bool = True,
    source_region: str | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Copy an object, of any size, and return boto's dict of the last request.

    ``region_name`` is the copy's region, where the requests that copy go; ``source_region`` that of
    the object, which is asked about first (``None`` for either: the settings').

    Metadata, headers and tags go along; ``metadata`` and ``headers`` (``ContentType``,
    ``CacheControl``, ``ContentDisposition``, ``ContentEncoding``, ``ContentLanguage``), when given,
    replace all of their kind; an empty value in ``headers`` leaves that one out. ``Expires`` and
    ``WebsiteRedirectLocation`` go along unless ``headers`` names them too. Beyond 5 GiB the copy is
    made in parts. The access list (ACL) is not copied: that is how S3 copies.

    ``extra_args`` are further parameters in boto's names (``ACL``, ``ServerSideEncryption``,
    ``Tagging``, ``RequestPayer``, ``ExpectedBucketOwner`` of the destination, …); a header among
    them replaces that header only, and ``Tagging`` all tags.

    With ``overwrite=False`` raises :exc:`~philo_aws.exceptions.ConflictError` where the destination
    exists; always :exc:`~philo_aws.exceptions.ObjectNotFoundError` where the source does not.
    """
    copy = prepare(
        source_bucket,
        source_key,
        destination_bucket,
        destination_key,
        region_name,
        version_id=version_id,
        metadata=metadata,
        headers=headers,
        storage_class=storage_class,
        extra_args=extra_args,
        overwrite=overwrite,
        source_region=source_region,
        purpose=purpose,
    )
    return make(copy, region_name, purpose=purpose)


def make(
    copy: Copy, region_name: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Make a copy that was prepared, in parts beyond 5 GiB; see :func:`copy_object`."""
    if copy.size <= MAX_SINGLE_COPY:
        return copy_whole(copy, region_name, purpose=purpose)
    return make_in_parts(copy, region_name, purpose=purpose)


def make_in_parts(
    copy: Copy,
    region_name: str | None = None,
    *,
    moved: Callable[[int], None] | None = None,
    check: Callable[[], None] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Make a copy that was prepared in parts; nothing is left of one that fails.

    ``moved`` and ``check`` are those of :func:`~philo_aws.s3.objects.partcopy.advance`.
    """
    parts = begin_parts(copy, region_name, purpose=purpose)
    try:
        progress = partcopy.advance(parts, region_name, purpose=purpose, moved=moved, check=check)
    except BaseException:
        # What failed says more than what the abort would.
        with contextlib.suppress(AWSError):
            partcopy.abort(parts, region_name, purpose=purpose)
        raise
    return progress.answer or {}


def prepare(
    source_bucket: str,
    source_key: str,
    destination_bucket: str,
    destination_key: str,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    storage_class: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    overwrite: bool = True,
    source_region: str | None = None,
    purpose: Purpose = "commands",
) -> Copy:
    """Look at source and destination; nothing is written. Raises what :func:`copy_object` does."""
    check_key(destination_key)
    given = check_copy_args(extra_args)
    if storage_class:
        given["StorageClass"] = storage_class
    if metadata is not None:
        given |= check_copy_args({"Metadata": metadata})
    head = head_object(
        source_bucket,
        source_key,
        source_region,
        version_id=version_id,
        extra_args=of_source(given),
        purpose=purpose,
    )
    if not overwrite and object_exists(
        destination_bucket,
        destination_key,
        region_name,
        extra_args=_of_destination(given),
        purpose=purpose,
    ):
        raise taken(destination_bucket, destination_key)
    source = {"Bucket": source_bucket, "Key": source_key}
    if version_id:
        source["VersionId"] = version_id
    replacing = {name: given.pop(name) for name in KEPT if name in given}
    options = {"StorageClass": head.get("StorageClass"), **given}
    options |= {"Bucket": destination_bucket, "Key": destination_key}
    if not options["StorageClass"]:
        del options["StorageClass"]
    replaced = _replacement(head, headers, replacing)
    if (
        replaced is None
        and "StorageClass" not in given
        and (source_bucket, source_key) == (destination_bucket, destination_key)
    ):
        # S3 refuses a copy onto itself that changes nothing, unless it comes from a version.
        replaced = kept_properties(head)
    return Copy(
        source=source,
        head=head,
        options=options,
        replaced=replaced,
        overwrite=overwrite,
        source_region=source_region,
    )


def copy_whole(
    copy: Copy, region_name: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Make a copy of up to 5 GiB by one request and return boto's dict.

    A source that was changed since it was looked at is not copied, and where nothing may be
    replaced S3 itself sees to that. Stores that are not AWS's do not know that of a copy, but of
    an upload: there the copy is made as one.
    """
    bucket, key = copy.options["Bucket"], copy.options["Key"]
    if not copy.overwrite and has_own_endpoint("s3"):
        return _copy_as_upload(copy, region_name, purpose=purpose)
    client = with_texts(client_for(bucket, region_name, for_writes(purpose)), "CopyObject")
    options = given_for("CopyObject", copy.options)
    if "Tagging" in options:
        options["TaggingDirective"] = "REPLACE"
    if copy.replaced is not None:
        options |= {**copy.replaced, "MetadataDirective": "REPLACE"}
    elif redirect := copy.head.get("WebsiteRedirectLocation"):
        # S3 takes all else along by itself.
        options["WebsiteRedirectLocation"] = redirect
    if not copy.overwrite:
        options["IfNoneMatch"] = "*"
    elif copy.is_onto_itself and not has_own_endpoint("s3"):
        options["IfMatch"] = copy.head["ETag"]
    with _explained(copy, region_name), translated(bucket=bucket, key=key, region=region_name):
        return dict(
            client.copy_object(
                **{
                    **options,
                    "CopySource": copy.source,
                    "CopySourceIfMatch": copy.head["ETag"],
                }
            )
        )


def _copy_as_upload(
    copy: Copy, region_name: str | None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Copy by an upload, which is refused where there is an object of its key."""
    if copy.size:
        with _explained(copy, region_name):
            return make_in_parts(copy, region_name, purpose=purpose)
    # No part can be empty.
    options = _with_properties(copy, purpose)
    client = with_texts(
        client_for(options["Bucket"], region_name, for_writes(purpose)), "PutObject"
    )
    where = {"bucket": options["Bucket"], "key": options["Key"], "region": region_name}
    with _explained(copy, region_name), translated(**where):
        return dict(client.put_object(**given_for("PutObject", options), Body=b"", IfNoneMatch="*"))


@contextlib.contextmanager
def _explained(copy: Copy, region_name: str | None) -> Iterator[None]:
    """Say which of the conditions did not hold: S3 does not tell."""
    try:
        yield
    except ConflictError as error:
        bucket, key = copy.options["Bucket"], copy.options["Key"]
        if error.code not in ("PreconditionFailed", "412"):
            raise
        if not copy.overwrite and object_exists(
            bucket, key, region_name, extra_args=_of_destination(copy.options)
        ):
            raise taken(bucket, key) from error
        raise ConflictError(
            Sentence(
                gettext_noop(
                    "The object {key!r} was changed or replaced after it was looked at, so "
                    "it was left alone. Look at it, then do it again."
                ),
                key=copy.source["Key"],
            ),
            code="PreconditionFailed",
        ) from error


def taken(bucket_name: str, key: str) -> ConflictError:
    """Return the error for a destination where there is an object already."""
    return ConflictError(
        Sentence(
            gettext_noop(
                "There is an object {key!r} in bucket {bucket!r} already. Choose "
                "another key, or allow it to be replaced."
            ),
            key=key,
            bucket=bucket_name,
        ),
        code="PreconditionFailed",
    )


def begin_parts(
    copy: Copy, region_name: str | None = None, *, purpose: Purpose = "commands"
) -> PartCopy:
    """Begin a copy in parts, with the properties and the tags of the source."""
    if "ChecksumAlgorithm" in copy.options:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "S3 computes no other checksum of an object that it copies in parts. "
                    "Leave ChecksumAlgorithm out."
                )
            )
        )
    return partcopy.begin(
        copy.source,
        copy.head,
        _with_properties(copy, purpose),
        region_name,
        overwrite=copy.overwrite,
        purpose=purpose,
    )


def _with_properties(copy: Copy, purpose: Purpose) -> dict[str, Any]:
    """Return the parameters of an upload with the properties and the tags of the source."""
    given = copy.replaced if copy.replaced is not None else kept_properties(copy.head)
    options = copy.options | given
    if "Tagging" not in options and (
        tags := get_object_tags(
            copy.source["Bucket"],
            copy.source["Key"],
            copy.source_region,
            version_id=copy.source.get("VersionId"),
            extra_args={
                own: options[name]
                for name, own in _OF_SOURCE.items()
                if name in options and not own.startswith("SSE")
            },
            purpose=purpose,
        )
    ):
        options["Tagging"] = _as_query(tags)
    return options


def _of_destination(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in _OF_DESTINATION if name in options}


def of_source(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a copy's parameters goes with requests about its source, in their names."""
    return {own: given[name] for name, own in _OF_SOURCE.items() if name in given}


def check_copy_args(extra_args: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of a copy's parameters in boto's names.

    Raises :exc:`~philo_aws.exceptions.UsageError` for those that it chooses itself, and as
    :func:`~philo_aws.s3.request.extra_args.check_args`.
    """
    given = dict(extra_args or {})
    for name in _OWN:
        if name in given:
            raise UsageError(
                Sentence(
                    gettext_noop("{name} is chosen by the copy itself. Leave it out."), name=name
                )
            )
    return check_args(given, "CopyObject", "CreateMultipartUpload")


def _replacement(
    head: Mapping[str, Any],
    headers: Mapping[str, str] | None,
    replacing: Mapping[str, Any],
) -> dict[str, Any] | None:
    if headers is None and not replacing:
        return None
    kept = kept_properties(head)
    if headers is not None:
        carried = {name: kept[name] for name in (*CARRIED, "Metadata") if name in kept}
        kept = {name: value for name, value in (carried | dict(headers)).items() if value}
    return {name: value for name, value in {**kept, **replacing}.items() if value}


def _as_query(tags: Mapping[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(tags)
