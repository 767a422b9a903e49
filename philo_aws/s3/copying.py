"""Copies made by S3 itself: nothing passes through this machine."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any

from ..exceptions import ConflictError, translated
from .access import client_for
from .names import check_key
from .properties import HEADERS, check_metadata, head_object, object_exists
from .tags import get_object_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

    from ..conf import Purpose

GIB = 1024**3
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
MAX_SINGLE_COPY = 5 * GIB
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MAX_PARTS = 10_000
PART_SIZE = 256 * 1024**2
WORKERS = 8


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
    overwrite: bool = True,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Copy an object, of any size, and return boto's dict of the last request.

    Metadata, headers and tags go along; ``metadata`` and ``headers`` (``ContentType``,
    ``CacheControl``, ``ContentDisposition``, ``ContentEncoding``, ``ContentLanguage``), when given,
    replace all of their kind; an empty value in ``headers`` leaves that one out. Beyond 5 GiB the
    copy is made in parts. The access list (ACL) is not copied: that is how S3 copies.

    With ``overwrite=False`` raises :exc:`~philo_aws.exceptions.ConflictError` where the destination
    exists; always :exc:`~philo_aws.exceptions.ObjectNotFoundError` where the source does not.
    """
    check_key(destination_key)
    head = head_object(source_bucket, source_key, version_id=version_id, purpose=purpose)
    if not overwrite and object_exists(
        destination_bucket, destination_key, region_name, purpose=purpose
    ):
        raise ConflictError(
            f"There is an object {destination_key!r} in bucket {destination_bucket!r} already. "
            "Choose another key, or allow it to be replaced.",
            code="PreconditionFailed",
        )
    source: dict[str, str] = {"Bucket": source_bucket, "Key": source_key}
    if version_id:
        source["VersionId"] = version_id
    # S3 may work longer on a copy than a page waits for an ordinary answer.
    client = client_for(destination_bucket, region_name, "commands")
    options: dict[str, Any] = {"Bucket": destination_bucket, "Key": destination_key}
    kept = storage_class or head.get("StorageClass")
    if kept:
        options["StorageClass"] = kept
    replaced = _replacement(head, metadata, headers)
    with translated(bucket=destination_bucket, key=destination_key, region=region_name):
        if head["ContentLength"] > MAX_SINGLE_COPY:
            tags = get_object_tags(
                source_bucket, source_key, version_id=version_id, purpose=purpose
            )
            if tags:
                options["Tagging"] = _as_query(tags)
            options |= replaced if replaced is not None else _properties(head)
            return _copy_in_parts(client, source, head, options)
        if replaced is not None:
            options |= {**replaced, "MetadataDirective": "REPLACE"}
        elif _is_same(source_bucket, source_key, options) and not storage_class:
            # S3 refuses a copy onto itself that changes nothing, unless it comes from a version.
            options |= {**_properties(head), "MetadataDirective": "REPLACE"}
        return dict(
            client.copy_object(CopySource=source, CopySourceIfMatch=head["ETag"], **options)  # type: ignore[arg-type]
        )


def _is_same(bucket: str, key: str, options: Mapping[str, Any]) -> bool:
    return (bucket, key) == (options["Bucket"], options["Key"])


def _properties(head: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: head[name] for name in HEADERS if head.get(name)}
    return kept | {"Metadata": dict(head.get("Metadata", {}))}


def _replacement(
    head: Mapping[str, Any],
    metadata: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
) -> dict[str, Any] | None:
    if metadata is None and headers is None:
        return None
    kept = _properties(head)
    if headers is not None:
        kept = {name: value for name, value in headers.items() if value} | {
            "Metadata": kept["Metadata"]
        }
    if metadata is not None:
        kept["Metadata"] = check_metadata(metadata)
    return kept


def _as_query(tags: Mapping[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(tags)


def _copy_in_parts(
    client: S3Client, source: Mapping[str, str], head: Mapping[str, Any], options: dict[str, Any]
) -> dict[str, Any]:
    where: dict[str, Any] = {"Bucket": options["Bucket"], "Key": options["Key"]}
    size = head["ContentLength"]
    part_size = max(PART_SIZE, -(-size // MAX_PARTS))
    upload_id = client.create_multipart_upload(**options)["UploadId"]

    def copy_part(number: int) -> dict[str, Any]:
        start = (number - 1) * part_size
        end = min(start + part_size, size) - 1
        answer = client.upload_part_copy(
            **where,
            UploadId=upload_id,
            PartNumber=number,
            CopySource=source,  # type: ignore[arg-type]
            CopySourceRange=f"bytes={start}-{end}",
            CopySourceIfMatch=head["ETag"],
        )
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            parts = list(pool.map(copy_part, range(1, -(-size // part_size) + 1)))
        return dict(
            client.complete_multipart_upload(
                **where,
                UploadId=upload_id,
                MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
            )
        )
    except BaseException:
        client.abort_multipart_upload(**where, UploadId=upload_id)
        raise
