"""The one line every call about a bucket or an object begins with: names checked, client chosen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ...aws_errors import translated
from ...clients import get_client, has_own_endpoint
from ...conf import Config, Purpose, get_config
from ...exceptions import AWSError
from ...regions import check_region
from .names import check_bucket_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_regions: dict[tuple[Config, str], str] = {}
_lock = threading.Lock()


def client_for(bucket_name: str, region_name: str | None, purpose: Purpose) -> S3Client:
    """Return the client for a bucket after checking both names.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` or
    :exc:`~philo_aws.exceptions.RegionError`.
    """
    check_bucket_name(bucket_name)
    if region_name:
        check_region("s3", region_name)
    return get_client("s3", region_name, purpose=purpose)


def region_of(bucket_name: str, *, purpose: Purpose = "commands") -> str | None:
    """Return the region a bucket is in, asked once per process; ``None`` where it is not told.

    A presigned URL must be signed for the bucket's own region, since nothing follows the redirect
    that other requests get. An endpoint of one's own has no other regions.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    if has_own_endpoint("s3"):
        return None
    key = (get_config(), bucket_name)
    if key not in _regions:
        try:
            with translated(bucket=bucket_name):
                answer = client_for(bucket_name, None, purpose).head_bucket(Bucket=bucket_name)
        except AWSError:
            return None
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        region = headers.get("x-amz-bucket-region")
        if not region:
            return None
        with _lock:
            _regions[key] = region
    return _regions[key]
