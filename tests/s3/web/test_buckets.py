from __future__ import annotations

import datetime
import time

import pytest
from pytest_django import Settings

from philo_aws.exceptions import AccessDeniedError, BucketNotFoundError, NetworkError
from philo_aws.s3.web.buckets import find_buckets
from tests.admin.stores import Answer, Asked, serving
from tests.servers import LocalAWS


def test_what_aws_lists_with_the_date(aws: LocalAWS, make_bucket: object) -> None:
    names = [aws.make_bucket(), aws.make_bucket()]
    found = find_buckets()
    buckets = {bucket.name: bucket for bucket in found.buckets}
    assert found.denied is None
    assert list(buckets) == sorted(buckets)
    for name in names:
        assert buckets[name].error is None
        created = buckets[name].created
        assert created is not None
        assert abs(datetime.datetime.now(datetime.UTC) - created) < datetime.timedelta(minutes=5)


def test_names_of_the_settings_are_added_once(
    aws: LocalAWS, bucket: str, settings: Settings
) -> None:
    settings.AWS = {**aws.settings, "buckets": ["no-such-bucket-here", bucket, bucket]}
    found = [row for row in find_buckets().buckets if row.name in (bucket, "no-such-bucket-here")]
    assert [row.name for row in found] == sorted([bucket, "no-such-bucket-here"])
    errors = {row.name: row.error for row in found}
    assert errors[bucket] is None
    assert isinstance(errors["no-such-bucket-here"], BucketNotFoundError)


def test_where_listing_is_denied_the_settings_names_are_looked_at(
    signed_aws: LocalAWS, settings: Settings
) -> None:
    name = signed_aws.make_bucket()
    keys = signed_aws.make_user("s3:ListBucket")
    settings.AWS = {**signed_aws.settings, "credentials": keys, "buckets": [name]}
    found = find_buckets()
    assert isinstance(found.denied, AccessDeniedError)
    assert [(row.name, row.error) for row in found.buckets] == [(name, None)]


def test_a_dead_endpoint_is_an_error(settings: Settings) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:9",
        "buckets": ["some-bucket"],
        "timeouts": {"web": {"max_attempts": 1}},
    }
    with pytest.raises(NetworkError):
        find_buckets(purpose="web")


def test_a_silent_bucket_is_not_waited_for(settings: Settings) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/":
            body = (
                "<ListAllMyBucketsResult><Buckets><Bucket><Name>listed</Name></Bucket></Buckets>"
                "</ListAllMyBucketsResult>"
            )
            return Answer(200, body.encode())
        if asked.path.startswith("/silent"):
            store.ended.wait(30)
        return Answer(200, b"")

    with serving(answer) as store:
        names = ["answers", *(f"silent-{number}" for number in range(40))]
        settings.AWS = store.settings(buckets=names)
        began = time.monotonic()
        found = find_buckets(purpose="web", seconds=1)
        # Were they waited for, it would be as long as a client waits, three times.
        assert time.monotonic() - began < 15
    errors = {row.name: row.error for row in found.buckets}
    assert (errors["listed"], errors["answers"]) == (None, None)
    assert len(errors) == 42
    assert isinstance(errors["silent-39"], NetworkError)
    assert "did not answer about bucket 'silent-39' in time" in str(errors["silent-39"])
