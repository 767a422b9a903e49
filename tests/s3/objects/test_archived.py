"""Archived objects."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    AccessDeniedError,
    ConflictError,
    ObjectNotFoundError,
    UsageError,
)
from philo_aws.s3.objects import archived
from philo_aws.s3.objects.archived import is_under_way
from tests.s3.transfer.test_folders import Recorder
from tests.servers import LocalAWS


@pytest.fixture
def client(aws: LocalAWS, bucket: str) -> Any:
    """A client of a bucket in which ``a/1`` and ``a/2`` are archived, and ``a/3`` is not."""
    made = aws.client("s3")
    for key, storage_class in (
        ("a/1", "GLACIER"),
        ("a/2", "DEEP_ARCHIVE"),
        ("a/3", "STANDARD"),
        ("b/4", "GLACIER"),
    ):
        made.put_object(Bucket=bucket, Key=key, Body=b"1", StorageClass=storage_class)
    return made


def outcomes(watcher: Recorder) -> list[tuple[str, str, str, str]]:
    return [(o.key, o.action, o.status, o.reason) for o in watcher.outcomes]


def test_what_is_below_a_prefix(aws: LocalAWS, client: Any, bucket: str) -> None:
    watcher = Recorder()
    report = s3.restore_archive(bucket, prefix="a/", days=3, tier="Bulk", watcher=watcher)
    assert sorted(outcomes(watcher)) == [
        ("a/1", "request", "done", "GLACIER"),
        ("a/2", "request", "done", "DEEP_ARCHIVE"),
        ("a/3", "request", "skipped", "can be read as it is"),
    ]
    assert (report.requested, report.skipped, report.restored) == (2, 1, 0)
    for key in ("a/1", "a/2"):
        assert is_under_way(client.head_object(Bucket=bucket, Key=key)) is not None
    assert is_under_way(client.head_object(Bucket=bucket, Key="b/4")) is None


def test_it_is_waited_for(
    aws: LocalAWS, client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archived, "_FIRST_PAUSE", 0.2)
    report = s3.restore_archive(bucket, keys=["a/1", "a/2"], wait=True, timeout=60)
    assert (report.planned, report.requested, report.restored) == (4, 2, 2)
    assert client.get_object(Bucket=bucket, Key="a/1")["Body"].read() == b"1"
    again = s3.restore_archive(bucket, keys=["a/1"], wait=True)
    assert (again.requested, again.skipped, again.failed) == (0, 1, 0)
    assert again.skipped_by_reason == {"restored already": 1}


@pytest.mark.aws_servers("ministack")  # moto restores at once
def test_what_is_being_restored_already_is_no_failure_and_is_waited_for_too(
    aws: LocalAWS, client: Any, bucket: str
) -> None:
    assert s3.restore_archive(bucket, keys=["a/1"]).requested == 1
    again = s3.restore_archive(bucket, keys=["a/1"])
    assert (again.skipped, again.failed) == (1, 0)
    assert again.skipped_by_reason == {"being restored already": 1}
    late = s3.restore_archive(bucket, keys=["b/4"], wait=True, timeout=0.1)
    assert (late.requested, late.failed, late.restored) == (1, 1, 0)
    assert "still being restored after 0.1 seconds" in str(late.failures[0].error)
    waited = s3.restore_archive(bucket, keys=["a/1", "b/4"], wait=True)
    assert (waited.restored, waited.failed) == (2, 0)


def test_a_key_that_is_not_archived_is_refused(aws: LocalAWS, client: Any, bucket: str) -> None:
    report = s3.restore_archive(bucket, keys=["a/3", "never"])
    first, second = report.failures
    assert isinstance(first.error, ConflictError)
    assert "its class is STANDARD" in str(first.error)
    assert isinstance(second.error, ObjectNotFoundError)


def test_a_dry_run_asks_for_nothing(aws: LocalAWS, client: Any, bucket: str) -> None:
    report = s3.restore_archive(bucket, prefix="", wait=True, dry_run=True)
    assert (report.requested, report.skipped) == (3, 1)
    assert is_under_way(client.head_object(Bucket=bucket, Key="a/1")) is None


def test_rules_choose_among_the_keys(aws: LocalAWS, client: Any, bucket: str) -> None:
    rules = [s3.Rule(keep=True, pattern="2")]
    assert s3.restore_archive(bucket, prefix="a/", rules=rules).planned == 1


def test_reading_one_says_how_it_is_restored(
    aws: LocalAWS, client: Any, bucket: str, tmp_path: Any
) -> None:
    with pytest.raises(ConflictError, match="aws_s3 restore_archive"):
        s3.download_file(tmp_path / "f", bucket, "a/1")
    if aws.name != "ministack":  # which copies it
        with pytest.raises(ConflictError, match="aws_s3 restore_archive"):
            s3.copy_object(bucket, "a/1", bucket, "copy")


def test_who_may_not(signed_aws: LocalAWS, bucket: str, settings: Settings) -> None:
    client = signed_aws.client("s3")
    client.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass="GLACIER")
    user = signed_aws.make_user("s3:GetObject", "s3:ListBucket")
    settings.AWS = {**signed_aws.settings, "credentials": user}
    report = s3.restore_archive(bucket, keys=["k"])
    assert isinstance(report.failures[0].error, AccessDeniedError)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"keys": ["a"], "prefix": "a"},
        {"keys": "report.pdf"},
        {"keys": [""]},
        {"keys": ["a"], "rules": [s3.Rule(keep=True, pattern="a")]},
        {"keys": ["a"], "days": 0},
        {"keys": ["a"], "tier": "standard"},
        {"keys": ["a"], "wait": "no"},
        {"keys": ["a"], "timeout": -1},
    ],
)
def test_arguments_that_cannot_be(ministack: LocalAWS, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        s3.restore_archive("bucket", **options)
