from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import BucketNotFoundError, ServiceError, UsageError
from philo_aws.s3.filters import Rule
from philo_aws.s3.listing.folder import Entry
from tests.s3.scripted import page, scripted
from tests.servers import LocalAWS

KEYS = ("a.txt", "css-old/x", "css/", "css/a.css", "css/img/b.png", "css.txt", "z")


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    for key in KEYS:
        body = b"" if key.endswith("/") else key.encode()
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return bucket


def names(bucket: str, **options: Any) -> list[str]:
    return [entry.key for entry in s3.list_folder(bucket, **options)]


def test_one_level(filled: str) -> None:
    assert names(filled) == ["a.txt", "css-old/", "css.txt", "css/", "z"]
    assert names(filled, prefix="css/") == ["css/", "css/a.css", "css/img/"]
    # Of what begins so the folder is one.
    assert names(filled, prefix="css") == ["css-old/", "css.txt", "css/"]
    assert names(filled, prefix="none/") == []


def test_what_is_told(aws: LocalAWS, filled: str) -> None:
    folder, marker, *_ = (
        s3.list_folder(filled, prefix="css"),
        *s3.list_folder(filled, prefix="css/"),
    )
    assert [entry.is_folder for entry in folder] == [True, False, True]
    assert not marker.is_folder
    one = next(s3.list_folder(filled))
    head = aws.client("s3").head_object(Bucket=filled, Key="a.txt")
    assert one.etag == head["ETag"].strip('"')
    assert one.size == 5
    assert one.storage_class == "STANDARD"
    assert one.last_modified.startswith(f"{head['LastModified']:%Y-%m-%dT%H:%M:%S}")
    assert one.version_id == ""


def test_all_that_is_below(filled: str) -> None:
    assert names(filled, recursive=True) == sorted(KEYS)
    assert names(filled, prefix="css/", recursive=True) == ["css/", "css/a.css", "css/img/b.png"]


def test_rules_are_of_what_is_in_the_folder(filled: str) -> None:
    css = [Rule(keep=True, pattern="*.css")]
    assert names(filled, prefix="css/", recursive=True, rules=css) == ["css/a.css"]
    # A folder that may hold a match stays.
    assert names(filled, rules=css) == ["css-old/", "css/"]
    assert names(filled, rules=[Rule(keep=True, pattern="css/*.css")]) == ["css/"]
    no_images = [Rule(keep=False, pattern="img/")]
    assert names(filled, prefix="css/", rules=no_images) == ["css/", "css/a.css"]
    assert names(filled, prefix="css", rules=[Rule(keep=True, pattern="/css.txt")]) == ["css.txt"]


@pytest.fixture
def versioned(aws: LocalAWS, bucket: str) -> str:
    client: Any = aws.client("s3")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"12"):
        client.put_object(Bucket=bucket, Key="b", Body=body)
    client.put_object(Bucket=bucket, Key="a/c", Body=b"123")
    client.delete_object(Bucket=bucket, Key="b")
    return bucket


def test_versions(versioned: str) -> None:
    folder, deleted, new, old = s3.list_folder(versioned, versions=True)
    assert folder == Entry("a/", is_folder=True)
    assert [(entry.key, entry.size) for entry in (deleted, new, old)] == [
        ("b", 0),
        ("b", 2),
        ("b", 1),
    ]
    assert [entry.is_latest for entry in (deleted, new, old)] == [True, False, False]
    assert [entry.is_delete_marker for entry in (deleted, new, old)] == [True, False, False]
    assert len({entry.version_id for entry in (deleted, new, old)} - {""}) == 3
    found = list(s3.list_folder(versioned, versions=True, recursive=True))
    assert [entry.key for entry in found] == ["a/c", "b", "b", "b"]
    assert found[0].last_modified.endswith("Z")


def check_pages(aws: LocalAWS, bucket: str, *, versions: bool) -> None:
    for number in range(7):
        aws.client("s3").put_object(Bucket=bucket, Key=f"{number}/a", Body=b"")
        aws.client("s3").put_object(Bucket=bucket, Key=f"{number}", Body=b"")
    every = sorted(f"{number}{end}" for number in range(7) for end in ("", "/"))
    assert names(bucket, versions=versions, extra_args={"MaxKeys": 3}) == every


def test_more_than_a_page(aws: LocalAWS, bucket: str) -> None:
    check_pages(aws, bucket, versions=False)


def test_more_than_a_page_of_versions(moto: LocalAWS, bucket: str) -> None:
    # ministack gives all folders first, and goes on behind the last of them.
    check_pages(moto, bucket, versions=True)


def test_a_store_that_lists_other_folders(settings: Settings) -> None:
    more = "<CommonPrefixes><Prefix>other/</Prefix></CommonPrefixes>"
    with (
        scripted(settings, lambda request: (200, page(more=more))),
        pytest.raises(ServiceError, match="'other/' for what lies below 'a/'"),
    ):
        names("bucket", prefix="a/")


def test_what_cannot_be(ministack: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        names("there-is-no-such-bucket")
    for options in ({"recursive": 1}, {"versions": "no"}, {"prefix": 5}, {"rules": "*.css"}):
        with pytest.raises(UsageError):
            s3.list_folder("bucket", **options)
    with pytest.raises(UsageError, match="Nothing"):
        s3.list_folder("bucket", extra_args={"Nothing": 1})
