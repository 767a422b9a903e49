from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.management.s3_sides import are_both_addresses, sides_of

PLAIN: dict[str, Any] = {"prefix": "", "direction": "up"}


def test_what_is_an_address() -> None:
    assert are_both_addresses("s3://a", "S3://b/c")
    assert are_both_addresses("arn:aws:s3:::a", "s3://b")
    assert not are_both_addresses("s3://a", "./s3")
    assert not are_both_addresses("a", "b")


def test_a_folder_and_an_address_are_a_sync_up_or_down() -> None:
    up = sides_of("folder\udcff", "s3://bucket/x/y", PLAIN)
    assert up == {
        "bucket": "bucket",
        "prefix": "x/y",
        "root_folder": "folder\udcff",
        "direction": "up",
    }
    assert sides_of("s3://bucket", ".", PLAIN) == {
        "bucket": "bucket",
        "prefix": "",
        "root_folder": ".",
        "direction": "down",
    }


@pytest.mark.parametrize(
    ("source", "target", "other"),
    [
        ("a", "b", {}),
        ("a", "s3://bucket", {"prefix": "x"}),
        ("s3://bucket", "a", {"direction": "down"}),
        ("a", "s3://x", {}),
    ],
)
def test_what_cannot_be(source: str, target: str, other: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        sides_of(source, target, PLAIN | other)
