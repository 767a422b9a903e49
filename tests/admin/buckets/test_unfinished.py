from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from philo_aws.admin.addresses import pack
from philo_aws.admin.buckets import unfinished
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.admin.stores import Answer, Asked, Store, refusal, serving
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

BUCKET = "/admin/philo_aws/bucket/some-bucket/"


def begin(aws: LocalAWS, bucket: str, key: str) -> str:
    """Begin an upload, of which one part arrives; return the value of its box."""
    s3 = aws.client("s3")
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=1, Body=b"part")
    return f"{pack(key)} {pack(upload_id)}"


def left(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_multipart_uploads(Bucket=bucket)
    return [item["Key"] for item in answer.get("Uploads", ())]


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_what_is_unfinished_is_seen_and_given_up(
    aws: LocalAWS,
    pages: Pages,
    calls: list[str],
    history: Callable[[str], list[str]],
    text_of: Callable[[Any], str],
) -> None:
    values = [begin(aws, pages.bucket, key) for key in ("d/a", "d/e/b", "other")]
    shown = text_of(pages.get("unfinished", prefix="d/"))
    assert "2 unfinished uploads" in shown
    assert "e/b" in shown
    assert "other" not in shown
    assert calls == ["ListMultipartUploads"]
    # It asks first.
    query = {"prefix": "d/"}
    asked = pages.client.post(pages.path("give-up-uploads", **query), {"select_upload": values[:2]})
    assert "2 unfinished uploads are given up." in text_of(asked)
    assert left(aws, pages.bucket) == ["d/a", "d/e/b", "other"]
    calls.clear()
    done = pages.post("give-up-uploads", {"select_upload": values[:2]}, **query)
    assert done.headers["Location"] == pages.path("unfinished", **query)
    assert messages_of(done) == "2 unfinished uploads were given up."
    assert calls == ["AbortMultipartUpload"] * 2
    assert left(aws, pages.bucket) == ["other"]
    assert history(pages.bucket) == ["Gave up 2 unfinished uploads: 'd/a', 'd/e/b'."]


def test_who_sees_a_folder_gives_up_what_is_in_it(
    aws: LocalAWS, pages: Pages, settings: Settings, staff: Callable[..., Client]
) -> None:
    inside, beside = (begin(aws, pages.bucket, key) for key in ("d/a", "other"))
    settings.AWS = settings.AWS | {"access": [{"groups": ["*"], "buckets": [f"{pages.bucket}/d/"]}]}
    client = staff("view_bucket", "list_objects", "upload_object")
    shown = client.get(pages.path("unfinished", prefix="d/")).content.decode()
    way = pages.path("give-up-uploads", prefix="d/")
    assert way in shown
    for values in ([beside], [inside, beside]):
        answer = client.post(way, {"select_upload": values, "confirm": "yes"})
        assert answer.status_code == 403
    assert left(aws, pages.bucket) == ["d/a", "other"]
    assert client.post(way, {"select_upload": inside, "confirm": "yes"}).status_code == 302
    assert left(aws, pages.bucket) == ["other"]


def test_what_ended_meanwhile_is_as_good(
    aws: LocalAWS,
    pages: Pages,
    history: Callable[[str], list[str]],
    text_of: Callable[[Any], str],
) -> None:
    value = begin(aws, pages.bucket, "a")
    for told in (
        "1 unfinished upload was given up.",
        "0 unfinished uploads were given up. 1 was not there any more.",
    ):
        pages.post("give-up-uploads", {"select_upload": value})
        assert told in text_of(pages.get("unfinished"))
    # What was gone already was not done a second time.
    assert history(pages.bucket) == ["Gave up 1 unfinished upload: 'a'."]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_hostile_keys_are_text(
    aws: LocalAWS, pages: Pages, key: str, text_of: Callable[[Any], str]
) -> None:
    value = begin(aws, pages.bucket, key)
    body = pages.get("unfinished").content.decode()
    for danger in ("<script>alert", "<img src=x", "\u202e"):
        assert danger not in body
    pages.post("give-up-uploads", {"select_upload": value})
    assert left(aws, pages.bucket) == []


def test_what_may_still_be_running_says_so(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[Any], str]
) -> None:
    begin(aws, pages.bucket, "a")
    assert "may still be running" in text_of(pages.get("unfinished"))
    # No server lets an upload be older than it is.
    later = timezone.now() + 2 * unfinished.YOUNG
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert "may still be running" not in text_of(pages.get("unfinished"))


def test_nothing_is_unfinished(aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]) -> None:
    assert "No unfinished uploads here." in text_of(pages.get("unfinished"))


@pytest.mark.parametrize("values", [[], [""], ["a"], [" "], ["%"]])
def test_without_a_selection_nothing_is_done(
    aws: LocalAWS, pages: Pages, calls: list[str], values: list[str]
) -> None:
    done = pages.post("give-up-uploads", {"select_upload": values})
    assert done.headers["Location"] == pages.path("unfinished")
    assert messages_of(done) == "Nothing was selected."
    assert calls == []


@pytest.mark.parametrize(
    "codenames", [(), ("view_bucket", "list_objects"), ("view_bucket", "upload_object")]
)
def test_it_wants_both_permissions(
    staff: Callable[..., Client], bucket: str, codenames: tuple[str, ...]
) -> None:
    pages = Pages(staff(*codenames), bucket)
    assert pages.get("unfinished").status_code == 403
    assert pages.post("give-up-uploads", {"select_upload": "a b"}).status_code == 403


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as running:
        settings.AWS = running.settings()
        yield running


def test_what_could_not_be_given_up_says_why(
    store: Store, admin_client: Client, history: Callable[[str], list[str]]
) -> None:
    def answer(asked: Asked) -> Answer:
        if "/good" in asked.path:
            return Answer(204, b"")
        return refusal(asked, "AccessDenied", 403)

    store.answer = answer
    data = {"confirm": "yes", "select_upload": ["good 1", "bad 2"]}
    done = admin_client.post(f"{BUCKET}give-up-uploads/", data)
    told = messages_of(done)
    assert told.startswith("1 unfinished upload was given up. 1 was not: ")
    assert history("some-bucket") == ["Gave up 1 unfinished upload: 'good'."]


def test_a_list_that_is_refused_is_a_page(store: Store, admin_client: Client) -> None:
    response = admin_client.get(f"{BUCKET}unfinished/")
    assert response.status_code == 200
    assert b"aws-table" not in response.content
