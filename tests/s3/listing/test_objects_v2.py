from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import BucketNotFoundError, InvalidRequestError, RegionError
from philo_aws.s3.listing import paging
from tests.s3.files.test_tree import plant
from tests.s3.scripted import ONCE, by_token, page, scripted
from tests.servers import LocalAWS


def test_all_pages_are_merged_into_botos_dict(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path, *(f"{number:04}" for number in range(1003)))
    s3.upload_dir(tmp_path, bucket)
    answer = s3.list_objects_v2(bucket)
    assert [row["Key"] for row in answer["Contents"]] == [f"{n:04}" for n in range(1003)]
    assert answer["KeyCount"] == 1003
    assert answer["IsTruncated"] is False
    assert "NextContinuationToken" not in answer
    own = aws.client("s3").list_objects_v2(Bucket=bucket)
    assert answer["Contents"][:1000] == own["Contents"]
    assert own.keys() - {"NextContinuationToken"} <= answer.keys()


def test_an_empty_bucket(bucket: str) -> None:
    answer = s3.list_objects_v2(bucket, "us-east-1")
    assert answer["Contents"] == []
    assert answer["KeyCount"] == 0


def test_a_prefix(aws: LocalAWS, bucket: str) -> None:
    for key in ("a/1", "b/1"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    assert [row["Key"] for row in s3.list_objects_v2(bucket, prefix="b/")["Contents"]] == ["b/1"]


def test_what_cannot_be(ministack: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        s3.list_objects_v2("no-such-bucket")
    with pytest.raises(InvalidRequestError, match="no possible bucket name"):
        s3.list_objects_v2("")
    with pytest.raises(RegionError, match="no region name"):
        s3.list_objects_v2("bucket", "EU WEST")


def test_a_delimiter_gives_the_folders_of_all_pages(aws: LocalAWS, bucket: str) -> None:
    for key in ("a", "b/1", "b/2", "c/1", "d"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    found = s3.list_objects_v2(bucket, extra_args={"Delimiter": "/", "MaxKeys": 1})
    assert [row["Key"] for row in found["Contents"]] == ["a", "d"]
    assert found["CommonPrefixes"] == [{"Prefix": "b/"}, {"Prefix": "c/"}]
    assert found["KeyCount"] == 4


def test_pages_of_folders_alone_are_not_empty(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MAX_EMPTY_PAGES", 1)

    def folder(number: int) -> str:
        more = f"<CommonPrefixes><Prefix>{number}/</Prefix></CommonPrefixes>"
        last = number == 5
        token = "" if last else str(number + 1)
        return page(token=token, truncated="false" if last else "true", more=more)

    pages = {str(number or ""): folder(number) for number in range(6)}
    with scripted(settings, by_token(pages), **ONCE):
        found = s3.list_objects_v2("bucket", extra_args={"Delimiter": "/"})
    assert len(found["CommonPrefixes"]) == 6
