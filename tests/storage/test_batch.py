"""Batches of media over a socket: what they show before their end, and what they do at it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import TemporaryUploadedFile

from philo_aws.exceptions import BucketNotFoundError, UsageError
from philo_aws.storage import S3Storage
from philo_aws.storage.batch import active
from tests.servers import LocalAWS

Made = Callable[..., S3Storage]


@pytest.fixture
def made(bucket: str) -> Made:
    return lambda **options: S3Storage(**{"bucket": bucket, "location": "media", **options})


@pytest.fixture
def storage(made: Made) -> S3Storage:
    return made()


def contents(storage: S3Storage) -> dict[str, bytes]:
    """All objects of the bucket, the location left out of their keys."""
    listed = storage.client.list_objects_v2(Bucket=storage.bucket).get("Contents", [])
    return {
        item["Key"].removeprefix("media/"): storage.client.get_object(
            Bucket=storage.bucket, Key=item["Key"]
        )["Body"].read()
        for item in listed
    }


def read(storage: S3Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())


def test_what_is_noted_is_seen_and_done_at_the_end(storage: S3Storage) -> None:
    storage.save("old/a.txt", ContentFile(b"old"))
    storage.save("kept.txt", ContentFile(b"kept"))
    with storage.batch() as batch:
        assert storage.save("new/b.txt", ContentFile(b"new")) == "new/b.txt"
        storage.delete("old/a.txt")
        assert storage.exists("new/b.txt")
        assert storage.exists("new")
        assert not storage.exists("old/a.txt")
        assert storage.exists("kept.txt")
        assert storage.listdir("new") == ([], ["b.txt"])
        assert storage.listdir("old") == ([], [])
        assert storage.listdir("")[1] == ["kept.txt"]
        assert read(storage, "new/b.txt") == b"new"
        assert storage.size("new/b.txt") == 3
        assert storage.size("kept.txt") == 4
        assert storage.get_modified_time("new/b.txt").tzinfo is not None
        for gone in (storage.open, storage.size, storage.get_modified_time):
            with pytest.raises(FileNotFoundError):
                gone("old/a.txt")
        assert contents(storage) == {"old/a.txt": b"old", "kept.txt": b"kept"}
    assert contents(storage) == {"new/b.txt": b"new", "kept.txt": b"kept"}
    assert batch.report is not None
    assert (batch.report.uploaded, batch.report.deleted) == (1, 1)
    assert batch.report.complete


def test_headers_are_those_of_a_save_outside(made: Made) -> None:
    storage = made(gzip=True, headers={"*.css": {"Cache-Control": "max-age=60"}})
    own = ContentFile(b"%PDF", name="x")
    own.content_type = "application/pdf"  # type: ignore[attr-defined]
    given = {"a.css": ContentFile(b"a{}" * 100), "b": own, "c.js": ContentFile("é".encode())}
    for name, content in given.items():
        storage.save(f"one/{name}", content)
    with storage.batch():
        for name, content in given.items():
            storage.save(f"two/{name}", content)
    names = ("ContentType", "ContentEncoding", "CacheControl", "Metadata", "ETag")
    for name in given:
        one, two = (
            storage.client.head_object(Bucket=storage.bucket, Key=f"media/{folder}/{name}")
            for folder in ("one", "two")
        )
        assert [one.get(field) for field in names] == [two.get(field) for field in names]
    assert storage.size("two/a.css") == 300


def test_contents_need_not_live_until_the_end(storage: S3Storage, tmp_path: Path) -> None:
    path = tmp_path / "a"
    with storage.batch():
        for name in ("one", "two"):
            path.write_text(name)
            with path.open("rb") as file:
                storage.save(name, File(file))
                assert not file.closed
        path.unlink()
        with TemporaryUploadedFile("t", "text/plain", 5, None) as upload:
            upload.write(b"three")
            storage.save("three", upload)
    assert contents(storage) == {"one": b"one", "two": b"two", "three": b"three"}


def test_what_is_saved_again_or_deleted_takes_no_room(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    storage = made(allow_overwrite=True)
    with storage.batch():
        for text in (b"one", b"two"):
            storage.save("a", ContentFile(text))
            storage.save("b", ContentFile(text))
        storage.delete("b")
        (copy,) = (path for path in tmp_path.rglob("*") if path.is_file())
        assert copy.read_bytes() == b"two"
    assert contents(storage) == {"a": b"two"}


def test_a_name_that_is_taken_gets_another_one(storage: S3Storage) -> None:
    storage.save("a.txt", ContentFile(b"before"))
    with storage.batch():
        names = {storage.save("a.txt", ContentFile(text)): text for text in (b"1", b"2")}
    assert contents(storage) == {"a.txt": b"before"} | names
    assert len(names) == 2


def test_what_was_deleted_is_replaced(storage: S3Storage) -> None:
    storage.save("a.txt", ContentFile(b"before"))
    with storage.batch() as batch:
        storage.delete("a.txt")
        assert storage.save("a.txt", ContentFile(b"after")) == "a.txt"
    assert contents(storage) == {"a.txt": b"after"}
    assert batch.report is not None
    assert batch.report.deleted == 0


def test_overwriting_asks_nothing(made: Made) -> None:
    storage = made(allow_overwrite=True)
    storage.save("a", ContentFile(b"before"))
    with storage.batch():
        storage.save("a", ContentFile(b"after"))
    assert contents(storage) == {"a": b"after"}


def test_an_exception_sends_nothing(storage: S3Storage) -> None:
    def broken() -> None:
        with storage.batch():
            storage.save("a", ContentFile(b"a"))
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert active(storage) is None
    assert contents(storage) == {}
    storage.save("b", ContentFile(b"b"))
    assert contents(storage) == {"b": b"b"}


def test_a_batch_that_is_over_takes_nothing(storage: S3Storage) -> None:
    with storage.batch():
        context = contextvars.copy_context()
    context.run(storage.save, "later", ContentFile(b"later"))
    assert contents(storage) == {"later": b"later"}


def test_a_batch_that_failed_takes_nothing(made: Made) -> None:
    storage = made(bucket="no-such-bucket-of-anybody", allow_overwrite=True)

    def broken() -> None:
        with storage.batch():
            storage.save("a", ContentFile(b"a"))

    for _ in range(2):
        with pytest.raises(BucketNotFoundError):
            broken()
    with pytest.raises(BucketNotFoundError):  # at once, and not noted
        storage.save("a", ContentFile(b"a"))


def test_one_batch_at_a_time(storage: S3Storage, made: Made) -> None:
    with storage.batch():
        with pytest.raises(UsageError), storage.batch():
            pass
        with made().batch():  # another storage, of its own
            storage.save("a", ContentFile(b"a"))
        assert contents(storage) == {}
    assert contents(storage) == {"a": b"a"}


def test_other_threads_are_not_in_it(storage: S3Storage) -> None:
    seen: list[Any] = []

    def other() -> None:
        storage.save("direct", ContentFile(b"direct"))
        seen.append(storage.exists("noted"))

    with storage.batch():
        storage.save("noted", ContentFile(b"noted"))
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert contents(storage) == {"direct": b"direct"}
    assert seen == [False]
    assert set(contents(storage)) == {"direct", "noted"}


def test_tasks_of_the_block_are_in_it_and_others_are_not(storage: S3Storage) -> None:
    async def block(started: asyncio.Event, go_on: asyncio.Event) -> None:
        with storage.batch():
            await sync_to_async(storage.save)("noted", ContentFile(b"noted"))
            started.set()
            await go_on.wait()
            assert contents(storage) == {"direct": b"direct"}

    async def both() -> None:
        started, go_on = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(block(started, go_on))
        await started.wait()
        await sync_to_async(storage.save)("direct", ContentFile(b"direct"))
        go_on.set()
        await task

    asyncio.run(both())
    assert set(contents(storage)) == {"direct", "noted"}


def test_nothing_to_do(storage: S3Storage, aws: LocalAWS) -> None:
    with storage.batch() as batch:
        pass
    assert batch.report is not None
    assert batch.report.planned == 0
