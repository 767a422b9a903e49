from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    BucketNotFoundError,
    ServiceError,
    UsageError,
)
from philo_aws.s3.delete_requests import Answers, Doomed, delete_batch
from philo_aws.s3.listing.versions import VersionPage, list_versions
from philo_aws.s3.request.remote import Remote
from philo_aws.s3.web import emptysteps
from philo_aws.s3.web.emptysteps import Holding, Place, count_uploads, count_versions, empty_step
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS


@pytest.fixture
def full(aws: LocalAWS) -> Versioned:
    """Seven things: four versions, two delete markers and an upload."""
    kept = versioned_bucket(aws)
    for key in ("a", "a", "b", "c d\xe9"):
        kept.put(key)
    kept.delete("b")
    kept.delete("c d\xe9")
    kept.client.create_multipart_upload(Bucket=kept.bucket, Key="u")
    return kept


def test_counts_what_is_seen_and_what_is_not(full: Versioned) -> None:
    assert count_versions(full.bucket) == Holding(objects=1, older=3, markers=2)
    assert count_versions(full.bucket).total == 6
    assert count_uploads(full.bucket) == (1, True)


@pytest.mark.aws_servers("ministack")  # moto lists all uploads at once
def test_counts_until_a_limit_or_its_time_is_over(
    full: Versioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = count_versions(full.bucket, limit=2)
    assert (few.total, few.complete) == (2, False)
    monkeypatch.setattr(emptysteps, "PAGE", 2)
    few = count_versions(full.bucket, seconds=0)
    assert (few.total, few.complete) == (2, False)
    assert count_versions(full.bucket).total == 6
    full.client.create_multipart_upload(Bucket=full.bucket, Key="v")
    assert count_uploads(full.bucket, limit=1) == (1, False)


@pytest.mark.aws_servers("ministack")  # which begins a page with what it is to come after
def test_what_comes_twice_is_counted_once(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptysteps, "PAGE", 4)
    for number in range(10):
        aws.client("s3").put_object(Bucket=bucket, Key=f"{number}", Body=b"")
    assert count_versions(bucket).objects == 10


def test_everything_goes_in_one_step_where_there_is_time(full: Versioned) -> None:
    step = empty_step(full.bucket)
    assert (step.deleted, step.aborted, step.refused, step.place) == (6, 1, 0, None)
    assert count_versions(full.bucket).total == 0
    s3.delete_bucket(full.bucket)


def test_goes_on_from_where_it_stopped(full: Versioned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptysteps, "PAGE", 2)
    place: Place | None = None
    done = []
    while True:
        step = empty_step(full.bucket, place=place, seconds=0)
        done.append((step.deleted, step.aborted))
        place = step.place
        if place is None:
            break
    assert done == [(2, 0), (2, 0), (2, 0), (0, 1)]
    assert count_versions(full.bucket).total + count_uploads(full.bucket)[0] == 0


def test_what_is_refused_is_counted_and_passed_by(
    full: Versioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No local server locks objects.

    def locked(remote: Remote, batch: Sequence[Doomed], answers: Answers) -> AWSError | None:
        kept = [item for item in batch if item.key == "a"]
        answers += [(item, AccessDeniedError("Locked.")) for item in kept]
        rest = [item for item in batch if item not in kept]
        return delete_batch(remote, rest, answers) if rest else None

    monkeypatch.setattr(emptysteps, "delete_batch", locked)
    monkeypatch.setattr(emptysteps, "PAGE", 2)
    step = empty_step(full.bucket)
    assert (step.deleted, step.aborted, step.refused, step.place) == (4, 1, 2, None)
    assert str(step.reason) == "Locked."
    assert count_versions(full.bucket).total == 2


def test_what_was_done_before_an_error_is_told(
    full: Versioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A store that fails after the first page.
    monkeypatch.setattr(emptysteps, "PAGE", 2)
    asked = []

    def failing(*args: Any, **options: Any) -> VersionPage:
        asked.append(options)
        if len(asked) > 1:
            raise AWSError("No.")
        return list_versions(*args, **options)

    monkeypatch.setattr(emptysteps, "list_versions", failing)
    step = empty_step(full.bucket)
    assert step.deleted == 2
    assert step.place is not None
    with pytest.raises(AWSError, match="No"):
        empty_step(full.bucket, place=step.place)


@pytest.mark.parametrize("before", [[], ["a"]])
def test_a_listing_that_does_not_go_on_is_an_error(
    full: Versioned, monkeypatch: pytest.MonkeyPatch, before: list[str]
) -> None:
    """Empty pages, each of which says that there is more: no server here lies so."""
    real = list_versions(full.bucket, delimiter="").versions[: len(before)]
    pages = [VersionPage(versions=real, next_key="a", next_version="v")] if before else []

    def lying(*args: Any, **options: Any) -> VersionPage:
        return pages.pop() if pages else VersionPage(next_key="a", next_version="v")

    monkeypatch.setattr(emptysteps, "list_versions", lying)
    step = None
    if before:
        # What was done before is told first.
        step = empty_step(full.bucket)
        assert (step.deleted, step.place) == (1, Place())
    with pytest.raises(ServiceError, match="empty pages"):
        empty_step(full.bucket, place=step.place if step else None)


def test_a_page_that_comes_again_is_not_counted_on(
    full: Versioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = list_versions(full.bucket, delimiter="")
    again = VersionPage(versions=page.versions, next_key="a", next_version="v")
    monkeypatch.setattr(emptysteps, "list_versions", lambda *args, **options: again)
    with pytest.raises(ServiceError):
        count_versions(full.bucket)


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    for function in (count_versions, count_uploads, empty_step):
        with pytest.raises(BucketNotFoundError):
            function("no-such-bucket-here")


def test_arguments_that_cannot_be(ministack: LocalAWS) -> None:
    wrong: list[dict[str, Any]] = [{"limit": 0}, {"seconds": -1}]
    for given in wrong:
        with pytest.raises(UsageError):
            count_versions("some-bucket", **given)
    with pytest.raises(UsageError):
        count_uploads("some-bucket", limit=1001)
    with pytest.raises(UsageError):
        empty_step("some-bucket", seconds=-1)
