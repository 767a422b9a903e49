from __future__ import annotations

from typing import Any

import pytest

from philo_aws import s3
from philo_aws.exceptions import InvalidRequestError, UsageError
from philo_aws.s3.filters import Rule
from tests.servers import LocalAWS


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    for key, size in (("a", 1), ("x/b", 10), ("x/y/c", 100), ("x/y/z/d", 1000), ("x-1/e", 5)):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"." * size)
    return bucket


def rows(bucket: str, **options: object) -> list[tuple[str, int, int]]:
    usage = s3.du(bucket, **options)  # type: ignore[arg-type]
    assert usage.objects == sum(child.objects for child in usage.children)
    assert usage.bytes == sum(child.bytes for child in usage.children)
    return [(child.prefix, child.objects, child.bytes) for child in usage.children]


def test_by_folder(filled: str) -> None:
    assert rows(filled) == [("", 1, 1), ("x-1/", 1, 5), ("x/", 3, 1110)]


def test_deeper_and_below_a_prefix(filled: str) -> None:
    assert rows(filled, prefix="x/") == [("x/", 1, 10), ("x/y/", 2, 1100)]
    assert rows(filled, prefix="x/", depth=2) == [
        ("x/", 1, 10),
        ("x/y/", 1, 100),
        ("x/y/z/", 1, 1000),
    ]


def test_rules(filled: str) -> None:
    assert rows(filled, rules=[Rule(keep=False, pattern="y/")]) == [
        ("", 1, 1),
        ("x-1/", 1, 5),
        ("x/", 1, 10),
    ]


def test_a_depth_that_shows_nothing(ministack: LocalAWS, bucket: str) -> None:
    with pytest.raises(InvalidRequestError, match="depth"):
        s3.du(bucket, depth=0)


@pytest.mark.parametrize("options", [{"depth": True}, {"depth": 1.5}, {"prefix": 5}])
def test_arguments_that_cannot_be(ministack: LocalAWS, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        s3.du("bucket", **options)
