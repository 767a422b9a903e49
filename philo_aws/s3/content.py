"""Content in small: the beginning of an object, a folder's mark, an open file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from ..exceptions import translated
from .access import client_for
from .names import check_key
from .parts import exists
from .properties import object_exists

if TYPE_CHECKING:
    from ..conf import Purpose


def read_start(
    bucket_name: str,
    key: str,
    limit: int,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    purpose: Purpose = "commands",
) -> bytes:
    """Return the first ``limit`` bytes of an object, by one request.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`.
    """
    client = client_for(bucket_name, region_name, purpose)
    options: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        # Not by Range: S3 answers 416 to a range of an empty object.
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
    purpose: Purpose = "commands",
) -> None:
    """Upload an open binary file in parts, in flat memory.

    Raises :exc:`~philo_aws.exceptions.ConflictError` where the object exists and may not be
    replaced.
    """
    check_key(key)
    if not overwrite and object_exists(bucket_name, key, region_name, purpose=purpose):
        raise exists(bucket_name, key)
    from s3transfer.manager import TransferConfig, TransferManager

    client = client_for(bucket_name, region_name, purpose)
    options = {"ContentType": content_type} if content_type else {}
    with (
        translated(bucket=bucket_name, key=key, region=region_name),
        TransferManager(client, TransferConfig(max_request_concurrency=4)) as manager,
    ):
        manager.upload(stream, bucket_name, key, extra_args=options).result()


def create_folder(
    bucket_name: str,
    prefix: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> None:
    """Make the empty object that shows an empty folder; ``prefix`` gets a slash at its end.

    Raises :exc:`~philo_aws.exceptions.ConflictError` where it is there already.
    """
    key = check_key(prefix if prefix.endswith("/") else f"{prefix}/")
    if object_exists(bucket_name, key, region_name, purpose=purpose):
        raise exists(bucket_name, key)
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, key=key, region=region_name):
        client.put_object(Bucket=bucket_name, Key=key, Body=b"")
