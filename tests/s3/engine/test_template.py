"""The request that botocore makes once, and what is kept of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from pytest_django import Settings

from philo_aws.clients import get_client
from philo_aws.s3.engine.template import Template, make_template
from tests.servers import TEST_CREDENTIALS, LocalAWS

KEYS = ["a b+c", "//x/../y", "/leading", "é~(')", "%41?#&=", "k" * 1024]


@pytest.fixture(autouse=True)
def settings_of_aws(settings: Settings) -> None:
    settings.AWS = {"credentials": TEST_CREDENTIALS, "region": "eu-west-3"}


def template(bucket: str, **arguments: Any) -> Template:
    return make_template(get_client("s3"), "PutObject", bucket, arguments)


def test_aws_itself() -> None:
    made = template("bucket-name")
    assert (made.scheme, made.host, made.port) == (
        "https",
        "bucket-name.s3.eu-west-3.amazonaws.com",
        443,
    )
    assert made.region == "eu-west-3"
    assert made.target("a b") == "/a%20b"


def test_access_point_and_path_style(settings: Settings) -> None:
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine"
    made = template(arn)
    assert made.host == "mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"
    assert made.region == "eu-west-1"
    settings.AWS = settings.AWS | {"endpoint_url": "http://127.0.0.1:9000"}
    made = template("bucket-name")
    assert (made.scheme, made.host, made.port) == ("http", "127.0.0.1", 9000)
    assert dict(made.headers)["Host"] == "127.0.0.1:9000"
    assert made.target("k") == "/bucket-name/k"


def test_a_copy_has_its_own_source_and_what_all_copies_are_given() -> None:
    given = {"ChecksumAlgorithm": "SHA256", "ACL": "private", "Expires": "never"}
    made = make_template(get_client("s3"), "CopyObject", "bucket-name", given)
    headers = {name.lower(): value for name, value in made.headers}
    assert made.method == "PUT"
    assert made.target("a b") == "/a%20b"
    assert headers["x-amz-checksum-algorithm"] == "SHA256"
    assert (headers["x-amz-acl"], headers["expires"]) == ("private", "never")
    assert "x-amz-copy-source" not in headers


def test_arguments_become_headers_and_nothing_of_the_one_request_stays() -> None:
    made = template(
        "bucket-name",
        ACL="private",
        StorageClass="STANDARD_IA",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="alias/k",
        Tagging="a=b",
        Metadata={"m": "v"},
        RequestPayer="requester",
        ExpectedBucketOwner="123456789012",
        NotOfThisOperation="x",
    )
    names = {name.lower() for name, _ in made.headers}
    assert names == {
        "host",
        "user-agent",
        "x-amz-acl",
        "x-amz-storage-class",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-tagging",
        "x-amz-meta-m",
        "x-amz-request-payer",
        "x-amz-expected-bucket-owner",
    }
    assert "test" not in repr(made)


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_quoted_as_botocore_does(key: str) -> None:
    client = get_client("s3")
    urls: list[str] = []

    def note(request: AWSPreparedRequest, **kwargs: Any) -> None:
        urls.append(request.url)
        raise ConnectionAbortedError

    client.meta.events.register("before-send.s3.HeadObject", note, unique_id="test")
    with pytest.raises(ConnectionAbortedError):
        client.head_object(Bucket="bucket-name", Key=key)
    client.meta.events.unregister("before-send.s3.HeadObject", unique_id="test")
    made = template("bucket-name")
    assert f"https://{made.host}{made.target(key)}" == urls[0]


@pytest.mark.aws_servers("ministack")
def test_others_who_use_the_client_meanwhile_are_not_held_back(
    aws: LocalAWS, bucket: str, settings: Settings
) -> None:
    settings.AWS = aws.settings
    client: Any = get_client("s3")

    def meanwhile(request: Any, **kwargs: Any) -> None:
        if "/k" not in request.url:
            with ThreadPoolExecutor(1) as pool:
                put = pool.submit(client.put_object, Bucket=bucket, Key="k", Body=b"x")
                put.result(timeout=20)

    client.meta.events.register_first("before-send.s3.PutObject", meanwhile)
    try:
        assert make_template(client, "PutObject", bucket, {}).method == "PUT"
    finally:
        client.meta.events.unregister("before-send.s3.PutObject", meanwhile)
    listed = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [found["Key"] for found in listed] == ["k"]


def test_a_request_is_still_made_by_sending_it_only() -> None:
    # When this fails, the model of all requests can be asked for by that name.
    names = [name for name in dir(get_client("s3")) if not name.startswith("_")]
    assert "generate_presigned_url" in names
    assert not [name for name in names if name.startswith(("prepare", "build", "make_request"))]
