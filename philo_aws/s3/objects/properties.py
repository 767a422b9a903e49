"""An object's properties: read them, and write them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...aws_errors import translated
from ..request.access import client_for
from ..request.extra_args import check_args
from ..request.names import check_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...conf import Purpose

HEADERS = (
    "ContentType",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
)
"""The headers S3 keeps and gives back, by boto's names."""
CHECKSUMS = (
    "ChecksumCRC64NVME",
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumSHA1",
    "ChecksumSHA256",
)
"""The checksums that a head may have, by boto's names."""
CARRIED = {"Expires": "ExpiresString", "WebsiteRedirectLocation": "WebsiteRedirectLocation"}
"""What a copy takes along besides: boto's name, and the name under which a head has its text."""


def head_object(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict of ``HeadObject``, checksums included where the object has them.

    ``extra_args`` are further parameters of it in boto's names, such as ``RequestPayer``. Raises
    :exc:`~philo_aws.exceptions.ObjectNotFoundError`.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    options = check_args(extra_args, "HeadObject")
    client = client_for(bucket_name, region_name, purpose)
    if version_id:
        options["VersionId"] = version_id
    options |= {"Bucket": bucket_name, "Key": check_key(key), "ChecksumMode": "ENABLED"}
    with translated(bucket=bucket_name, key=key, region=region_name, operation="HeadObject"):
        return dict(client.head_object(**options))


def kept_properties(head: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers and the metadata of ``head`` as parameters of a new object.

    ``Expires`` is the text that S3 holds, which need not be a date: see
    :func:`~philo_aws.s3.request.expires.with_texts`.
    """
    kept: dict[str, Any] = {name: head[name] for name in HEADERS if head.get(name)}
    kept |= {name: head[told] for name, told in CARRIED.items() if head.get(told)}
    return kept | {"Metadata": dict(head.get("Metadata", {}))}


def state_of(head: Mapping[str, Any]) -> str:
    """Return what changes with an object: what tells its content, its time and its version."""
    return "|".join(str(head.get(name, "")) for name in ("ETag", "LastModified", "VersionId"))


def is_same_object(head: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two objects are known to have the same content and properties.

    The content by a checksum of the whole, else by the ETag: those of a copy in parts, or encrypted
    with a key of one's own, say nothing.
    """
    if head["ContentLength"] != other["ContentLength"]:
        return False
    if kept_properties(head) != kept_properties(other):
        return False
    whole = all(one.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT" for one in (head, other))
    sums = [name for name in CHECKSUMS if whole and head.get(name) and other.get(name)]
    if sums:
        return all(head[name] == other[name] for name in sums)
    from ..engine.proof import bare_etag, etag_of_one_part

    etag, found = bare_etag(head["ETag"]), bare_etag(other["ETag"])
    return found in (etag, etag_of_one_part(etag))


def object_exists(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> bool:
    """Say whether there is an object under ``key``; ``extra_args`` as for :func:`head_object`."""
    from ...exceptions import ObjectNotFoundError

    try:
        head_object(bucket_name, key, region_name, extra_args=extra_args, purpose=purpose)
    except ObjectNotFoundError:
        return False
    return True
