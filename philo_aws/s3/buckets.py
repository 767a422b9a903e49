"""Buckets: list, create, delete."""

from __future__ import annotations

from typing import Any

from ..aws_errors import translated
from ..clients import get_client
from ..conf import Purpose
from ..regions import check_region
from .listing.paging import pages
from .request.names import check_bucket_name


def list_buckets(*, purpose: Purpose = "commands") -> dict[str, Any]:
    """Return boto's dict of ``ListBuckets`` with all pages merged into ``Buckets``.

    Raises :exc:`~philo_aws.exceptions.AccessDeniedError` where the identity may not list, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that contradicts itself or does not end.
    """
    with translated():
        client = get_client("s3", purpose=purpose)
    merged: dict[str, Any] = {}
    found: list[Any] = []
    # A bare call is refused for accounts with more than 10,000 buckets; pages are not.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    for page in pages(client, "ListBuckets", {"MaxBuckets": 1000}):
        found += page.get("Buckets", [])
        merged = merged or page
    merged.pop("ContinuationToken", None)
    return {**merged, "Buckets": found}


def create_bucket(
    bucket_name: str, region_name: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Create a bucket and return boto's dict.

    ``region_name`` defaults to the settings' region, else boto3's. Raises
    :exc:`~philo_aws.exceptions.InvalidRequestError` for an invalid name,
    :exc:`~philo_aws.exceptions.ConflictError` for one that is taken or already yours.
    """
    check_bucket_name(bucket_name, new=True)
    if region_name:
        check_region("s3", region_name)
    with translated(bucket=bucket_name, region=region_name):
        client = get_client("s3", region_name, purpose=purpose)
        region = client.meta.region_name
        options: dict[str, Any] = {}
        # us-east-1 is the one region that S3 refuses as a location constraint.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        if region not in ("us-east-1", "aws-global"):
            options["CreateBucketConfiguration"] = {"LocationConstraint": region}
        return dict(client.create_bucket(Bucket=bucket_name, **options))


def delete_bucket(
    bucket_name: str, region_name: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Delete an empty bucket and return boto's dict.

    Raises :exc:`~philo_aws.exceptions.ConflictError` when it is not empty,
    :exc:`~philo_aws.exceptions.BucketNotFoundError` when it is not there.
    """
    check_bucket_name(bucket_name)
    if region_name:
        check_region("s3", region_name)
    with translated(bucket=bucket_name, region=region_name):
        return dict(
            get_client("s3", region_name, purpose=purpose).delete_bucket(Bucket=bucket_name)
        )
