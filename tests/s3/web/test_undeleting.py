from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.exceptions import ObjectNotFoundError
from philo_aws.s3.web import undeleting
from philo_aws.s3.web.undeleting import undelete_keys, undelete_step
from tests.servers import LocalAWS

# moto lists only half of what lies between two markers, and does not bring back what was deleted
# twice: what is about either is ministack's alone.


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


@pytest.mark.aws_servers("ministack")
def test_objects_are_brought_back_from_below_all_their_markers(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any]
) -> None:
    kept(["a", "b", "c"], ["a", "b", "b", "never"])
    step = undelete_keys(bucket, ["a", "b", "c", "never", "nothing"])
    assert step.done == 2
    assert step.needless == ["c"]
    assert set(step.refused) == {"never", "nothing"}
    assert isinstance(step.refused["never"], ObjectNotFoundError)
    assert step.left == []
    assert keys_of(aws, bucket) == ["a", "b", "c"]


def test_a_step_has_an_end_and_the_next_goes_on(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any]
) -> None:
    keys = [f"{number:02}" for number in range(undeleting.AT_ONCE + 2)]
    kept(keys, keys)
    step = undelete_keys(bucket, keys, seconds=0)
    assert (step.done, step.left) == (undeleting.AT_ONCE, keys[undeleting.AT_ONCE :])


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_folder_is_brought_back_in_steps(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any], small: Any, size: int
) -> None:
    kept(["d/1", "d/1", "d/2", "d/3", "d/e/1", "x"], ["d/1", "d/1", "d/3", "d/e/1", "d/n", "x"])
    small(size)
    done, after = 0, ""
    for _ in range(20):
        step = undelete_step(bucket, "d/", after=after, seconds=0)
        assert not step.refused
        done, after = done + step.done, step.after
        if not after:
            break
    assert (done, after) == (3, "")
    assert keys_of(aws, bucket) == ["d/1", "d/2", "d/3", "d/e/1"]


def test_a_folder_is_brought_back_at_once(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any]
) -> None:
    kept(["d/1", "d/e/1", "x"], ["d/1", "d/e/1", "x"])
    step = undelete_step(bucket, "d/")
    assert (step.done, step.bytes, step.refused, step.after) == (2, 10, {}, "")
    assert keys_of(aws, bucket) == ["d/1", "d/e/1"]
