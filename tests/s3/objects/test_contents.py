from __future__ import annotations

import io
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    InvalidRequestError,
    ObjectNotFoundError,
    ServiceError,
    UsageError,
)
from philo_aws.limits import MIB
from philo_aws.s3.objects.contents import blocks
from tests.s3.engine.bare import bare_store
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy
from tests.s3.objects.test_reading import stored
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]


@pytest.mark.parametrize("size", [0, 1, MIB, 5 * MIB + 3])
def test_all_of_it(aws: LocalAWS, bucket: str, size: int) -> None:
    content = stored(aws, bucket, size)
    assert s3.read_object(bucket, "k") == content
    with s3.open_object(bucket, "k") as reader:
        assert reader.readall() == content
        reader.seek(0)
        assert b"".join(blocks(reader, "k")) == content


def test_some_bytes(aws: LocalAWS, bucket: str) -> None:
    content = stored(aws, bucket, 300)
    assert s3.read_object(bucket, "k", byte_range="0-99") == content[:100]
    assert s3.read_object(bucket, "k", byte_range="-7", limit=7) == content[-7:]
    with s3.open_object(bucket, "k", byte_range="100-") as reader:
        assert reader.readall() == content[100:]
    with pytest.raises(UsageError, match="no range of bytes"):
        s3.read_object(bucket, "k", byte_range="a")


def test_lines_of_text(aws: LocalAWS, bucket: str) -> None:
    text = "caf\xe9\n" * 300_000
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=text.encode())
    with s3.open_object(bucket, "k") as raw, io.TextIOWrapper(io.BufferedReader(raw)) as lines:
        assert sum(line == "caf\xe9\n" for line in lines) == 300_000


def test_a_version(ministack: LocalAWS, bucket: str) -> None:
    client: Any = ministack.client("s3")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
    client.put_object(Bucket=bucket, Key="k", Body=b"new")
    assert s3.read_object(bucket, "k") == b"new"
    assert s3.read_object(bucket, "k", version_id=old) == b"old"
    with s3.open_object(bucket, "k", version_id=old, byte_range="1-") as reader:
        assert reader.read() == b"ld"


def test_more_than_may_be_held(aws: LocalAWS, bucket: str) -> None:
    content = stored(aws, bucket, 300)
    with pytest.raises(InvalidRequestError, match="300 bytes, and 299 are the limit") as error:
        s3.read_object(bucket, "k", limit=299)
    assert error.value.code == "EntityTooLarge"
    assert s3.read_object(bucket, "k", limit=300) == content
    assert s3.read_object(bucket, "k", limit=None) == content
    with pytest.raises(UsageError, match="limit"):
        s3.read_object(bucket, "k", limit=-1)


def test_what_is_not_there(aws: LocalAWS, bucket: str) -> None:
    for function in (s3.read_object, s3.open_object):
        with pytest.raises(ObjectNotFoundError, match="no object 'k'"):
            function(bucket, "k")


class TestProof:
    @pytest.mark.parametrize("size", [100, 3 * MIB])
    def test_an_etag_that_is_an_md5_and_of_other_bytes(self, settings: Settings, size: int) -> None:
        with bare_store() as store:
            store.body = bytes(size)
            store.give = lambda body: b"x" + body[1:]
            settings.AWS = store.settings()
            with pytest.raises(ServiceError, match="do not match their checksum or ETag") as error:
                s3.read_object("bucket", "k")
            assert error.value.code == "ChecksumMismatch"
            # A part of it has no proof, and what was begun elsewhere has none.
            assert s3.read_object("bucket", "k", byte_range="0-9") == b"x" + bytes(9)
            with s3.open_object("bucket", "k") as reader:
                reader.seek(50)
                assert b"".join(blocks(reader, "k")) == bytes(size - 50)

    def test_a_store_whose_etags_only_look_like_one(self, settings: Settings) -> None:
        with bare_store() as store:
            store.body = b"content"
            store.etag = lambda body: "0" * 32
            settings.AWS = store.settings()
            with pytest.raises(ServiceError, match="AWS_RESPONSE_CHECKSUM_VALIDATION"):
                s3.read_object("bucket", "k")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
                settings.AWS = store.settings(region="eu-west-1")
                assert s3.read_object("bucket", "k") == b"content"

    @pytest.mark.aws_servers("ministack")
    def test_a_connection_that_broke_in_between_is_no_way_around_it(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        stored(aws, bucket, 5 * MIB, ChecksumAlgorithm="CRC32")
        # boto compares what comes in one piece alone; here the second piece is damaged.
        proxy.set(
            {"do": "truncate", "method": "GET", "times": 1},
            {"do": "damage", "method": "GET", "times": 1},
        )
        with pytest.raises(ServiceError) as error:
            s3.read_object(bucket, "k")
        assert error.value.code == "ChecksumMismatch"
