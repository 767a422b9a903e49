"""Each mode on S3 beside the same on this machine, which is what it has to do."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from pytest_django import Settings

from philo_aws.exceptions import ConflictError
from philo_aws.limits import MIB
from philo_aws.storage import S3Storage
from philo_aws.storage.opened import kind_of
from tests.s3.objects.test_reading import asked
from tests.s3.objects.test_writing import unfinished
from tests.servers import LocalAWS

Made = Callable[..., S3Storage]
MODES = ["r", "w", "x", "a", "r+", "w+", "x+", "a+"]
ALL_MODES = [mode + kind for mode in MODES for kind in ("", "b", "t")]


@pytest.fixture
def made(bucket: str) -> Made:
    return lambda **options: S3Storage(**{"bucket": bucket, "location": "media", **options})


@pytest.fixture
def storage(made: Made) -> S3Storage:
    return made()


@pytest.fixture
def disk(tmp_path: Path) -> FileSystemStorage:
    return FileSystemStorage(tmp_path / "disk")


def put(aws: LocalAWS, bucket: str, content: bytes, name: str = "f", **more: Any) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key=f"media/{name}", Body=content, **more)


def content_of(aws: LocalAWS, bucket: str, name: str = "f") -> bytes | None:
    s3 = aws.client("s3")
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=f"media/{name}")["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives, or the kind of its error."""
    try:
        return call()
    except (OSError, ValueError) as error:
        kinds = (FileNotFoundError, FileExistsError, io.UnsupportedOperation, OSError, ValueError)
        return next(kind for kind in kinds if isinstance(error, kind))


@pytest.mark.parametrize("mode", ["", "b", "rw", "rbb", "rbt", "rU", "+", "z", "r++", "w+w", "bt"])
def test_modes_that_cannot_be(ministack: LocalAWS, storage: S3Storage, mode: str) -> None:
    with pytest.raises(ValueError, match="There is no mode"):
        storage.open("f", mode)


def test_all_ways_to_write_a_mode() -> None:
    for mode in ("rb+", "r+b", "r+", "rt+", "r+t"):
        assert kind_of(mode) == "r+", mode


STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 300)),
    st.tuples(st.just("read"), st.integers(-1, 400)),
    st.tuples(st.just("seek"), st.integers(0, 500)),
    st.tuples(st.just("readline"), st.just(-1)),
    st.tuples(st.just("truncate"), st.just(None)),
    st.tuples(st.just("tell"), st.just(None)),
    st.tuples(st.just("size"), st.just(None)),
)


EVERYTHING = ("write", "read", "seek", "readline", "tell", "size", "truncate")
# Of what is sent while it is written nothing can be taken back; a disk lets readers be cut off.
ALLOWED = {
    "r": ("write", "read", "seek", "readline", "tell"),
    "w": ("write", "size"),
    "x": ("write", "size"),
}


