from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.exceptions import InvalidRequestError, UsageError
from philo_aws.s3.web import steps
from philo_aws.s3.web.steps import count_prefixes, delete_step
from tests.servers import LocalAWS


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"12345")


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


def test_counts_until_a_limit(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a/1", "a/2", "b/1", "c")
    for limit, counted, complete in ((10, 3, True), (3, 3, True), (2, 2, False)):
        count = count_prefixes(bucket, ["a/", "b/"], limit=limit)
        assert (count.objects, count.bytes, count.complete) == (counted, 5 * counted, complete)


def test_counting_ends_when_its_time_is_over(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PAGE", 2)
    put(aws, bucket, "a", "b", "c")
    count = count_prefixes(bucket, [""], seconds=0)
    assert (count.objects, count.complete) == (2, False)


def test_deletes_step_by_step_from_where_it_stopped(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "DELETE_BATCH", 2)
    put(aws, bucket, "d/1", "d/2", "d/3", "kept")
    first = delete_step(bucket, "d/", seconds=0)
    assert (first.done, first.bytes, first.after) == (2, 10, "d/2")
    second = delete_step(bucket, "d/", after=first.after, seconds=0)
    assert (second.done, second.after) == (1, "")
    assert keys_of(aws, bucket) == ["kept"]


def test_an_empty_prefix_deletes_nothing(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "kept")
    with pytest.raises(InvalidRequestError, match="would delete everything"):
        delete_step(bucket, "")
    assert keys_of(aws, bucket) == ["kept"]
    # Who means it says so.
    assert delete_step(bucket, "", everything=True).done == 1
    assert keys_of(aws, bucket) == []


def test_arguments_that_cannot_be(ministack: LocalAWS) -> None:
    made: list[Callable[[], Any]] = [
        lambda: count_prefixes("bucket", "a/"),
        lambda: count_prefixes("bucket", ["a/", 1]),  # type: ignore[list-item]
        lambda: count_prefixes("bucket", ["a/"], limit=0),
        lambda: delete_step("bucket", b"a/"),  # type: ignore[arg-type]
        lambda: delete_step("bucket", "a/", seconds=float("nan")),
    ]
    for call in made:
        with pytest.raises(UsageError):
            call()
