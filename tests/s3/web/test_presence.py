from __future__ import annotations

from typing import Any

import pytest

from philo_aws.s3.web import presence
from philo_aws.s3.web.page import list_page
from philo_aws.s3.web.presence import MOST_LISTS, missing_keys
from tests.servers import LocalAWS


def test_what_is_not_there_is_found_by_a_request_for_each_folder(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists: list[str] = []

    def counted(*args: Any, **options: Any) -> Any:
        lists.append(options["prefix"])
        return list_page(*args, **options)

    monkeypatch.setattr(presence, "list_page", counted)
    s3 = aws.client("s3")
    there = ["a", "d/", "d/1", "d/3", "d/e/1", "z", "d/ü 日"]
    for key in there:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    asked = [
        "z",
        "y",
        "a",
        "d/2",
        "d/1",
        "d/3",
        "d/4",
        "d/",
        "d/e/",
        "d/e/1",
        "d",
        "d/ü 日",
        "q/",
    ]
    assert missing_keys(bucket, asked) == ["y", "d/2", "d/4", "d/e/", "d", "q/"]
    assert sorted(lists) == ["", "d/", "d/", "d/e/", "d/e/1", "q/"]
    assert missing_keys(bucket, []) == []


def test_of_one_key_the_first_that_begins_like_it_tells(aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    for key in ("a/b", "ab"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert missing_keys(bucket, ["a"]) == ["a"]
    assert missing_keys(bucket, ["ab"]) == []


def test_what_was_not_found_out_counts_as_there(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [f"{number}/x" for number in range(MOST_LISTS + 2)]
    assert missing_keys(bucket, folders) == folders[:MOST_LISTS]
    assert missing_keys("no-such-bucket-here", ["a"]) == []
    # A page ends before the last of them.
    s3 = aws.client("s3")
    for key in ("a", "b", "c", "d"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    monkeypatch.setattr(presence, "MAX_KEYS", 2)
    monkeypatch.setattr(presence, "MOST_LISTS", 1)
    assert missing_keys(bucket, ["a", "aa", "c", "cc"]) == ["aa"]
    monkeypatch.setattr(presence, "MOST_LISTS", 2)
    assert missing_keys(bucket, ["a", "aa", "c", "cc"]) == ["aa", "cc"]