def done(file: Any, step: str, number: Any, *, is_text: bool) -> Any:
    """What one step gives on a file."""
    if step == "write":
        # A text has no letters beyond ASCII here: the place in it is a number of bytes then.
        data: Any = "abc\ndefg"[: number % 9] * (number // 9 + 1)
        return file.write(data if is_text else data.encode())
    if step == "size":
        file.flush()
        return file.size
    if step in ("truncate", "tell"):
        return getattr(file, step)()
    return getattr(file, step)(number)


@checked(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    mode=st.sampled_from(ALL_MODES),
    before=st.none() | st.binary(max_size=300).map(lambda data: bytes(b % 96 + 32 for b in data)),
    steps=st.lists(STEPS, max_size=8),
)
def test_every_mode_does_what_it_does_on_a_disk(
    ministack: LocalAWS,
    bucket: str,
    storage: S3Storage,
    disk: FileSystemStorage,
    mode: str,
    before: bytes | None,
    steps: list[Any],
) -> None:
    ministack.client("s3").delete_object(Bucket=bucket, Key="media/f")
    path = Path(disk.path("f"))
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if before is not None:
        put(ministack, bucket, before)
        path.write_bytes(before)
    opened = [outcome(partial(one.open, "f", mode)) for one in (storage, disk)]
    if isinstance(opened[0], type):
        assert opened[0] is opened[1]
        return
    try:
        for step, number in steps:
            if step not in ALLOWED.get(kind_of(mode), EVERYTHING):
                continue
            found = [
                outcome(partial(done, file, step, number, is_text="b" not in mode))
                for file in opened
            ]
            if step == "size":
                found[1] = os.fstat(opened[1].fileno()).st_size  # Django remembers the first
            assert found[0] == found[1], step
    finally:
        for file in opened:
            file.close()
    assert content_of(ministack, bucket) == path.read_bytes()


class TestReading:
    def test_packed_by_the_option(self, aws: LocalAWS, bucket: str, made: Made) -> None:
        packing = made(gzip=True, allow_overwrite=True)
        content = "ä line\n".encode() * 300_000
        packing.save("f.txt", ContentFile(content))
        raw = content_of(aws, bucket, "f.txt")
        assert raw is not None
        assert gzip.decompress(raw) == content
        with packing.open("f.txt") as file:
            assert file.size == len(content)
            assert file.read() == content
            file.seek(1000)
            assert file.read(10) == content[1000:1010]
        with packing.open("f.txt", "r") as text:
            assert text.readline() == "ä line\n"
        with made().open("f.txt") as file:  # as it is stored, where the option is off
            assert file.read() == raw
            assert file.size == len(raw)

    def test_packed_and_nobody_says_how_much_it_was(
        self, ministack: LocalAWS, bucket: str, made: Made
    ) -> None:
        content = bytes(range(256)) * 100
        put(ministack, bucket, gzip.compress(content), "f.css", ContentEncoding="gzip")
        for mode in ("rb", "r+b"):
            with made(gzip=True).open("f.css", mode) as file:
                file.seek(3)
                assert file.size == len(content)
                assert file.read(2) == content[3:5]

    def test_what_was_packed_before_it_was_saved_stays_so(
        self, ministack: LocalAWS, bucket: str, made: Made
    ) -> None:
        packed = gzip.compress(b"x")
        put(ministack, bucket, packed, "f.svgz", ContentEncoding="gzip")
        with made(gzip=True).open("f.svgz") as file:
            assert file.read() == packed

    def test_requests(self, aws: LocalAWS, bucket: str, storage: S3Storage) -> None:
        put(aws, bucket, bytes(3 * MIB))
        with asked("web") as requests, storage.open("f") as file:
            assert sum(map(len, file.chunks())) == 3 * MIB
        assert requests == ["GET"]


class TestSending:
    def test_it_is_sent_while_it_is_written(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage, settings: Settings
    ) -> None:
        settings.FILE_UPLOAD_TEMP_DIR = "/there/is/no/such/folder"
        with storage.open("f", "wb") as file:
            for _ in range(20):
                file.write(b"x" * MIB)
            assert len(unfinished(ministack, bucket)) == 1
            assert content_of(ministack, bucket) is None
            assert file.size == 20 * MIB
        assert content_of(ministack, bucket) == b"x" * 20 * MIB

    def test_a_small_one_is_one_request(
        self, aws: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        with asked("web") as requests, storage.open("f", "w") as file:
            file.write("ä")
        assert requests == ["PUT"]
        assert content_of(aws, bucket) == "ä".encode()

    def test_headers(self, ministack: LocalAWS, bucket: str, made: Made) -> None:
        headers = {"*.txt": {"Cache-Control": "no-store"}}
        some = made(headers=headers, extra_args={"Metadata": {"a": "b"}})
        for mode in ("w", "wb", "w+", "a+b"):
            with some.open(f"{mode}.txt", mode) as file:
                file.write(b"x" if "b" in mode else "x")
            head = ministack.client("s3").head_object(Bucket=bucket, Key=f"media/{mode}.txt")
            charset = "" if "b" in mode else "; charset=utf-8"
            assert head["ContentType"] == f"text/plain{charset}", mode
            assert (head["CacheControl"], head["Metadata"]) == ("no-store", {"a": "b"})

    def test_w_replaces_and_x_does_not(
        self, aws: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        for content in (b"1", b"2"):
            with storage.open("f", "wb") as file:
                file.write(content)
        assert content_of(aws, bucket) == b"2"
        for mode in ("xb", "x+"):
            with pytest.raises(FileExistsError, match="There is a file 'f'"):
                storage.open("f", mode)

    @pytest.mark.parametrize("mode", ["xb", "x", "x+b"])
    def test_another_was_faster(
        self, aws: LocalAWS, bucket: str, storage: S3Storage, mode: str
    ) -> None:
        file = storage.open("f", mode)
        file.write(b"mine" if "b" in mode else "mine")
        put(aws, bucket, b"theirs")
        with pytest.raises(FileExistsError, match="There is a file 'f'"):
            file.close()
        assert file.closed
        file.close()
        assert content_of(aws, bucket) == b"theirs"


class TestEditing:
    def test_a_large_one(self, aws: LocalAWS, bucket: str, storage: S3Storage) -> None:
        put(aws, bucket, bytes(12 * MIB))
        with storage.open("f", "ab") as file:
            file.write(b"more")
        assert content_of(aws, bucket) == bytes(12 * MIB) + b"more"
        with storage.open("f", "r+b") as file:
            file.seek(5)
            file.write(b"here")
        assert content_of(aws, bucket) == bytes(5) + b"here" + bytes(12 * MIB - 9) + b"more"

    @pytest.mark.parametrize("mode", ["a", "r+", "a+b", "r+b"])
    def test_another_s_change_stays(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage, mode: str
    ) -> None:
        put(ministack, bucket, b"before")
        file = storage.open("f", mode)
        file.write(b"mine" if "b" in mode else "mine")
        put(ministack, bucket, b"theirs")
        with pytest.raises(ConflictError, match="was changed or replaced"):
            file.close()
        assert content_of(ministack, bucket) == b"theirs"

    def test_one_that_came_to_be_meanwhile(
        self, aws: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        file = storage.open("f", "ab")
        file.write(b"mine")
        put(aws, bucket, b"theirs")
        with pytest.raises(ConflictError):
            file.close()
        assert content_of(aws, bucket) == b"theirs"

    def test_what_was_only_read_is_not_written(
        self, aws: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        put(aws, bucket, b"before")
        with asked("web") as requests, storage.open("f", "r+b") as file:
            assert file.read() == b"before"
            put(aws, bucket, b"theirs")
        assert requests == ["GET"]
        assert content_of(aws, bucket) == b"theirs"

    def test_an_empty_one_is_made_by_appending_nothing(
        self, aws: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        storage.open("f", "a").close()
        assert content_of(aws, bucket) == b""

    def test_what_was_packed_by_the_option_is_plain_then(
        self, ministack: LocalAWS, bucket: str, made: Made
    ) -> None:
        packing = made(gzip=True)
        packing.save("f.txt", ContentFile(b"line\n" * 1000))
        with packing.open("f.txt", "a") as file:
            file.write("more")
        assert content_of(ministack, bucket, "f.txt") == b"line\n" * 1000 + b"more"
        with packing.open("f.txt") as file:
            assert file.read() == b"line\n" * 1000 + b"more"

    def test_another_encoding_stays(
        self, ministack: LocalAWS, bucket: str, storage: S3Storage
    ) -> None:
        put(ministack, bucket, b"packed", ContentEncoding="br")
        with storage.open("f", "ab") as file:
            file.write(b"more")
        head = ministack.client("s3").head_object(Bucket=bucket, Key="media/f")
        assert head["ContentEncoding"] == "br"
