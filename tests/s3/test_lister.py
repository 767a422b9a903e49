from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import pytest
from pytest_django import Settings

from philo_aws.clients import get_client
from philo_aws.exceptions import (
    BucketNotFoundError,
    CredentialsError,
    NetworkError,
    ServiceError,
    UsageError,
)
from philo_aws.s3 import lister, listxml
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.servers import LocalAWS, free_port

KEYS = [
    "a",
    "a b",
    "a+b%20c",
    "a//b",
    "a/../b",
    "a/./b",
    "/lead",
    "tab\tnew\nline",
    "quote'\"<&>",
    "caf\u00e9",
    "cafe\u0301",
    "\U0001f600",
    "test-1",
    "test/1",
    "x" * 1024,
]


def keys_of(aws: LocalAWS) -> list[str]:
    """The keys that the server itself can hold; moto's URL router stops at a line break."""
    return sorted((key for key in KEYS if aws.name != "moto" or "\n" not in key), key=str.encode)


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def test_every_key_as_it_is_and_in_byte_order(aws: LocalAWS, bucket: str) -> None:
    expected = keys_of(aws)
    put(aws, bucket, *expected)
    assert [item.key for item in lister.objects(bucket)] == expected
    # One at a time: every key is once the last of a page.
    found = lister.objects(bucket, extra_args={"MaxKeys": 1})
    assert [item.key for item in found] == expected


def test_the_same_as_botos_own(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, *keys_of(aws))
    own = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    pages = list(lister.pages(bucket))
    assert [row for page in pages for row in listxml.contents(page.body)] == own
    assert [(o.key, o.size, f'"{o.etag}"', o.storage_class) for o in lister.objects(bucket)] == [
        (row["Key"], row["Size"], row["ETag"], row["StorageClass"]) for row in own
    ]


def test_a_prefix_and_keys_relative_to_it(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a/b/c", "a/d", "ab")
    assert [o.key for o in lister.objects(bucket, prefix="a/")] == ["a/b/c", "a/d"]
    found = lister.objects(bucket, prefix="a/b", relative_to="a/")
    assert [o.key for o in found] == ["b/c"]


def test_the_shared_client_goes_on_as_ever(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a")
    stream = lister.objects(bucket)
    assert next(stream).key == "a"
    client = get_client("s3")
    assert [row["Key"] for row in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]
    assert list(stream) == []


def test_a_reader_that_stops_early_stops_the_listing(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b", "c")
    stream = lister.objects(bucket, extra_args={"MaxKeys": 1})
    assert next(stream).key == "a"
    stream.close()  # type: ignore[attr-defined]


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError, match="'no-such-bucket'"):
        list(lister.objects("no-such-bucket"))


def test_a_wrong_secret(signed_aws: LocalAWS, bucket: str, settings: Settings) -> None:
    credentials = {**signed_aws.credentials, "aws_secret_access_key": "wrong"}
    settings.AWS = {**signed_aws.settings, "credentials": credentials}
    with pytest.raises(CredentialsError, match="signature"):
        list(lister.objects(bucket))


def test_the_right_secret(signed_aws: LocalAWS, bucket: str) -> None:
    put(signed_aws, bucket, "a b+c")
    assert [item.key for item in lister.objects(bucket, prefix="a b+")] == ["a b+c"]


def test_no_network(settings: Settings) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "timeouts": {"commands": {"max_attempts": 1}},
    }
    with pytest.raises(NetworkError, match="cannot be reached"):
        list(lister.objects("some-bucket"))


@pytest.mark.aws_servers("ministack")
def test_a_store_that_repeats_itself_is_found_out(
    aws: LocalAWS, make_bucket: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = make_bucket()
    put(aws, bucket, "a", "b")
    # No local server does this; stores have, and a tool that believed them ran for ever.
    monkeypatch.setattr(listxml, "next_token", lambda body: "again")
    with pytest.raises(ServiceError, match="same page"):
        list(itertools.islice(lister.objects(bucket, extra_args={"MaxKeys": 1}), 9))


@pytest.mark.aws_servers("ministack")
def test_a_reader_that_stops_does_not_wait_for_the_page_that_is_on_its_way(
    aws: LocalAWS,
    bucket: str,
    proxy: FaultProxy,  # noqa: F811
) -> None:
    put(aws, bucket, "a", "b")
    proxy.set({"do": "stall", "pause": 30, "path": "continuation"})
    stream = lister.objects(bucket, extra_args={"MaxKeys": 1})
    assert next(stream).key == "a"
    proxy.wait_for(lambda report: sum(report["done"]))
    begun = time.monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 5


def test_a_prefix_is_a_text(ministack: LocalAWS) -> None:
    with pytest.raises(UsageError, match="prefix is 5"):
        list(lister.objects("bucket", prefix=5))  # type: ignore[arg-type]
