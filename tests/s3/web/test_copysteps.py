from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.exceptions import InvalidRequestError, NetworkError
from philo_aws.s3.objects import partcopy
from philo_aws.s3.request.addresses import check_apart
from philo_aws.s3.web import copysteps
from philo_aws.s3.web.copysteps import Copier, CopyStep
from tests.servers import LocalAWS

MIB = 1024**2
LARGE = 11 * MIB


def put(aws: LocalAWS, bucket: str, *keys: str, body: bytes = b"12345") -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


def uploads_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_multipart_uploads(Bucket=bucket)
    return [item["Key"] for item in answer.get("Uploads", ())]


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copysteps, "WHOLE_BYTES", MIB)
    monkeypatch.setattr(partcopy, "PART_SIZE", 5 * MIB)


def test_moves_a_prefix_step_by_step(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copysteps, "COPY_BATCH", 2)
    put(aws, bucket, "d/1", "d/2", "d/e/3", "kept")
    first = Copier(bucket, bucket, move=True, seconds=0).copy_prefix("d/", "new/", "")
    assert (first.done, first.bytes, first.after) == (2, 10, "d/2")
    second = Copier(bucket, bucket, move=True, seconds=0).copy_prefix("d/", "new/", first.after)
    assert (second.done, second.after) == (1, "")
    assert keys_of(aws, bucket) == ["kept", "new/1", "new/2", "new/e/3"]


@pytest.mark.parametrize("destination", ["d/", "d/e/"])
def test_a_folder_does_not_go_into_itself(destination: str) -> None:
    with pytest.raises(InvalidRequestError, match="inside the source"):
        check_apart("b", "d/", "b", destination)
    check_apart("b", "d/", "other", destination)


def test_a_source_whose_copy_failed_is_not_deleted(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b", "taken")
    pairs = [("a", "new"), ("b", "taken"), ("missing", "x"), ("taken", "taken")]
    step = Copier(bucket, bucket, move=True).copy_pairs(pairs)
    assert set(step.refused) == {"b", "missing", "taken"}
    assert (step.done, step.left) == (1, [])
    assert keys_of(aws, bucket) == ["b", "new", "taken"]


def test_pairs_that_there_is_no_time_for_are_left(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copysteps, "COPY_WORKERS", 2)
    put(aws, bucket, "1", "2", "3")
    pairs = [(key, f"new/{key}") for key in ("1", "2", "3")]
    step = Copier(bucket, bucket, seconds=0).copy_pairs(pairs)
    assert (step.done, step.left) == (2, [("3", "new/3")])
    step = Copier(bucket, bucket, seconds=0).copy_pairs(step.left)
    assert (step.done, step.left) == (1, [])
    assert keys_of(aws, bucket) == ["1", "2", "3", "new/1", "new/2", "new/3"]


def steps_until_done(go_on: Callable[[CopyStep], CopyStep]) -> list[CopyStep]:
    steps: list[CopyStep] = []
    step = CopyStep()
    while not steps or step.part or step.left or step.after:
        step = go_on(step)
        steps.append(step)
        assert len(steps) < 20
    return steps


@pytest.mark.parametrize("move", [False, True])
def test_large_objects_among_small_ones_go_part_by_part(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, small_limits: None, move: bool
) -> None:
    body = bytes(range(256)) * (LARGE // 256)
    put(aws, bucket, "a", "z")
    put(aws, bucket, "large", "other", body=body)
    left = [(key, f"new/{key}") for key in ("large", "a", "other", "z")]

    def go_on(step: CopyStep) -> CopyStep:
        copier = Copier(bucket, bucket, move=move, seconds=0)
        return copier.copy_pairs(step.left or left, step.part)

    steps = steps_until_done(go_on)
    assert sum(step.done for step in steps) == 4
    # Three parts each, one a step.
    assert [step.part_bytes for step in steps if step.part] == [5 * MIB, 10 * MIB] * 2
    assert aws.client("s3").get_object(Bucket=bucket, Key="new/other")["Body"].read() == body
    kept = [] if move else ["a", "large", "other", "z"]
    assert keys_of(aws, bucket) == sorted([*kept, "new/a", "new/large", "new/other", "new/z"])
    assert uploads_of(aws, bucket) == []


def test_a_prefix_with_a_large_object_goes_on_after_it(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, small_limits: None
) -> None:
    put(aws, bucket, "d/a", "d/z")
    put(aws, bucket, "d/large", body=bytes(LARGE))

    def go_on(step: CopyStep) -> CopyStep:
        copier = Copier(bucket, bucket, seconds=0)
        return copier.copy_prefix("d/", "new/", step.after, step.part)

    steps = steps_until_done(go_on)
    assert sum(step.done for step in steps) == 3
    assert not any(step.refused for step in steps)
    assert len([step for step in steps if step.part]) == 2
    assert keys_of(aws, bucket)[3:] == ["new/a", "new/large", "new/z"]
    assert uploads_of(aws, bucket) == []


def test_a_copy_that_fails_leaves_no_parts(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, small_limits: None
) -> None:
    put(aws, bucket, "large", body=bytes(LARGE))
    pairs = [("large", "new")]
    step = Copier(bucket, bucket, seconds=0).copy_pairs(pairs)
    assert uploads_of(aws, bucket) == ["new"]
    # Who copies on would mix two contents.
    put(aws, bucket, "large", body=b"x" * LARGE)
    step = Copier(bucket, bucket, seconds=0).copy_pairs(pairs, step.part)
    assert list(step.refused) == ["large"]
    assert step.left == []
    assert uploads_of(aws, bucket) == []
    assert keys_of(aws, bucket) == ["large"]


def test_an_aws_that_is_away_for_the_moment_costs_nothing_that_was_done(
    ministack: LocalAWS,
    aws: LocalAWS,
    bucket: str,
    small_limits: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(aws, bucket, "large", body=bytes(LARGE))
    pairs = [("large", "new")]
    step = Copier(bucket, bucket, seconds=0).copy_pairs(pairs)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise NetworkError("gone")

    # A local server cannot be away between two requests.
    with monkeypatch.context() as patched:
        patched.setattr(partcopy, "advance", fail)
        with pytest.raises(NetworkError):
            Copier(bucket, bucket).copy_pairs(pairs, step.part)
    assert uploads_of(aws, bucket) == ["new"]
    assert Copier(bucket, bucket).copy_pairs(pairs, step.part).done == 1
    assert keys_of(aws, bucket) == ["large", "new"]


def test_a_copy_that_was_begun_is_of_its_own_pair_only(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, small_limits: None
) -> None:
    put(aws, bucket, "large", body=bytes(LARGE))
    part = Copier(bucket, bucket, seconds=0).copy_pairs([("large", "new")]).part
    with pytest.raises(InvalidRequestError, match="another one"):
        Copier(bucket, bucket).copy_pairs([("other", "new")], part)
    with pytest.raises(InvalidRequestError, match="another one"):
        Copier(bucket, bucket).copy_prefix("d/", "new/", "", part)
