"""Where a bucket is; that it is where botocore says has tests in test_signing."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from philo_aws.clients import get_client
from philo_aws.exceptions import AWSError
from philo_aws.s3.request.place import place_at, place_of

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "s3cr3t"}


def test_nothing_is_sent_and_nothing_stays_with_the_client(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "eu-west-1", "endpoint_url": "http://store:1"}
    client = get_client("s3")
    place = place_of("my-bucket", client)
    assert place.url("a b/+~") == "http://store:1/my-bucket/a%20b/%2B~"
    assert (place.host, place.region, place.service) == ("store:1", "eu-west-1", "s3")
    # The client still makes links: what was looked at by is gone.
    parameters = {"Bucket": "my-bucket", "Key": "philo-aws-place-0"}
    assert "X-Amz-Signature" in client.generate_presigned_url("get_object", Params=parameters)


def test_a_bucket_that_does_not_go_with_the_profile_is_refused(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "eu-west-1"}
    # Of another partition than the client's region.
    bucket = "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/mine"
    with pytest.raises(AWSError, match="partition"):
        place_of(bucket, get_client("s3"))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Store.example.com:80/", "store.example.com"),
        ("https://store.example.com:443/", "store.example.com"),
        ("https://store.example.com:80/", "store.example.com:80"),
        ("http://[::1]:9000/b/", "[::1]:9000"),
    ],
)
def test_the_host_is_the_one_that_is_signed(url: str, host: str) -> None:
    place = place_at("b", url, region="r", service="s3")
    assert place.host == host
    assert place.url("k") == f"{url}k"
