from __future__ import annotations

import pytest

from philo_aws.exceptions import InvalidRequestError
from philo_aws.s3 import steps
from philo_aws.s3.steps import copy_keys, copy_step, count_prefixes, delete_step
from tests.servers import LocalAWS


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"12345")


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


def test_counts_until_a_limit(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a/1", "a/2", "b/1", "c")
    count = count_prefixes(bucket, ["a/", "b/"])
    assert (count.objects, count.bytes, count.complete) == (3, 15, True)


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


def test_moves_step_by_step(aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "COPY_BATCH", 2)
    put(aws, bucket, "d/1", "d/2", "d/e/3", "kept")
    first = copy_step(bucket, "d/", bucket, "new/", move=True, seconds=0)
    assert (first.done, first.after) == (2, "d/2")
    copy_step(bucket, "d/", bucket, "new/", move=True, after=first.after, seconds=0)
    assert keys_of(aws, bucket) == ["kept", "new/1", "new/2", "new/e/3"]


@pytest.mark.parametrize("destination", ["d/", "d/e/"])
def test_a_folder_does_not_go_into_itself(aws: LocalAWS, bucket: str, destination: str) -> None:
    put(aws, bucket, "d/1")
    with pytest.raises(InvalidRequestError, match="inside the source"):
        copy_step(bucket, "d/", bucket, destination, move=True)
    assert keys_of(aws, bucket) == ["d/1"]


def test_a_source_whose_copy_failed_is_not_deleted(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b", "taken")
    pairs = [("a", "new"), ("b", "taken"), ("missing", "x")]
    refused = copy_keys(bucket, pairs, bucket, move=True)
    assert set(refused) == {"b", "missing"}
    assert keys_of(aws, bucket) == ["b", "new", "taken"]
