"""The example's task: enqueued by the model, called as a worker does, its state on the page."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from PIL import Image

from example_project.pictures import landscape, thumbnail
from example_project.queues import tasks
from example_project.storages import storages
from philo_aws.sqs.consumer.run import Consumer, Life
from philo_aws.storage import S3Storage
from philo_aws.tasks import worker
from tests.example_project.test_photos import add, keys, sources
from tests.servers import LocalAWS
from tests.sqs.consumer.conftest import QUICK

if TYPE_CHECKING:
    from example_project.models import Photo

PICTURE = landscape("Dawn")


@pytest.fixture
def photos(aws: LocalAWS, bucket: str, queue_url: str, site: None, db: None, settings: Any) -> str:
    """The queue of the site's tasks; the files are in a bucket."""
    return configure(settings, bucket, queue_url)


def configure(settings: Any, bucket: str, queue_url: str) -> str:
    settings.STORAGES = storages(media_bucket=bucket, static_bucket="", folder=Path())
    settings.TASKS = tasks(queue_url)
    return queue_url


def run(pk: int) -> Any:
    """The task, as it is called."""
    from example_project.tasks import make_thumbnail

    return make_thumbnail.call(pk)


def state_of(photo: Photo) -> str:
    from example_project.tasks import state_of

    return state_of(photo)


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


def asked(aws: LocalAWS, queue_url: str) -> list[Any]:
    """The arguments of the tasks in the queue, which are taken out of it."""
    found: list[Any] = []
    client = aws.client("sqs")
    while came := client.receive_message(QueueUrl=queue_url).get("Messages"):
        found += [json.loads(message["Body"])["args"] for message in came]
    return found


class TestEnqueuing:
    def test_an_upload_enqueues_a_task(
        self,
        aws: LocalAWS,
        photos: str,
        staff: Any,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            add(staff)
        photo = model().objects.get()
        assert asked(aws, photos) == [[photo.pk]]

    def test_nobody_is_told_of_a_row_that_is_not_there_yet(
        self, aws: LocalAWS, photos: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            model().objects.create(title="Hills", image=ContentFile(PICTURE, "hills.jpg"))
            transaction.set_rollback(True)
        assert asked(aws, photos) == []

    def test_an_upload_stands_where_sqs_does_not_answer(
        self,
        aws: LocalAWS,
        photos: str,
        settings: Any,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        settings.TASKS = tasks(photos + "-is-gone")
        with caplog.at_level(logging.ERROR, "django"):
            photo = make(django_capture_on_commit_callbacks)
        assert "on_commit" in caplog.text
        settings.TASKS = tasks(photos)
        # The next save asks again.
        with django_capture_on_commit_callbacks(execute=True):
            photo.save()
        assert asked(aws, photos) == [[photo.pk]]

    def test_without_a_queue_it_is_run_at_once(
        self,
        aws: LocalAWS,
        photos: str,
        staff: Any,
        settings: Any,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        settings.TASKS = tasks("")
        photo = make(django_capture_on_commit_callbacks)
        broken = make(django_capture_on_commit_callbacks, PICTURE[: len(PICTURE) // 2], "broken")
        assert asked(aws, photos) == []
        for one in (photo, broken):
            one.refresh_from_db()
        assert photo.has_thumbnail
        assert (state_of(photo), state_of(broken)) == ("done", "not known")


class TestTask:
    def test_makes_a_small_picture_which_the_page_shows(
        self,
        aws: LocalAWS,
        bucket: str,
        staff: Any,
        photos: str,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        (before,) = sources(staff.get("/photos/").content.decode())
        assert "/media/photos/hills.jpg?" in before
        run(photo.pk)
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
        photos: str,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        asked(aws, photos)
        for _ in range(2):
            run(photo.pk)
        # As after a death between the work and its note.
        model().objects.update(thumbnail="")
        run(photo.pk)
        photo.refresh_from_db()
        assert photo.has_thumbnail
        assert keys(aws, bucket) == ["media/photos/hills.jpg", "media/thumbnails/photos/hills.jpg"]
        with django_capture_on_commit_callbacks(execute=True):
            photo.save()
        assert asked(aws, photos) == []

    def test_two_at_once_leave_one_file(
        self,
        aws: LocalAWS,
        bucket: str,
        photos: str,
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
        run(photo.pk)
        photo.refresh_from_db()
        assert photo.has_thumbnail
        assert keys(aws, bucket) == ["media/photos/hills.jpg", "media/thumbnails/photos/hills.jpg"]

    def test_a_replaced_image_gets_one_of_its_own(
        self, photos: str, staff: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        run(photo.pk)
        photo.refresh_from_db()
        photo.image = ContentFile(drawn("PNG", (600, 1200)), "other.png")
        photo.save()
        # The earlier one is not this picture.
        assert photo.preview == photo.image
        run(photo.pk)
        photo.refresh_from_db()
        assert photo.preview.name == "thumbnails/photos/other.png"
        with Image.open(photo.thumbnail) as small:
            assert (small.format, small.size) == ("PNG", (240, 480))

    def test_has_nothing_to_do_for_a_photo_that_was_deleted(self, photos: str) -> None:
        assert run(123456) is None

    def test_fails_for_a_broken_image_and_keeps_nothing(
        self, aws: LocalAWS, bucket: str, photos: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        photo = make(django_capture_on_commit_callbacks, PICTURE[: len(PICTURE) // 2])
        with pytest.raises(OSError, match="truncated"):
            run(photo.pk)
        photo.refresh_from_db()
        assert not photo.thumbnail
        assert not default_storage.exists(photo.thumbnail_name)

    def test_fails_for_a_file_that_is_not_there(
        self, photos: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        photo = make(django_capture_on_commit_callbacks)
        default_storage.delete(str(photo.image.name))
        with pytest.raises(FileNotFoundError):
            run(photo.pk)


@pytest.fixture
def committed(site: None, transactional_db: None) -> Iterator[None]:
    """What is written is there for other threads; the flush at the end does not know this table."""
    yield
    model().objects.all().delete()


def test_the_page_tells_how_it_is_with_each(
    aws: LocalAWS, bucket: str, queue_url: str, committed: None, settings: Any
) -> None:
    configure(settings, bucket, queue_url)
    client = Client()
    client.force_login(get_user_model().objects.create_user("staff", is_staff=True))

    def told() -> list[str]:
        page = client.get("/photos/").content.decode()
        return re.findall("Small picture: ([^<]+)<", page)

    model().objects.create(title="Hills", image=ContentFile(PICTURE, "hills.jpg"))
    assert told() == ["waiting"]
    model().objects.create(title="Half", image=ContentFile(PICTURE[:9000], "half.jpg"))
    config = replace(QUICK, max_attempts=2, on_poison="delete")
    Consumer(worker.handlers(["default"]), config, Life(until_empty=True)).run()
    assert told() == ["failed: OSError, attempt 2", "done"]


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
