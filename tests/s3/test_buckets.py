from __future__ import annotations

import uuid

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    AccessDeniedError,
    BucketNotFoundError,
    ConflictError,
    InvalidRequestError,
    RegionError,
)
from tests.servers import LocalAWS


def fresh() -> str:
    return f"b-{uuid.uuid4().hex[:16]}"


def test_create_list_delete(aws: LocalAWS) -> None:
    name = fresh()
    assert s3.create_bucket(name)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(name)
    assert name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_the_region_of_a_new_bucket(aws: LocalAWS) -> None:
    name = fresh()
    s3.create_bucket(name, "eu-west-1")
    location = aws.client("s3").get_bucket_location(Bucket=name)
    assert location["LocationConstraint"] == "eu-west-1"


def test_a_name_that_cannot_be_is_not_sent(ministack: LocalAWS) -> None:
    with pytest.raises(InvalidRequestError, match="no possible bucket name"):
        s3.create_bucket("My_Bucket")
    with pytest.raises(RegionError):
        s3.create_bucket("my-bucket", "Not A Region")


def test_a_bucket_of_ones_own_twice(aws: LocalAWS) -> None:
    name = fresh()
    s3.create_bucket(name, "eu-west-1")
    with pytest.raises(ConflictError, match="already own"):
        s3.create_bucket(name, "eu-west-1")


def test_a_bucket_that_is_not_empty(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    with pytest.raises(ConflictError, match="not empty"):
        s3.delete_bucket(bucket)


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        s3.delete_bucket("no-such-bucket")


def test_who_may_not(signed_aws: LocalAWS, settings: Settings) -> None:
    settings.AWS = {**signed_aws.settings, "credentials": signed_aws.make_user("s3:GetObject")}
    with pytest.raises(AccessDeniedError, match="policy"):
        s3.list_buckets()
