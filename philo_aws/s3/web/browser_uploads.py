"""An upload in parts that come one by one, each with a request, as from a browser."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ... import limits
from ...aws_errors import translated
from ...conf import for_writes
from ...exceptions import ConflictError, IncompleteError, InvalidRequestError
from ...sentences import Sentence
from ..listing.paging import pages
from ..objects.presigning import PresignedURL, sign
from ..objects.properties import object_exists
from ..request.access import client_for
from ..request.names import check_key
from ..request.sizes import check_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...conf import Purpose

PART_SIZE = 8 * limits.MIB


@dataclass(frozen=True, kw_only=True)
class PartUpload:
    """An upload that was begun."""

    upload_id: str
    """AWS's id of it."""
    part_size: int
    """Bytes of every part but the last."""


def part_size_for(size: int) -> int:
    """Return the bytes of a part so that ``size`` takes at most 10,000 of them.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` beyond 48.8 TiB.
    """
    check_size(size)
    return limits.part_size_for(size, PART_SIZE)


def begin(
    bucket_name: str,
    key: str,
    size: int,
    region_name: str | None = None,
    *,
    content_type: str | None = None,
    overwrite: bool = False,
    purpose: Purpose = "web",
) -> PartUpload:
    """Begin an upload of ``size`` bytes.

    Raises :exc:`~philo_aws.exceptions.ConflictError` where the object exists and may not be
    replaced.
    """
    part_size = part_size_for(size)
    check_key(key)
    if not overwrite and object_exists(bucket_name, key, region_name, purpose=purpose):
        raise exists(bucket_name, key)
    client = client_for(bucket_name, region_name, purpose)
    options: dict[str, Any] = {"ContentType": content_type} if content_type else {}
    with translated(bucket=bucket_name, key=key, region=region_name):
        answer = client.create_multipart_upload(Bucket=bucket_name, Key=key, **options)
    return PartUpload(upload_id=answer["UploadId"], part_size=part_size)


def sign_part(
    bucket_name: str,
    key: str,
    upload_id: str,
    part_number: int,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> PresignedURL:
    """Return a link to which one part may be sent within the hour."""
    parameters = {
        "Bucket": bucket_name,
        "Key": check_key(key),
        "UploadId": upload_id,
        "PartNumber": _number(part_number),
    }
    return sign("upload_part", parameters, region_name, expires_in=3600, purpose=purpose)


def send_part(
    bucket_name: str,
    key: str,
    upload_id: str,
    part_number: int,
    body: bytes,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> None:
    """Send one part from here."""
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        client.upload_part(
            Bucket=bucket_name,
            Key=key,
            UploadId=upload_id,
            PartNumber=_number(part_number),
            Body=body,
        )


def finish(
    bucket_name: str,
    key: str,
    upload_id: str,
    size: int,
    region_name: str | None = None,
    *,
    overwrite: bool = False,
    purpose: Purpose = "web",
) -> dict[str, Any]:
    """Make the object of the parts S3 has, and return boto's dict.

    Raises :exc:`~philo_aws.exceptions.IncompleteError` where they are not ``size`` bytes in all,
    :exc:`~philo_aws.exceptions.ConflictError` where the object came to be in the meantime.
    """
    client = client_for(bucket_name, region_name, for_writes(purpose))
    where: dict[str, Any] = {"Bucket": bucket_name, "Key": check_key(key), "UploadId": upload_id}
    with translated(bucket=bucket_name, key=key, region=region_name):
        listed = [
            part for page in pages(client, "ListParts", where) for part in page.get("Parts", ())
        ]
        arrived = sum(part["Size"] for part in listed)
        if arrived != size or not listed:
            raise IncompleteError(
                Sentence(
                    gettext_noop(
                        "Only {arrived:,} of the {size:,} bytes of {key!r} arrived. Upload it "
                        "again."
                    ),
                    arrived=arrived,
                    size=size,
                    key=key,
                )
            )
        parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
    condition: dict[str, Any] = {} if overwrite else {"IfNoneMatch": "*"}
    with _refused(bucket_name, key, overwrite), translated(bucket=bucket_name, key=key):
        return dict(
            client.complete_multipart_upload(
                **where,
                MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
                **condition,
            )
        )


def abort(
    bucket_name: str,
    key: str,
    upload_id: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> None:
    """Give an upload up; its parts are deleted."""
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        client.abort_multipart_upload(Bucket=bucket_name, Key=key, UploadId=upload_id)


def exists(bucket_name: str, key: str) -> ConflictError:
    """Return the error for a key that is taken."""
    return ConflictError(
        Sentence(
            gettext_noop(
                "There is an object {key!r} in bucket {bucket!r} already. Rename "
                "the file, or allow it to be replaced."
            ),
            key=key,
            bucket=bucket_name,
        ),
        code="PreconditionFailed",
    )


@contextlib.contextmanager
def _refused(bucket_name: str, key: str, overwrite: bool) -> Iterator[None]:
    """Say what a condition that does not hold means: the key was taken meanwhile."""
    try:
        yield
    except ConflictError as error:
        if overwrite:
            raise
        raise exists(bucket_name, key) from error


def _number(part_number: int) -> int:
    if not 1 <= part_number <= limits.MAX_PARTS:
        raise InvalidRequestError(
            Sentence(
                gettext_noop("A part has a number from 1 to {most:,}."),
                most=limits.MAX_PARTS,
            )
        )
    return part_number
