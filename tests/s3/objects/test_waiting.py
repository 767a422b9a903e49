"""Waiting for an object, by the real clock: the pauses are short."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    AccessDeniedError,
    BucketNotFoundError,
    IncompleteError,
    UsageError,
)
from tests.s3.scripted import ONCE, Answer, Request, scripted
from tests.servers import LocalAWS


def test_what_is_so_already(aws: LocalAWS, bucket: str) -> None:
    etag = aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    head = s3.wait_object(bucket, "k", timeout=0)
    assert (head["ETag"], head["ContentLength"]) == (etag, 1)
    assert s3.wait_object(bucket, "never", until="gone", timeout=0) == {}
    assert s3.wait_object(bucket, "k", until="changed", etag="other", timeout=0)["ETag"] == etag


@pytest.mark.parametrize(
    ("until", "before", "then"),
    [
        ("exists", None, b"1"),
        ("gone", b"1", None),
        ("changed", b"1", b"2"),
        ("changed", b"1", None),
        ("changed", None, b"1"),
    ],
)
def test_it_comes_about(
    aws: LocalAWS, bucket: str, until: Any, before: bytes | None, then: bytes | None
) -> None:
    client = aws.client("s3")

    def become(body: bytes | None) -> None:
        if body is None:
            client.delete_object(Bucket=bucket, Key="k")
        else:
            client.put_object(Bucket=bucket, Key="k", Body=body)

    if before:
        become(before)
    waits: list[int] = []

    def begin() -> None:
        waits.append(1)
        become(then)

    head = s3.wait_object(bucket, "k", until=until, timeout=30, on_wait=begin)
    assert bool(head) is (then is not None)
    assert waits == [1]


@pytest.mark.aws_servers("ministack")
def test_the_etag_that_is_known(aws: LocalAWS, bucket: str) -> None:
    client = aws.client("s3")
    etag = client.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]

    def become() -> None:
        client.put_object(Bucket=bucket, Key="k", Body=b"2")

    options: dict[str, Any] = {"until": "changed", "timeout": 30, "on_wait": become}
    assert s3.wait_object(bucket, "k", etag=etag.strip('"'), **options)["ETag"] != etag


@pytest.mark.parametrize(
    ("until", "words"),
    [("exists", "is not there"), ("gone", "is there still"), ("changed", "is what it was")],
)
def test_in_time_or_not(aws: LocalAWS, bucket: str, until: Any, words: str) -> None:
    key = "never" if until == "exists" else "k"
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    with pytest.raises(IncompleteError, match=f"{words} after 0.3 seconds") as caught:
        s3.wait_object(bucket, key, until=until, timeout=0.3)
    assert caught.value.code == "TimedOut"


def test_no_pause_is_longer_than_what_is_left(
    ministack: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = time.sleep

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    monkeypatch.setattr("philo_aws.s3.objects.waiting.time.sleep", pause)
    with pytest.raises(IncompleteError):
        s3.wait_object(bucket, "never", timeout=0.3)
    assert sum(pauses) <= 0.3


def test_a_bucket_that_is_not_there_is_not_waited_for(aws: LocalAWS) -> None:
    for until in ("exists", "gone", "changed"):
        with pytest.raises(BucketNotFoundError):
            s3.wait_object("no-such-bucket", "k", until=until, timeout=60)


@pytest.mark.parametrize("listing", [(403, ""), (200, "")])
def test_who_may_not_list_waits_all_the_same(settings: Settings, listing: Answer) -> None:
    answers: list[Answer] = [(404, ""), listing, (404, ""), (200, '"e"')]

    def answer(request: Request) -> Answer:
        return answers.pop(0)

    with scripted(settings, answer, **ONCE) as store:
        assert s3.wait_object("bucket", "k", timeout=30)["ETag"] == '"e"'
        assert [request.key for request in store.requests] == ["k", "", "k", "k"]


def test_who_may_not_look(signed_aws: LocalAWS, bucket: str, settings: Settings) -> None:
    user = signed_aws.make_user("s3:PutObject")
    settings.AWS = {**signed_aws.settings, "credentials": user}
    with pytest.raises(AccessDeniedError):
        s3.wait_object(bucket, "k", timeout=60)


@pytest.mark.parametrize(
    "options",
    [
        {"until": "exist"},
        {"timeout": -1},
        {"timeout": "5m"},
        {"timeout": 8 * 86400},
        {"etag": "e"},
        {"until": "changed", "etag": ""},
        {"extra_args": {"Bukket": "b"}},
    ],
)
def test_arguments_that_cannot_be(settings: Settings, options: dict[str, Any]) -> None:
    wait: Callable[..., Any] = s3.wait_object
    with scripted(settings, lambda request: (500, ""), **ONCE) as store:
        with pytest.raises(UsageError):
            wait("bucket", "k", **options)
        assert store.requests == []
