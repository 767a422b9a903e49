"""One page of the uploads in parts that were begun and not ended, by one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...arguments import text, whole_number
from ...aws_errors import translated
from ...limits import MAX_KEYS
from ..listing.folder import check_below
from ..listing.paging import check_turned
from ..listing.paging import page as page_of
from ..request.access import client_for
from ..request.names import check_prefix

if TYPE_CHECKING:
    import datetime

    from ...conf import Purpose


@dataclass(frozen=True, kw_only=True)
class UnfinishedUpload:
    """An upload whose parts are kept, and cost as objects do, until it is ended or given up."""

    key: str
    """The whole key that the object would have."""
    upload_id: str
    """AWS's id of it."""
    begun: datetime.datetime | None = None
    """When it was begun, with its time zone; ``None`` where a store does not tell."""


@dataclass(frozen=True, kw_only=True)
class UnfinishedPage:
    """One answer of ``ListMultipartUploads``."""

    uploads: tuple[UnfinishedUpload, ...] = ()
    """In the order of their keys, at most as many as were asked for."""
    next_key: str = ""
    """The key marker of the next page; empty on the last."""
    next_upload_id: str = ""
    """The upload marker of the next page; some stores give none."""


def list_unfinished(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    key_marker: str = "",
    upload_id_marker: str = "",
    limit: int = MAX_KEYS,
    purpose: Purpose = "web",
) -> UnfinishedPage:
    """Return one page of the unfinished uploads below ``prefix``; ``limit`` is 1 to 1,000.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html

    Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`, and
    :exc:`~philo_aws.exceptions.ServiceError` for a page that is not whole, contradicts itself, or
    holds what was not asked for.
    """
    given: dict[str, Any] = {
        "Bucket": bucket_name,
        "Prefix": check_prefix(text("prefix", prefix)),
        "MaxUploads": whole_number("limit", limit, 1, MAX_KEYS),
    }
    markers = {"KeyMarker": key_marker, "UploadIdMarker": upload_id_marker}
    asked = {name: value for name, value in markers.items() if value}
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, region=region_name):
        told, following = page_of(
            client, "ListMultipartUploads", {**given, **asked}, region_name=region_name
        )
    check_turned(asked, following)
    uploads = tuple(
        UnfinishedUpload(key=item["Key"], upload_id=item["UploadId"], begun=item.get("Initiated"))
        for item in told.get("Uploads", ())
    )
    check_below([upload.key for upload in uploads if upload.key != prefix], prefix)
    return UnfinishedPage(
        uploads=uploads,
        next_key=str(following.get("KeyMarker", "")),
        next_upload_id=str(following.get("UploadIdMarker", "")),
    )
