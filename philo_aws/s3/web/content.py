"""Content in small: the beginning of an object, a folder's mark, an open file."""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import TYPE_CHECKING, Any, BinaryIO

from ...aws_errors import translated
from ...exceptions import AWSError, ConflictError
from ..objects.properties import object_exists
from ..request.access import client_for
from ..request.names import check_key
from . import browser_uploads

if TYPE_CHECKING:
    from ...conf import Purpose


def read_start(
    bucket_name: str,
    key: str,
    limit: int,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    purpose: Purpose = "web",
) -> bytes:
    """Return the first ``limit`` bytes of an object, by one request.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`.
    """
    # Not by Range: S3 answers 416 to a range of an empty object.
    return read_from(
        bucket_name, key, 0, limit, region_name, version_id=version_id, purpose=purpose
    )


def read_from(
    bucket_name: str,
    key: str,
    start: int,
    limit: int,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    purpose: Purpose = "web",
) -> bytes:
    """Return up to ``limit`` bytes of an object from its byte ``start`` on, by one request.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`, and
    :exc:`~philo_aws.exceptions.AWSError` where the object ends before ``start``.
    """
    client = client_for(bucket_name, region_name, purpose)
    options: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    if start:
        options["Range"] = f"bytes={start}-{start + limit - 1}"
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        body = client.get_object(Bucket=bucket_name, Key=key, **options)["Body"]
        with body:
            return bytes(body.read(limit))


def upload_stream(
    stream: BinaryIO,
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    content_type: str | None = None,
    overwrite: bool = False,
    purpose: Purpose = "web",
) -> None:
    """Upload an open binary file in parts, in flat memory.

    Raises :exc:`~philo_aws.exceptions.ConflictError` where the object exists and may not be
    replaced.
    """
    check_key(key)
    first, second = stream.read(browser_uploads.PART_SIZE), stream.read(browser_uploads.PART_SIZE)
    if not second:
        _put(first, bucket_name, key, region_name, content_type, overwrite, purpose)
        return
    where = (bucket_name, key)
    size = stream.seek(0, os.SEEK_END)
    begun = browser_uploads.begin(
        *where, size, region_name, content_type=content_type, overwrite=overwrite, purpose=purpose
    )
    try:
        stream.seek(0)
        for number in itertools.count(1):
            body = stream.read(begun.part_size)
            if not body:
                break
            browser_uploads.send_part(
                *where, begun.upload_id, number, body, region_name, purpose=purpose
            )
        browser_uploads.finish(
            *where, begun.upload_id, size, region_name, overwrite=overwrite, purpose=purpose
        )
    except BaseException:
        with contextlib.suppress(AWSError):
            browser_uploads.abort(*where, begun.upload_id, region_name, purpose=purpose)
        raise


def _put(
    body: bytes,
    bucket_name: str,
    key: str,
    region_name: str | None,
    content_type: str | None,
    overwrite: bool,
    purpose: Purpose,
) -> None:
    """Make a small object by one request; S3 refuses it where it would replace one that may stay.

    A store that does not know the condition is asked before.
    """
    if not overwrite and object_exists(bucket_name, key, region_name, purpose=purpose):
        raise browser_uploads.exists(bucket_name, key)
    options: dict[str, Any] = {"ContentType": content_type} if content_type else {}
    if not overwrite:
        options["IfNoneMatch"] = "*"
    client = client_for(bucket_name, region_name, purpose)
    try:
        with translated(bucket=bucket_name, key=key, region=region_name):
            client.put_object(Bucket=bucket_name, Key=key, Body=body, **options)
    except ConflictError as error:
        if overwrite:
            raise
        # 409: another upload to the key was faster by a moment.
        raise browser_uploads.exists(bucket_name, key) from error


def create_folder(
    bucket_name: str,
    prefix: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> None:
    """Make the empty object that shows an empty folder; ``prefix`` gets a slash at its end.

    Raises :exc:`~philo_aws.exceptions.ConflictError` where it is there already.
    """
    key = check_key(prefix if prefix.endswith("/") else f"{prefix}/")
    _put(b"", bucket_name, key, region_name, None, False, purpose)
