"""What a bucket holds, and all of it deleted for good, in steps that end in time.

For pages; :func:`philo_aws.s3.emptying.empty_bucket` does it in one go.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...arguments import number, whole_number
from ...exceptions import AWSError
from ...limits import MAX_KEYS
from ..delete_requests import Answers, Doomed, batches, delete_batch
from ..listing.paging import Progress, page
from ..listing.versions import list_versions
from ..objects.unfinished_uploads import abort_upload
from ..request.access import client_for
from ..request.remote import make_remote
from .steps import STEP_SECONDS
from .usage import LONGEST

if TYPE_CHECKING:
    from ...conf import Purpose

PAGE = MAX_KEYS
MOST_TURNS = 100
"""Pages of one step: a store that lists again what it says is gone holds up nobody for longer."""


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What a bucket holds, as far as it was looked."""

    objects: int = 0
    """Objects that a listing shows."""
    older: int = 0
    """Versions below them."""
    markers: int = 0
    """Delete markers."""
    complete: bool = True
    """Whether that is all."""

    @property
    def total(self) -> int:
        """What there is to be deleted."""
        return self.objects + self.older + self.markers


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a step stopped: what comes before is gone or was refused."""

    key: str = ""
    """The key that was refused last; empty where none was."""
    mark: str = ""
    """The version of it, or the upload."""
    uploads: bool = False
    """Whether the versions are done with, and the unfinished uploads are not."""


@dataclass(kw_only=True)
class EmptyStep:
    """What one step did."""

    deleted: int = 0
    """Versions and delete markers."""
    aborted: int = 0
    """Unfinished uploads."""
    refused: int = 0
    """What of both is there still."""
    reason: AWSError | None = None
    """Why the first of these is."""
    place: Place | None = None
    """Where to go on; ``None`` at the end."""

    def book(self, error: AWSError | None) -> bool:
        """Count what was not done; say whether it was."""
        if error is not None:
            self.refused += 1
            self.reason = self.reason or error
        return error is None


def count_versions(
    bucket_name: str,
    region_name: str | None = None,
    *,
    limit: int = 10_000,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> Holding:
    """Count what a bucket holds, until ``limit`` versions or ``seconds`` are reached.

    A request for each 1,000. Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`, and
    :exc:`~philo_aws.exceptions.ServiceError` for a listing that does not go on.
    """
    most = whole_number("limit", limit, 1)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    objects = older = markers = 0
    key = mark = ""
    progress = Progress()
    while True:
        found = list_versions(
            bucket_name,
            region_name,
            delimiter="",
            key_marker=key,
            version_marker=mark,
            limit=min(most, PAGE),
            purpose=purpose,
        )
        # Some stores begin a page with the version that it is to come after.
        come = [each for each in found.versions if (each.key, each.version_id) != (key, mark)]
        progress.see([(each.key, each.version_id) for each in come], [each.key for each in come])
        for version in come:
            markers += version.is_delete_marker
            objects += version.is_latest and not version.is_delete_marker
            older += not version.is_latest and not version.is_delete_marker
        key, mark = found.next_key, found.next_version
        over = objects + older + markers >= most or time.monotonic() > deadline
        if not key or over:
            return Holding(objects=objects, older=older, markers=markers, complete=not key)


def count_uploads(
    bucket_name: str,
    region_name: str | None = None,
    *,
    limit: int = MAX_KEYS,
    purpose: Purpose = "web",
) -> tuple[int, bool]:
    """Return how many unfinished uploads there are, up to ``limit``, and whether that is all.

    One request. Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    most = whole_number("limit", limit, 1, MAX_KEYS)
    found, following = _uploads(bucket_name, region_name, Place(), most, purpose)
    return len(found), not following


def empty_step(
    bucket_name: str,
    region_name: str | None = None,
    *,
    place: Place | None = None,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> EmptyStep:
    """Delete versions and delete markers for good, then abort uploads, for about ``seconds``.

    It goes on from the ``place`` where the step before stopped; what was refused there, such as
    what a lock protects, is not tried again. Raises :exc:`~philo_aws.exceptions.AWSError` where
    nothing could be done.
    """
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    step, turns, progress = EmptyStep(place=place or Place()), 0, Progress()
    while step.place is not None:
        before = step.deleted + step.aborted + step.refused
        turns += 1
        try:
            if step.place.uploads:
                step.place = _abort_page(bucket_name, region_name, step, step.place, purpose)
            else:
                step.place = _delete_page(bucket_name, region_name, step, step.place, purpose)
            worked = step.deleted + step.aborted + step.refused > before
            if not worked:
                progress.see(())
        except AWSError:
            # What was done is told first; the next step meets the same.
            if not step.deleted + step.aborted:
                raise
            return step
        if worked and (time.monotonic() > deadline or turns >= MOST_TURNS):
            return step
    return step


def _delete_page(
    bucket: str, region: str | None, step: EmptyStep, place: Place, purpose: Purpose
) -> Place:
    found = list_versions(
        bucket,
        region,
        delimiter="",
        key_marker=place.key,
        version_marker=place.mark,
        limit=PAGE,
        purpose=purpose,
    )
    remote = make_remote(bucket, region, "", None, None, purpose)
    refused = Doomed(place.key, place.mark)
    doomed = [Doomed(each.key, each.version_id) for each in found.versions]
    errors: dict[Doomed, AWSError] = {}
    for batch in batches(item for item in doomed if item != refused):
        answers: Answers = []
        try:
            delete_batch(remote, batch, answers)
        finally:
            step.deleted += sum(error is None for _, error in answers)
        errors |= {item: error for item, error in answers if error}
    for error in errors.values():
        step.book(error)
    if not found.next_key:
        return Place(uploads=True)
    # Not every store finds its way on from what is gone, and before it there is nothing any more.
    kept = [item for item in doomed if item in errors]
    return Place(key=kept[-1].key, mark=kept[-1].version_id) if kept else place


def _abort_page(
    bucket: str, region: str | None, step: EmptyStep, place: Place, purpose: Purpose
) -> Place | None:
    found, following = _uploads(bucket, region, place, PAGE, purpose)
    kept = place
    for upload in found:
        if step.book(abort_upload(bucket, region, upload, {}, purpose)):
            step.aborted += 1
        else:
            kept = Place(key=upload["Key"], mark=upload["UploadId"], uploads=True)
    return kept if following else None


def _uploads(
    bucket: str, region: str | None, place: Place, limit: int, purpose: Purpose
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    markers = {"KeyMarker": place.key, "UploadIdMarker": place.mark} if place.key else {}
    told, following = page(
        client_for(bucket, region, purpose),
        "ListMultipartUploads",
        {"Bucket": bucket, "MaxUploads": limit, **markers},
        region_name=region,
    )
    return list(told.get("Uploads", ())), following
