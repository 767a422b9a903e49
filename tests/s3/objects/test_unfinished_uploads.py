from __future__ import annotations

import datetime
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.exceptions import BucketNotFoundError, InvalidRequestError, UsageError
from tests.servers import LocalAWS

NOW = datetime.timedelta()


def begin(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").create_multipart_upload(Bucket=bucket, Key=key)


def pending(aws: LocalAWS, bucket: str) -> list[str]:
    client: Any = aws.client("s3")
    return [row["Key"] for row in client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def test_they_are_listed(aws: LocalAWS, bucket: str) -> None:
    assert s3.list_multipart_uploads(bucket)["Uploads"] == []
    begin(aws, bucket, "a/x", "b/y")
    assert [row["Key"] for row in s3.list_multipart_uploads(bucket)["Uploads"]] == ["a/x", "b/y"]


# moto says of every upload that it was begun in 2010.
@pytest.mark.aws_servers("ministack")
def test_old_ones_are_aborted_and_young_ones_left(aws: LocalAWS, bucket: str) -> None:
    begin(aws, bucket, "a", "b")
    report = s3.abort_multipart_uploads(bucket)
    assert (report.aborted, report.skipped) == (0, 2)
    assert pending(aws, bucket) == ["a", "b"]
    assert s3.abort_multipart_uploads(bucket, older_than=NOW, dry_run=True).aborted == 2
    assert pending(aws, bucket) == ["a", "b"]
    report = s3.abort_multipart_uploads(bucket, older_than=NOW)
    assert (report.planned, report.aborted, report.failed) == (2, 2, 0)
    assert pending(aws, bucket) == []


@pytest.mark.aws_servers("ministack")
def test_only_those_under_the_prefix(aws: LocalAWS, bucket: str) -> None:
    begin(aws, bucket, "a/x", "b/y")
    s3.abort_multipart_uploads(bucket, prefix="a/", older_than=NOW)
    assert pending(aws, bucket) == ["b/y"]


def test_what_cannot_be(ministack: LocalAWS, bucket: str) -> None:
    with pytest.raises(BucketNotFoundError):
        s3.list_multipart_uploads("no-such-bucket")
    with pytest.raises(InvalidRequestError, match="negative"):
        s3.abort_multipart_uploads(bucket, older_than=-datetime.timedelta(1))
    with pytest.raises(InvalidRequestError, match="shorter age"):
        s3.abort_multipart_uploads(bucket, older_than=datetime.timedelta.max)


@pytest.mark.parametrize("age", [3600, "1d", True, None])
def test_an_age_is_a_timedelta(ministack: LocalAWS, age: Any) -> None:
    with pytest.raises(UsageError, match="older_than is"):
        s3.abort_multipart_uploads("bucket", older_than=age)
