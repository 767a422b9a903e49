"""What a batch knows of the store: one listing, or a question for each name."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from philo_aws.storage import S3Storage
from philo_aws.storage.batch import aside
from philo_aws.storage.there import Asked, Listed, There
from tests.servers import LocalAWS

KEYS = ("static/a.css", "static/img/a.png", "static/img/b/c.png", "static-old/x", "y")
ODD = ("static/", "static/empty/", "static/a//b", "static/./c", "static/d\\e")


@pytest.fixture
def storage(aws: LocalAWS, bucket: str) -> S3Storage:
    for key in KEYS:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"text")
    return S3Storage(bucket=bucket, location="static")


@pytest.fixture(params=["listed", "asked"])
def there(request: pytest.FixtureRequest, storage: S3Storage) -> There:
    return Listed(storage.remote()) if request.param == "listed" else Asked(storage, aside)


def test_files_and_folders(there: There) -> None:
    assert all(map(there.exists, ("a.css", "img/a.png", "img/b/c.png", "img", "img/b")))
    assert not any(map(there.exists, ("x", "y", "b.css", "im", "img/a", "static")))
    assert there.listdir("") == (["img"], ["a.css"])
    assert there.listdir("img") == (["b"], ["a.png"])
    assert there.listdir("none") == ([], [])


def test_what_is_forgotten_is_not_there_and_may_have_been(there: There) -> None:
    there.forget("a.css")
    there.forget("img/a.png")
    assert not there.exists("a.css")
    assert there.listdir("") == (["img"], [])
    assert there.listdir("img") == (["b"], [])
    assert there.may_have("a.css")
    there.forget("img/b/c.png")
    assert not there.exists("img/b/c.png")


@pytest.mark.aws_servers("ministack")
def test_the_location_is_listed_once(storage: S3Storage, aws: LocalAWS) -> None:
    there = Listed(storage.remote())
    assert there.may_have("none")  # before it is listed
    assert there.exists("a.css")
    assert not there.may_have("none")
    storage.save("later", ContentFile(b"later"))
    assert not there.exists("later")
    assert set(there.objects()) == {"a.css", "img/a.png", "img/b/c.png"}


@pytest.mark.aws_servers("ministack")
def test_keys_that_no_name_leads_to_are_left_alone(storage: S3Storage, aws: LocalAWS) -> None:
    for key in ODD:
        aws.client("s3").put_object(Bucket=storage.bucket, Key=key, Body=b"")
    there = Listed(storage.remote())
    assert set(there.objects()) == {"a.css", "img/a.png", "img/b/c.png"}
    assert there.listdir("") == (["img"], ["a.css"])
