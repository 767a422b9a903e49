"""All buckets to show: those AWS lists, and those the settings name."""

from __future__ import annotations

import concurrent.futures
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..conf import Purpose, get_config
from ..exceptions import AccessDeniedError, AWSError, translated
from .access import client_for
from .buckets import list_buckets

if TYPE_CHECKING:
    import datetime

WORKERS = 16


@dataclass(frozen=True, kw_only=True)
class FoundBucket:
    """A bucket and what is known of it."""

    name: str
    """Its name."""
    region: str = ""
    """Its region, where AWS told it."""
    created: datetime.datetime | None = None
    """When it was made, where AWS told it."""
    error: AWSError | None = None
    """Why it cannot be looked into."""


@dataclass(frozen=True, kw_only=True)
class FoundBuckets:
    """The buckets, and whether AWS let them be listed."""

    buckets: tuple[FoundBucket, ...]
    """By name."""
    denied: AccessDeniedError | None = None
    """Set where the identity may not list, so that only the settings' names are here."""


def find_buckets(*, purpose: Purpose = "commands") -> FoundBuckets:
    """Return the account's buckets and those of ``AWS["buckets"]``.

    One request, and one more for each name of the settings that was not listed, side by side.
    Raises :exc:`~philo_aws.exceptions.AWSError` when listing fails otherwise than by being denied.
    """
    denied: AccessDeniedError | None = None
    listed: list[FoundBucket] = []
    try:
        answer = list_buckets(purpose=purpose)
    except AccessDeniedError as error:
        denied = error
    else:
        listed = [
            FoundBucket(
                name=item["Name"],
                region=item.get("BucketRegion", ""),
                created=item.get("CreationDate"),
            )
            for item in answer["Buckets"]
        ]
    known = {bucket.name for bucket in listed}
    missing = [name for name in dict.fromkeys(get_config().buckets) if name not in known]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        listed += pool.map(lambda name: _look_at(name, purpose), missing)
    return FoundBuckets(
        buckets=tuple(sorted(listed, key=lambda bucket: bucket.name)), denied=denied
    )


def _look_at(name: str, purpose: Purpose) -> FoundBucket:
    try:
        with translated(bucket=name):
            answer = client_for(name, None, purpose).head_bucket(Bucket=name)
    except AWSError as error:
        return FoundBucket(name=name, error=error)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    return FoundBucket(name=name, region=headers.get("x-amz-bucket-region", ""))
