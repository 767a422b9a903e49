"""The example's handler: a function, called with messages as a consumer would make them."""

from __future__ import annotations

import importlib
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from example_project.pictures import landscape, thumbnail
from example_project.storages import storages
from philo_aws.sqs.consumer import Message, Reject, registry
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.source import Source
from philo_aws.storage import S3Storage
from tests.example_project.test_photos import add, keys, sources
from tests.servers import LocalAWS

if TYPE_CHECKING:
    from example_project.models import Photo

PICTURE = landscape("Dawn")


@pytest.fixture
def photos(aws: LocalAWS, bucket: str, queue_url: str, site: None, db: None, settings: Any) -> str:
    """The queue that uploads are told to; their files are in a bucket."""
    settings.STORAGES = storages(media_bucket=bucket, static_bucket="", folder=Path())
    settings.EXAMPLE_PHOTOS_QUEUE_URL = queue_url
    return queue_url


@pytest.fixture
def handler(photos: str) -> Iterator[Handler]:
    """What the module has noted for the queue."""
    registry.forget()
    from example_project import sqs_handlers

    importlib.reload(sqs_handlers)
    (noted,) = registry.handlers()
    yield noted
    registry.forget()


def handle(handler: Handler, body: str) -> None:
    raw = {"MessageId": "m", "ReceiptHandle": "r", "Body": body}
    handler.function(Message(Source(handler), raw, begun=0, lease=60))


def model() -> type[Photo]:
    """The model, which cannot be imported before its app is there."""
    from example_project.models import Photo

    return Photo


def make(
    capture: Any, content: bytes = PICTURE, name: str = "hills.jpg", title: str = "Hills"
) -> Photo:
    """A photo, saved; what waits for the end of the transaction is done."""
    with capture(execute=True):
        return model().objects.create(title=title, image=ContentFile(content, name))


def bodies(aws: LocalAWS, queue_url: str) -> list[str]:
    """What is in the queue, taken out of it."""
    found: list[str] = []
    client = aws.client("sqs")
    while came := client.receive_message(QueueUrl=queue_url).get("Messages"):
        found += [message["Body"] for message in came]
    return found


