"""All buckets to show: those AWS lists, and those the settings name."""

from __future__ import annotations

import time
from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...aws_errors import translated
from ...conf import Purpose, get_config
from ...daemons import Daemons
from ...exceptions import AccessDeniedError, AWSError, NetworkError
from ...sentences import Sentence
from ..buckets import list_buckets
from ..request.access import client_for

if TYPE_CHECKING:
    import datetime

WORKERS = 16
SECONDS = 8.0
"""How long the names of the settings are looked for, all of them together."""


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


def find_buckets(*, purpose: Purpose = "web", seconds: float = SECONDS) -> FoundBuckets:
    """Return the account's buckets and those of ``AWS["buckets"]``.

    One request, and one more for each name of the settings that was not listed, side by side. What
    did not answer ``seconds`` after the beginning has that for its error.
    Raises :exc:`~philo_aws.exceptions.AWSError` when listing fails otherwise than by being denied.
    """
    end = time.monotonic() + seconds
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
    # Nobody waits at the end of the block for one that is silent.
    with Daemons(WORKERS, "philo-aws-find") as pool:
        answers = {name: pool.submit(_look_at, name, purpose) for name in missing}
        late = wait(answers.values(), max(0.0, end - time.monotonic())).not_done
        listed += [
            FoundBucket(name=name, error=_too_late(name)) if answer in late else answer.result()
            for name, answer in answers.items()
        ]
    return FoundBuckets(
        buckets=tuple(sorted(listed, key=lambda bucket: bucket.name)), denied=denied
    )


def _too_late(name: str) -> NetworkError:
    return NetworkError(
        Sentence(
            gettext_noop("AWS did not answer about bucket {name!r} in time. Try again."), name=name
        )
    )


def _look_at(name: str, purpose: Purpose) -> FoundBucket:
    try:
        with translated(bucket=name):
            answer = client_for(name, None, purpose).head_bucket(Bucket=name)
    except AWSError as error:
        return FoundBucket(name=name, error=error)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    return FoundBucket(name=name, region=headers.get("x-amz-bucket-region", ""))
