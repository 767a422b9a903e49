from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import BucketNotFoundError, UsageError
from philo_aws.s3.listing.usage import Child
from philo_aws.s3.web import usage
from philo_aws.s3.web.usage import scan_usage
from tests.servers import LocalAWS


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    for key, size in (("d/a/1", 10), ("d/a/b/2", 20), ("d/ä c/3", 50), ("d/4", 5), ("e/5", 100)):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x" * size)
    return bucket


def test_adds_up_by_child_the_largest_first(filled: str) -> None:
    found = scan_usage(filled, prefix="d/")
    assert found.children == (
        Child(prefix="d/ä c/", objects=1, bytes=50),
        Child(prefix="d/a/", objects=2, bytes=30),
        Child(prefix="", objects=1, bytes=5),
    )
    assert (found.objects, found.bytes, found.complete, found.stopped_at) == (4, 85, True, "")


@pytest.mark.parametrize(("limit", "stopped_at"), [(5, ""), (4, "d/ä c/3"), (1, "d/4")])
def test_stops_at_a_limit_and_says_where(filled: str, limit: int, stopped_at: str) -> None:
    found = scan_usage(filled, limit=limit)
    assert (found.objects, found.complete) == (limit, not stopped_at)
    assert found.stopped_at == stopped_at


def test_stops_when_its_time_is_over(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "PAGE", 2)
    found = scan_usage(filled, seconds=0)
    assert (found.objects, found.complete, found.stopped_at) == (2, False, "d/a/1")


def test_a_bucket_that_is_not_there_is_named(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError, match="'no-such-bucket'"):
        scan_usage("no-such-bucket")


@pytest.mark.parametrize(
    "options", [{"limit": 0}, {"limit": True}, {"seconds": -1}, {"seconds": "1"}, {"prefix": None}]
)
def test_arguments_that_cannot_be(ministack: LocalAWS, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        scan_usage("bucket", **options)
