from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.utils import translation

from philo_aws.admin.buckets.emptying import EmptyBucketView
from philo_aws.exceptions import AccessDeniedError
from philo_aws.s3.web import emptysteps
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of
from tests.servers import LocalAWS

# moto finds nothing after a version that is gone.
pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def full(aws: LocalAWS, pages: Pages) -> LocalAWS:
    """Two objects, three older versions, two marks, an upload."""
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=pages.bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "a", "b", "c", "new\nline"):
        s3.put_object(Bucket=pages.bucket, Key=key, Body=b"x")
    for key in ("b", "c"):
        s3.delete_object(Bucket=pages.bucket, Key=key)
    s3.create_multipart_upload(Bucket=pages.bucket, Key="u")
    return aws


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def names_of(aws: LocalAWS) -> list[str]:
    return [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]


def test_it_says_what_the_bucket_holds_by_two_requests(
    full: LocalAWS, pages: Pages, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    text = text_of(pages.get("empty"))
    assert (
        "It holds 2 objects. 3 older versions are kept. 2 marks say that an object was deleted. "
        "1 upload was begun and not finished." in text
    )
    assert "nothing of it can be brought back" in text
    assert sorted(calls) == ["ListMultipartUploads", "ListObjectVersions"]
    assert len(full.client("s3").list_object_versions(Bucket=pages.bucket)["Versions"]) == 5


def test_nothing_goes_before_the_name_is_typed(full: LocalAWS, pages: Pages) -> None:
    for wrong in ("", "another"):
        answer = pages.post("empty", {"typed_name": wrong})
        assert 'class="errornote"' in answer.content.decode()
    assert len(full.client("s3").list_object_versions(Bucket=pages.bucket)["Versions"]) == 5


def test_all_of_it_goes_and_the_bucket_stays(
    full: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    response = pages.post("empty", {"typed_name": pages.bucket})
    assert response.headers["Location"] == pages.path("change")
    assert told(response) == [
        "7 objects, versions and marks were deleted. 1 unfinished upload was aborted."
    ]
    answer = full.client("s3").list_object_versions(Bucket=pages.bucket)
    assert not answer.get("Versions")
    assert not answer.get("DeleteMarkers")
    assert not full.client("s3").list_multipart_uploads(Bucket=pages.bucket).get("Uploads")
    assert history(pages.bucket) == ["Emptied: 7 versions and delete markers, 1 unfinished upload."]


def test_in_steps_with_how_far_it_is_and_then_the_bucket(
    full: LocalAWS,
    pages: Pages,
    monkeypatch: pytest.MonkeyPatch,
    text_of: Callable[[Any], str],
) -> None:
    monkeypatch.setattr(EmptyBucketView, "step_seconds", 0.0)
    monkeypatch.setattr(emptysteps, "PAGE", 3)
    asked = pages.get("empty", delete="1")
    assert "Empty and delete bucket" in text_of(asked)
    assert 'name="then_delete"' in asked.content.decode()
    assert " checked" in asked.content.decode()
    data = {**hidden_of(asked), "typed_name": pages.bucket, "then_delete": "on"}
    response = pages.post("empty", data, delete="1")
    assert '<progress class="aws-progress" value="3" max="8"' in response.content.decode()
    seen = []
    while response.status_code == 200:
        seen.append(text_of(response))
        response = pages.post("empty", hidden_of(response), delete="1")
    assert "3 objects, versions and marks were deleted." in seen[0]
    assert "7 objects, versions and marks were deleted." in seen[2]
    assert response.headers["Location"] == "/admin/philo_aws/bucket/"
    assert told(response)[0].endswith(f"The bucket “{pages.bucket}” was deleted.")
    assert pages.bucket not in names_of(full)
    assert LogEntry.objects.filter(object_id=pages.bucket).latest("pk").is_deletion()


def test_what_is_refused_is_told_and_the_bucket_is_kept(
    full: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No local server locks objects.
    def locked(remote: Any, batch: Any, answers: list[Any]) -> None:
        answers += [(item, AccessDeniedError("It is locked.")) for item in batch]

    monkeypatch.setattr(emptysteps, "delete_batch", locked)
    data = {"typed_name": pages.bucket, "then_delete": "on"}
    response = pages.post("empty", data)
    assert "7 were not: It is locked." in told(response)[0]
    assert "1 unfinished upload was aborted." in told(response)[0]
    assert pages.bucket in names_of(full)


def test_what_came_meanwhile_keeps_the_bucket(
    full: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = emptysteps.empty_step

    def late(*args: Any, **options: Any) -> Any:
        step = real(*args, **options)
        full.client("s3").put_object(Bucket=pages.bucket, Key="late", Body=b"")
        return step

    monkeypatch.setattr("philo_aws.admin.buckets.emptying.empty_step", late)
    response = pages.post("empty", {"typed_name": pages.bucket, "then_delete": "on"})
    assert "The bucket was not deleted: " in told(response)[0]
    assert "is not empty" in told(response)[0]
    assert pages.bucket in names_of(full)


def test_it_is_said_in_german(full: LocalAWS, pages: Pages, text_of: Callable[[Any], str]) -> None:
    with translation.override("de"):
        text = text_of(pages.get("empty"))
    assert "Er enthält 2 Objekte. 3 ältere Versionen sind aufbewahrt." in text
