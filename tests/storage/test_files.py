from __future__ import annotations

import gc
import io
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.images import ImageFile, get_image_dimensions
from django.db import models
from pytest_django import Settings

from philo_aws.exceptions import BucketNotFoundError, NetworkError
from philo_aws.limits import MIB
from philo_aws.storage import S3Storage
from philo_aws.storage.files import S3File
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy
from tests.s3.objects.test_reading import asked
from tests.s3.objects.test_writing import unfinished
from tests.servers import LocalAWS
from tests.storage.test_opened import content_of, put

__all__ = ["fault_proxy", "proxy"]

WRITING = ["wb", "w", "xb", "w+b", "a", "a+b"]
Made = Callable[..., S3Storage]


@pytest.fixture
def made(bucket: str) -> Made:
    return lambda **options: S3Storage(**{"bucket": bucket, "location": "media", **options})


@pytest.fixture
def storage(made: Made) -> S3Storage:
    return made()


def text_or_bytes(mode: str, content: bytes) -> Any:
    return content if "b" in mode else content.decode()


class TestFile:
    def test_it_is_one_of_djangos(self, aws: LocalAWS, bucket: str, storage: S3Storage) -> None:
        put(aws, bucket, b"one\ntwo\r\nthree", "a/f")
        with storage.open("a/f") as file:
            assert isinstance(file, S3File)
            assert isinstance(file, File)
            assert (file.name, file.mode, file.size, len(file)) == ("a/f", "rb", 14, 14)
            assert bool(file)
            assert list(file) == [b"one\n", b"two\r\n", b"three"]
            assert b"".join(file.chunks(4)) == b"one\ntwo\r\nthree"
            assert file.multiple_chunks(10)
            assert (file.readable(), file.writable(), file.seekable()) == (True, False, True)
        assert file.closed
        with storage.open("a/f", "r") as text:
            assert text.readlines() == ["one\n", "two\n", "three"]

    def test_what_is_not_there(self, aws: LocalAWS, storage: S3Storage, made: Made) -> None:
        for mode in ("r", "rb", "r+", "r+b"):
            with pytest.raises(FileNotFoundError, match="There is no file 'f'"):
                storage.open("f", mode)
        for mode in ("rb", "r+", "xb", "w+"):
            other = made(bucket="there-is-no-such-bucket")
            if mode == "xb":
                continue  # a HEAD does not say which of the two is missing
            with pytest.raises(BucketNotFoundError):
                other.open("f", mode).close()

    def test_writing_to_what_is_read_and_back(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        put(ministack, bucket, b"x")
        with storage.open("f") as file, pytest.raises(io.UnsupportedOperation):
            file.write(b"y")
        with storage.open("f", "wb") as file:
            with pytest.raises(io.UnsupportedOperation):
                file.read()
            with pytest.raises(io.UnsupportedOperation):
                file.seek(0)

    def test_after_it_was_closed(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        put(ministack, bucket, b"x")
        for mode in ("rb", "wb", "a+b"):
            file = storage.open("f", mode)
            file.close()
            for call in (file.read, partial(file.write, b"x")):
                with pytest.raises(ValueError):  # noqa: PT011 - some have no such method
                    call()

    @pytest.mark.parametrize("mode", ["rb", "r", "wb", "w", "xb", "w+b", "a", "r+"])
    def test_its_size_once_it_was_closed(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage, mode: str
    ) -> None:
        if mode[0] != "x":
            put(ministack, bucket, b"four")
        with storage.open("f", mode) as file:
            if mode[0] != "r":
                file.write(text_or_bytes(mode, b"more"))
        assert file.size == (8 if mode == "a" else 4)


@pytest.mark.parametrize("mode", WRITING)
class TestEnds:
    def test_all_of_it_when_it_is_closed(
        self, aws: LocalAWS, bucket: str, storage: S3Storage, mode: str
    ) -> None:
        file = storage.open("f", mode)
        file.write(text_or_bytes(mode, b"half"))
        assert content_of(aws, bucket) is None
        file.write(text_or_bytes(mode, b" and half"))
        file.close()
        assert content_of(aws, bucket) == b"half and half"
        aws.client("s3").delete_object(Bucket=bucket, Key="media/f")
        file.close()
        assert content_of(aws, bucket) is None

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    @pytest.mark.parametrize("size", [4, 12 * MIB])
    def test_a_block_that_fails(
        self,
        ministack: LocalAWS,
        bucket: str,
        storage: S3Storage,
        mode: str,
        error: type[BaseException],
        size: int,
    ) -> None:
        def fail() -> None:
            with storage.open("f", mode) as file:
                file.write(text_or_bytes(mode, b"x" * size))
                raise error

        with pytest.raises(error):
            fail()
        assert content_of(ministack, bucket) is None
        assert unfinished(ministack, bucket) == []

    def test_one_that_is_given_up(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage, mode: str
    ) -> None:
        file = storage.open("f", mode)
        assert isinstance(file, S3File)
        file.write(text_or_bytes(mode, b"x"))
        file.discard()
        assert file.closed
        file.discard()
        file.close()
        assert content_of(ministack, bucket) is None

    @pytest.mark.aws_servers("ministack")
    def test_one_that_is_forgotten(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, storage: S3Storage, mode: str
    ) -> None:
        def forget() -> None:
            file = storage.open("f", mode)
            file.write(text_or_bytes(mode, b"x" * 12 * MIB))
            del file
            gc.collect()

        with pytest.warns(ResourceWarning, match="was never closed, so it was not stored"):
            forget()
        if mode in ("wb", "w", "xb"):
            proxy.wait_for(lambda report: report["methods"].get("DELETE"))
        assert content_of(aws, bucket) is None
        assert unfinished(aws, bucket) == []

    @pytest.mark.aws_servers("ministack")
    def test_one_that_cannot_be_stored(
        self,
        proxy: FaultProxy,
        aws: LocalAWS,
        bucket: str,
        storage: S3Storage,
        settings: Settings,
        mode: str,
    ) -> None:
        settings.AWS = settings.AWS | {"timeouts": {"web": {"max_attempts": 1}}}
        file = storage.open("f", mode)
        file.write(text_or_bytes(mode, b"x"))
        proxy.set({"do": "reset", "method": "PUT"})
        with pytest.raises(NetworkError):
            file.close()
        assert file.closed
        file.close()
        assert content_of(aws, bucket) is None


def test_nobody_has_to_hold_or_close_what_is_read(
    ministack: LocalAWS, bucket: str, storage: S3Storage
) -> None:
    put(ministack, bucket, bytes(3 * MIB))
    assert len(storage.open("f").read()) == 3 * MIB
    assert len(storage.open("f", "r").read()) == 3 * MIB
    assert sum(map(len, storage.open("f").chunks())) == 3 * MIB
    assert storage.open("f").read(1) == b"\0"
    gc.collect()


class TestOpeningAgain:
    def test_in_place(self, aws: LocalAWS, bucket: str, storage: S3Storage) -> None:
        put(aws, bucket, b"first")
        file = storage.open("f")
        assert file.read() == b"first"
        with asked("web") as requests:
            assert file.open() is file
            assert file.read() == b"first"
            assert file.open("rb").tell() == 0
        assert requests == []
        file.close()
        put(aws, bucket, b"second")
        with file.open() as again:
            assert again is file
            assert file.read() == b"second"
        with file.open("r") as text:
            assert text.read() == "second"
        with file.open("ab"):
            file.write(b" and more")
        with file.open("rb"):
            assert file.read() == b"second and more"

    def test_in_another_mode_while_it_is_open(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        file = storage.open("f", "wb")
        file.write(b"written")
        with file.open("rb"):
            assert file.read() == b"written"

    def test_what_is_sent_already_cannot_be_begun_anew(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        with storage.open("f", "wb") as file:
            assert file.open() is file
            file.write(b"x")
            with pytest.raises(io.UnsupportedOperation):
                file.open()
        assert content_of(ministack, bucket) == b"x"

    def test_one_that_is_gone(self, ministack: LocalAWS, bucket: str, storage: S3Storage) -> None:
        put(ministack, bucket, b"x")
        file = storage.open("f")
        file.close()
        storage.delete("f")
        with pytest.raises(FileNotFoundError):
            file.open()
        assert file.closed


class TestFields:
    @pytest.fixture
    def model(self, storage: S3Storage) -> Any:
        class Paper(models.Model):
            file = models.FileField(storage=storage)

            class Meta:
                app_label = "files_test"

            def __str__(self) -> str:
                return str(self.pk)

        yield Paper
        from django.apps import apps

        del apps.all_models["files_test"]
        apps.clear_cache()

    def test_a_field(self, aws: LocalAWS, bucket: str, model: Any) -> None:
        paper = model()
        paper.file.save("p.txt", ContentFile(b"line\n"), save=False)
        paper = model(file="p.txt")
        with paper.file.open("r") as file:
            assert file.read() == "line\n"
        with paper.file.open("ab") as file:
            file.write(b"more")
        with paper.file.open() as file:
            assert file.readlines() == [b"line\n", b"more"]
        assert paper.file.size == 9
        assert content_of(aws, bucket, "p.txt") == b"line\nmore"


class TestImages:
    @pytest.fixture
    def picture(self) -> bytes:
        """One of some MiB, which is not packed."""
        image = pytest.importorskip("PIL.Image")
        made = image.frombytes("RGB", (1200, 1000), random.Random(1).randbytes(3_600_000))
        file = io.BytesIO()
        made.save(file, "PNG", compress_level=0)
        return file.getvalue()

    def test_its_size_is_one_request_for_its_beginning(
        self, aws: LocalAWS, bucket: str, storage: S3Storage, picture: bytes
    ) -> None:
        put(aws, bucket, picture, "p.png")
        with asked("web") as requests, storage.open("p.png") as file:
            assert get_image_dimensions(file) == (1200, 1000)
            assert (ImageFile(file).width, file.tell()) == (1200, 0)
        assert requests == ["GET"]

    def test_it_is_read_by_one(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage, picture: bytes
    ) -> None:
        image = pytest.importorskip("PIL.Image")
        put(ministack, bucket, picture, "p.png")
        with asked("web") as requests, storage.open("p.png") as file, image.open(file) as opened:
            opened.load()
            assert opened.size == (1200, 1000)
        assert requests == ["GET"]

    def test_it_is_written(self, aws: LocalAWS, bucket: str, storage: S3Storage) -> None:
        image = pytest.importorskip("PIL.Image")
        with storage.open("p.png", "wb") as file:
            image.new("RGB", (3, 2)).save(file, "PNG")
        with storage.open("p.png") as file:
            assert get_image_dimensions(file) == (3, 2)
