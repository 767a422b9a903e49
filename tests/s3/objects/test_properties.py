from __future__ import annotations

import pytest

from philo_aws.exceptions import BucketNotFoundError, ObjectNotFoundError
from philo_aws.s3.objects.properties import head_object, object_exists
from tests.servers import LocalAWS


def test_gives_what_aws_keeps_about_an_object(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(
        Bucket=bucket, Key="a", Body=b"12345", Metadata={"k": "v"}, ChecksumAlgorithm="SHA256"
    )
    head = head_object(bucket, "a")
    assert (head["ContentLength"], head["Metadata"]) == (5, {"k": "v"})
    assert head["ChecksumSHA256"] == "WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U="


def test_an_older_version(ministack: LocalAWS, aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=bucket, Key="a", Body=b"12")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"12345")
    assert head_object(bucket, "a", version_id=old)["ContentLength"] == 2


def test_what_is_not_there_is_named(aws: LocalAWS, bucket: str) -> None:
    with pytest.raises(ObjectNotFoundError, match="'missing'"):
        head_object(bucket, "missing")
    assert not object_exists(bucket, "missing")
    with pytest.raises((BucketNotFoundError, ObjectNotFoundError)):
        head_object("no-such-bucket-here", "a")
