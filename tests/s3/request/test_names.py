from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import InvalidRequestError, UsageError
from philo_aws.s3.request.names import check_bucket_name, check_key, check_prefix


@pytest.mark.parametrize("name", ["abc", "a.b-c", "1" * 63])
def test_names_for_new_buckets(name: str) -> None:
    assert check_bucket_name(name, new=True) == name


@pytest.mark.parametrize(
    "name",
    ["", "ab", "a" * 64, "Abc", "a_b_c", "-abc", "abc-", "a..b", "192.168.5.4", "a/b", "a b"],
)
def test_impossible_names_for_new_buckets(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="no possible bucket name"):
        check_bucket_name(name, new=True)


@pytest.mark.parametrize(
    "name", ["Old_Bucket", "a" * 255, "arn:aws:s3:eu-west-1:123456789012:accesspoint/name"]
)
def test_older_buckets_and_access_points_are_taken(name: str) -> None:
    assert check_bucket_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "ab", "a/b", "a b", "a\n", "\xe9\xe9\xe9", "a" * 256, "arn:aws:s3:eu-west-1:1:\xe9"],
)
def test_names_that_no_bucket_has(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="no possible bucket name"):
        check_bucket_name(name)


@pytest.mark.parametrize("key", ["a", "x" * 1024, "\U0001f600" * 256, "a\nb", "//", ".."])
def test_keys(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key, message",
    [
        ("", "empty"),
        ("x" * 1025, "1,025 bytes"),
        ("\U0001f600" * 256 + "x", "1,025 bytes"),
        ("\udcff", "not valid Unicode"),
    ],
)
def test_impossible_keys(key: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        check_key(key)


def test_prefixes() -> None:
    for prefix in ("", "a/", "x" * 1024):
        assert check_prefix(prefix) == prefix
    for prefix, message in (("x" * 1025, "longer than 1,024"), ("\udcff", "not valid Unicode")):
        with pytest.raises(InvalidRequestError, match=message):
            check_prefix(prefix)


@pytest.mark.parametrize("given", [None, 1, b"abc", ["abc"], True])
def test_what_is_no_text_is_refused(given: Any) -> None:
    for check, what in (
        (check_bucket_name, "The name of the bucket"),
        (check_key, "The key"),
        (check_prefix, "The prefix"),
    ):
        with pytest.raises(UsageError, match=f"{what} is .* Give a text"):
            check(given)
