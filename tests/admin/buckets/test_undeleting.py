"""What was deleted: which folders hold some, several and whole folders are brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import Settings

from philo_aws import s3
from philo_aws.admin.buckets.undeleting import UndeleteView
from philo_aws.s3.web import deleted, undeleting
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.admin.buckets.test_removal import hidden_of, keys_of
from tests.admin.stores import Answer, Asked, Store, serving
from tests.servers import LocalAWS

READS = ["GetBucketVersioning", "ListObjectVersions"]


@pytest.fixture
def kept(aws: LocalAWS, bucket: str) -> Callable[..., None]:
    client = aws.client("s3")
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})

    def fill(*gone: str, there: tuple[str, ...] = ()) -> None:
        for key in (*gone, *there):
            client.put_object(Bucket=bucket, Key=key, Body=b"12345")
        for key in gone:
            client.delete_object(Bucket=bucket, Key=key)

    return fill


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_a_bucket_without_versions_says_so(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    text = text_of(pages.get("deleted"))
    assert "The bucket keeps no versions: what is deleted is gone for good." in text
    assert "Switch versions on in the settings" in text
    s3.put_bucket_versioning(pages.bucket, {"Status": "Suspended"})
    assert "Versions are suspended" in text_of(pages.get("deleted"))
    s3.put_bucket_versioning(pages.bucket, {"Status": "Enabled"})
    text = text_of(pages.get("deleted"))
    assert "suspended" not in text
    assert "No deleted objects here." in text


def test_folders_that_hold_some_are_shown_and_no_others(
    aws: LocalAWS,
    pages: Pages,
    kept: Callable[..., None],
    text_of: Callable[[Any], str],
    calls: list[str],
) -> None:
    kept("a.txt", "d/1", "d/e/2", there=("f/3", "b.txt"))
    calls.clear()
    text = text_of(pages.get("deleted"))
    assert sorted(calls) == READS
    assert "d/ – 2 deleted objects" in text
    assert "a.txt 5" in text
    assert "f/" not in text
    assert "b.txt" not in text
    inner = text_of(pages.get("deleted", prefix="d/"))
    assert "e/ – 1 deleted object" in inner


def test_several_and_a_folder_are_brought_back(
    aws: LocalAWS,
    pages: Pages,
    kept: Callable[..., None],
    text_of: Callable[[Any], str],
    history: Callable[[str], list[str]],
) -> None:
    kept("a", "b", "c", "d/1", "d/e/2", there=("d/x",))
    asked = pages.client.post(
        pages.path("undelete"), {"select_key": ["a", "b"], "select_folder": ["d/"]}
    )
    text = text_of(asked)
    assert "4 objects will be brought back." in text
    assert keys_of(aws, pages.bucket) == ["d/x"]
    step = pages.post("undelete", hidden_of(asked))
    assert "2 objects were brought back." in text_of(step)
    answer = pages.post("undelete", hidden_of(step))
    assert answer.headers["Location"] == pages.path("deleted")
    assert said(answer) == "4 objects were brought back."
    assert keys_of(aws, pages.bucket) == ["a", "b", "d/1", "d/e/2", "d/x"]
    assert history(pages.bucket) == ["Undeleted 'd/', 'a', 'b': 4 objects."]


@pytest.mark.aws_servers("ministack")
def test_what_was_deleted_twice_comes_back_too(
    aws: LocalAWS,
    pages: Pages,
    kept: Callable[..., None],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    kept("a")
    aws.client("s3").delete_object(Bucket=pages.bucket, Key="a")
    url = links_of(pages.get("deleted"))["Undelete"]
    assert url == pages.path("undelete", key="a")
    pages.client.post(url, {"confirm": "yes", **hidden_of(pages.client.get(url))})
    assert keys_of(aws, pages.bucket) == ["a"]


@pytest.mark.aws_servers("ministack")
def test_keys_of_any_characters(aws: LocalAWS, pages: Pages, kept: Callable[..., None]) -> None:
    kept(*HOSTILE_KEYS)
    body = pages.get("deleted").content.decode()
    assert "<script>alert" not in body
    folders = {key.partition("/")[0] + "/" for key in HOSTILE_KEYS if "/" in key}
    keys = [key for key in HOSTILE_KEYS if "/" not in key]
    asked = pages.client.post(
        pages.path("undelete"), {"select_key": keys, "select_folder": sorted(folders)}
    )
    answer = pages.post("undelete", hidden_of(asked))
    while answer.status_code == 200:
        answer = pages.post("undelete", hidden_of(answer))
    assert sorted(keys_of(aws, pages.bucket)) == sorted(HOSTILE_KEYS)


@pytest.mark.aws_servers("ministack")
def test_steps_go_on_until_all_are_back(
    aws: LocalAWS, pages: Pages, kept: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UndeleteView, "step_seconds", 0.0)
    monkeypatch.setattr(undeleting, "AT_ONCE", 2)
    kept("a", "b", "c", "d", "e")
    answer = pages.post("undelete", {"select_key": list("abcde")})
    steps = 1
    while answer.status_code == 200:
        answer, steps = pages.post("undelete", hidden_of(answer)), steps + 1
    assert steps == 3
    assert said(answer) == "5 objects were brought back."


@pytest.mark.aws_servers("ministack")
def test_who_may_not_restore_is_offered_nothing(
    aws: LocalAWS, bucket: str, kept: Callable[..., None], staff: Callable[..., Client]
) -> None:
    kept("a")
    looking = Pages(staff("list_objects"), bucket)
    body = looking.get("deleted").content.decode()
    assert 'name="select_key"' not in body
    assert "undelete/" not in body
    assert "rewind/" not in body
    for page in ("undelete", "rewind"):
        assert looking.get(page, select_key="a").status_code == 403
        assert looking.post(page, {"select_key": "a"}).status_code == 403
    assert keys_of(aws, bucket) == []


@pytest.fixture
def endless(settings: Settings) -> Iterator[Store]:
    """A store with more versions than a page looks at, none of them deleted."""

    def answer(asked: Asked) -> Answer:
        if "versioning" in asked.query:
            return Answer(200, b"<VersioningConfiguration/>")
        number = int(asked.query.get("key-marker") or 0)
        rows = "".join(
            f"<Version><Key>{number + n:07}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>"
            "<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>e</ETag><Size>1</Size>"
            "</Version>"
            for n in range(1, 1001)
        )
        after = f"{number + 1000:07}"
        body = (
            "<ListVersionsResult><IsTruncated>true</IsTruncated>"
            f"<NextKeyMarker>{after}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>"
            f"{rows}</ListVersionsResult>"
        )
        return Answer(200, body.encode())

    with serving(answer) as running:
        settings.AWS = running.settings()
        yield running


def test_a_page_looks_at_so_many_versions_and_says_so(
    endless: Store, admin_client: Client, text_of: Callable[[Any], str]
) -> None:
    response = admin_client.get("/admin/philo_aws/bucket/media/deleted/")
    listings = [asked for asked in endless.asked if "versions" in asked.query]
    assert len(listings) == deleted.SCAN_PAGES
    text = text_of(response)
    assert "No deleted objects among the first 5,000 versions. There are more." in text
    # The last key is looked at anew, as it may have more versions than came.
    assert "after_key=0004999" in response.content.decode()