class TestSending:
    def test_an_upload_is_told_to_the_queue(
        self,
        aws: LocalAWS,
        photos: str,
        staff: Any,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            add(staff)
        photo = model().objects.get()
        assert bodies(aws, photos) == [json.dumps({"photo": photo.pk})]

    def test_nobody_is_told_of_a_row_that_is_not_there_yet(
        self, aws: LocalAWS, photos: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            model().objects.create(title="Hills", image=ContentFile(PICTURE, "hills.jpg"))
            transaction.set_rollback(True)
        assert bodies(aws, photos) == []

    def test_an_upload_stands_where_sqs_does_not_answer(
        self,
        aws: LocalAWS,
        photos: str,
        settings: Any,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        settings.EXAMPLE_PHOTOS_QUEUE_URL = photos + "-is-gone"
        with caplog.at_level(logging.ERROR, "django"):
            photo = make(django_capture_on_commit_callbacks)
        assert "on_commit" in caplog.text
        settings.EXAMPLE_PHOTOS_QUEUE_URL = photos
        # The next save asks again.
        with django_capture_on_commit_callbacks(execute=True):
            photo.save()
        assert bodies(aws, photos) == [json.dumps({"photo": photo.pk})]

    def test_nothing_is_sent_without_a_queue(
        self, aws: LocalAWS, photos: str, settings: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        settings.EXAMPLE_PHOTOS_QUEUE_URL = ""
        make(django_capture_on_commit_callbacks)
        assert bodies(aws, photos) == []


class TestHandler:
    def test_makes_a_small_picture_which_the_page_shows(
        self,
        aws: LocalAWS,
        bucket: str,
        staff: Any,
        handler: Handler,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        (before,) = sources(staff.get("/photos/").content.decode())
        assert "/media/photos/hills.jpg?" in before
        handle(handler, json.dumps({"photo": photo.pk}))
        photo.refresh_from_db()
        assert photo.has_thumbnail
        with Image.open(photo.thumbnail) as small:
            assert (small.format, small.size) == ("JPEG", (480, 320))
        (source,) = sources(staff.get("/photos/").content.decode())
        assert "/media/thumbnails/photos/hills.jpg?" in source

    def test_twice_is_as_once(
        self,
        aws: LocalAWS,
        bucket: str,
        handler: Handler,
        photos: str,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        bodies(aws, photos)
        for _ in range(2):
            handle(handler, json.dumps({"photo": photo.pk}))
        # As after a death between the work and its note.
        model().objects.update(thumbnail="")
        handle(handler, json.dumps({"photo": photo.pk}))
        photo.refresh_from_db()
        assert photo.has_thumbnail
        assert keys(aws, bucket) == ["media/photos/hills.jpg", "media/thumbnails/photos/hills.jpg"]
        with django_capture_on_commit_callbacks(execute=True):
            photo.save()
        assert bodies(aws, photos) == []

    def test_two_at_once_leave_one_file(
        self,
        aws: LocalAWS,
        bucket: str,
        handler: Handler,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        default_storage.save(photo.thumbnail_name, ContentFile(b"of the other one"))
        # The other one saves between the look and the saving, a moment that no test can hold.
        looks, exists = iter([False]), S3Storage.exists
        monkeypatch.setattr(
            S3Storage, "exists", lambda storage, name: next(looks, True) and exists(storage, name)
        )
        handle(handler, json.dumps({"photo": photo.pk}))
        photo.refresh_from_db()
        assert photo.has_thumbnail
        assert keys(aws, bucket) == ["media/photos/hills.jpg", "media/thumbnails/photos/hills.jpg"]

    def test_a_replaced_image_gets_one_of_its_own(
        self, handler: Handler, staff: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        handle(handler, json.dumps({"photo": photo.pk}))
        photo.refresh_from_db()
        photo.image = ContentFile(drawn("PNG", (600, 1200)), "other.png")
        photo.save()
        # The earlier one is not this picture.
        assert photo.preview == photo.image
        handle(handler, json.dumps({"photo": photo.pk}))
        photo.refresh_from_db()
        assert photo.preview.name == "thumbnails/photos/other.png"
        with Image.open(photo.thumbnail) as small:
            assert (small.format, small.size) == ("PNG", (240, 480))

    @pytest.mark.parametrize(
        "body",
        ["Hello", "[]", "{}", "null", '{"photo": "1"}', '{"photo": true}', '{"photo": null}'],
    )
    def test_rejects_what_is_no_message_of_it(self, handler: Handler, body: str) -> None:
        with pytest.raises(Reject):
            handle(handler, body)

    def test_has_nothing_to_do_for_a_photo_that_was_deleted(self, handler: Handler) -> None:
        handle(handler, '{"photo": 123456}')

    def test_fails_for_a_broken_image_and_keeps_nothing(
        self, aws: LocalAWS, bucket: str, handler: Handler, django_capture_on_commit_callbacks: Any
    ) -> None:
        photo = make(django_capture_on_commit_callbacks, PICTURE[: len(PICTURE) // 2])
        with pytest.raises(OSError, match="truncated"):
            handle(handler, json.dumps({"photo": photo.pk}))
        photo.refresh_from_db()
        assert not photo.thumbnail
        assert not default_storage.exists(photo.thumbnail_name)

    def test_fails_for_a_file_that_is_not_there(
        self, handler: Handler, django_capture_on_commit_callbacks: Any
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        default_storage.delete(str(photo.image.name))
        with pytest.raises(FileNotFoundError):
            handle(handler, json.dumps({"photo": photo.pk}))


def drawn(form: str, size: tuple[int, int], **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, form, **options)
    return written.getvalue()


def test_a_picture_is_turned_as_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = thumbnail(io.BytesIO(drawn("JPEG", (1000, 500), exif=exif)))
    with Image.open(io.BytesIO(turned)) as small:
        assert (small.format, small.size) == ("JPEG", (240, 480))
