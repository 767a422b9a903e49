from __future__ import annotations

import urllib.request

import pytest

from philo_aws.exceptions import (
    AWSError,
    ConflictError,
    IncompleteError,
    InvalidRequestError,
)
from philo_aws.s3.web import browser_uploads
from tests.servers import LocalAWS

MIB = 1024**2
PART = bytes(range(256)) * (8 * MIB // 256)


def read(aws: LocalAWS, bucket: str, key: str) -> bytes:
    return bytes(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def pending(aws: LocalAWS, bucket: str) -> int:
    return len(aws.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", []))


@pytest.mark.parametrize(
    ("size", "part_size"),
    [
        (0, 8 * MIB),
        (10_000 * 8 * MIB, 8 * MIB),
        (10_000 * 8 * MIB + 1, 9 * MIB),
        (5 * 1024**4, 525 * MIB),
        (50_000 * 1024**3, 5 * 1024**3),
    ],
)
def test_parts_grow_with_the_object(size: int, part_size: int) -> None:
    assert browser_uploads.part_size_for(size) == part_size
    assert -(-size // part_size) <= 10_000


@pytest.mark.parametrize("size", [-1, 50_000 * 1024**3 + 1])
def test_what_no_object_can_hold_is_refused(size: int) -> None:
    with pytest.raises(InvalidRequestError, match=r"48\.8 TiB"):
        browser_uploads.part_size_for(size)


def test_parts_in_any_order_from_here_and_by_a_link(aws: LocalAWS, bucket: str) -> None:
    size = len(PART) + 3
    begun = browser_uploads.begin(bucket, "d/ä.bin", size, content_type="video/mp4")
    assert begun.part_size == len(PART)
    browser_uploads.send_part(bucket, "d/ä.bin", begun.upload_id, 2, b"end")
    link = browser_uploads.sign_part(bucket, "d/ä.bin", begun.upload_id, 1)
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(link.url, data=PART, headers=headers, method="PUT")
    with urllib.request.urlopen(request):
        pass
    browser_uploads.finish(bucket, "d/ä.bin", begun.upload_id, size)
    assert read(aws, bucket, "d/ä.bin") == PART + b"end"
    head = aws.client("s3").head_object(Bucket=bucket, Key="d/ä.bin")
    assert head["ContentType"] == "video/mp4"


@pytest.mark.parametrize("sent", [b"", b"short"])
def test_what_did_not_arrive_as_a_whole_is_no_object(
    aws: LocalAWS, bucket: str, sent: bytes
) -> None:
    begun = browser_uploads.begin(bucket, "a", 10)
    if sent:
        browser_uploads.send_part(bucket, "a", begun.upload_id, 1, sent)
    with pytest.raises(IncompleteError, match=f"Only {len(sent)} of the 10 bytes of 'a'"):
        browser_uploads.finish(bucket, "a", begun.upload_id, 10)
    assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_what_is_there_is_replaced_only_when_asked(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"old")
    with pytest.raises(ConflictError, match="'a'"):
        browser_uploads.begin(bucket, "a", 3)
    assert pending(aws, bucket) == 0
    begun = browser_uploads.begin(bucket, "a", 3, overwrite=True)
    browser_uploads.send_part(bucket, "a", begun.upload_id, 1, b"new")
    browser_uploads.finish(bucket, "a", begun.upload_id, 3, overwrite=True)
    assert read(aws, bucket, "a") == b"new"


@pytest.mark.aws_servers("ministack")
def test_what_came_to_be_meanwhile_is_kept(aws: LocalAWS, bucket: str) -> None:
    begun = browser_uploads.begin(bucket, "a", 3)
    browser_uploads.send_part(bucket, "a", begun.upload_id, 1, b"new")
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"old")
    with pytest.raises(ConflictError):
        browser_uploads.finish(bucket, "a", begun.upload_id, 3)
    assert read(aws, bucket, "a") == b"old"


def test_an_upload_given_up_leaves_nothing(aws: LocalAWS, bucket: str) -> None:
    begun = browser_uploads.begin(bucket, "a", 3)
    browser_uploads.send_part(bucket, "a", begun.upload_id, 1, b"new")
    assert pending(aws, bucket) == 1
    browser_uploads.abort(bucket, "a", begun.upload_id)
    assert pending(aws, bucket) == 0
    with pytest.raises(AWSError):
        browser_uploads.finish(bucket, "a", begun.upload_id, 3)


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_a_part_has_a_number(ministack: LocalAWS, number: int) -> None:
    with pytest.raises(InvalidRequestError, match="1 to 10,000"):
        browser_uploads.sign_part("some-bucket", "a", "upload", number)
    with pytest.raises(InvalidRequestError, match="1 to 10,000"):
        browser_uploads.send_part("some-bucket", "a", "upload", number, b"")
