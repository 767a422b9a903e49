from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from philo_aws.exceptions import BucketNotFoundError, ServiceError, UsageError
from philo_aws.s3.web.unfinished import list_unfinished
from tests.admin.stores import Answer, Store, refusal, serving
from tests.servers import LocalAWS


def begin(aws: LocalAWS, bucket: str, *keys: str) -> list[str]:
    s3 = aws.client("s3")
    return [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in keys]


def test_what_was_begun_is_listed(aws: LocalAWS, bucket: str) -> None:
    ids = begin(aws, bucket, "d/a", "d/e/b ü", "x")
    found = list_unfinished(bucket, prefix="d/")
    assert [(each.key, each.upload_id) for each in found.uploads] == [
        ("d/a", ids[0]),
        ("d/e/b ü", ids[1]),
    ]
    assert all(each.begun is not None and each.begun.tzinfo for each in found.uploads)
    assert (found.next_key, found.next_upload_id) == ("", "")


def test_there_is_none(aws: LocalAWS, bucket: str) -> None:
    assert list_unfinished(bucket).uploads == ()


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_limit_that_s3_does_not_take_is_refused(limit: int) -> None:
    with pytest.raises(UsageError):
        list_unfinished("some-bucket", limit=limit)


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        list_unfinished("no-such-bucket-here")


# Stores that lie, and pages: the servers of the tests give all uploads in one.


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as running:
        settings.AWS = running.settings()
        yield running


def listing(*keys: str, more: str = "") -> Answer:
    date = "2026-01-02T03:04:05.000Z"
    uploads = "".join(
        f"<Upload><Key>{key}</Key><UploadId>{key}-1</UploadId><Initiated>{date}</Initiated></Upload>"
        for key in keys
    )
    body = (
        "<ListMultipartUploadsResult><Bucket>some-bucket</Bucket>"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}{uploads}"
        "</ListMultipartUploadsResult>"
    )
    return Answer(200, body.encode())


MORE = "<NextKeyMarker>d/b</NextKeyMarker><NextUploadIdMarker>d/b-1</NextUploadIdMarker>"


def test_the_next_page_is_asked_for_by_both_markers(store: Store) -> None:
    store.answer = lambda asked: listing("d/a", "d/b", more=MORE)
    page = list_unfinished("some-bucket", prefix="d/", limit=2)
    assert (page.next_key, page.next_upload_id) == ("d/b", "d/b-1")
    store.answer = lambda asked: listing("d/c")
    page = list_unfinished(
        "some-bucket", prefix="d/", key_marker="d/b", upload_id_marker="d/b-1", limit=2
    )
    assert page.next_key == ""
    given = {"key-marker": "d/b", "upload-id-marker": "d/b-1", "max-uploads": "2", "prefix": "d/"}
    assert given.items() <= store.asked[-1].query.items()


def test_a_store_that_turns_in_circles_is_no_list(store: Store) -> None:
    store.answer = lambda asked: listing("d/b", more=MORE)
    with pytest.raises(ServiceError, match="same page"):
        list_unfinished("some-bucket", key_marker="d/b", upload_id_marker="d/b-1")


def test_what_was_not_asked_for_is_not_shown(store: Store) -> None:
    store.answer = lambda asked: listing("other/a")
    with pytest.raises(ServiceError, match="lies below"):
        list_unfinished("some-bucket", prefix="d/")
