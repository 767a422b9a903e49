from __future__ import annotations

import bz2
import gzip
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from philo_aws.clients import get_client
from philo_aws.conf import TransferConfig
from philo_aws.exceptions import LocalFileError
from philo_aws.limits import MIB
from philo_aws.s3.objects.writing import Body, ObjectRequests, Part
from philo_aws.s3.transfer import local_file
from philo_aws.s3.transfer.local_file import LocalFile, descriptor_of
from tests.s3.engine.conftest import objects
from tests.s3.objects.test_writing import requests_for, unfinished
from tests.servers import LocalAWS

TUNING = TransferConfig(part_size=5 * MIB)


def upload(path: Path, requests: ObjectRequests) -> str:
    with path.open("rb") as file:
        return LocalFile(file.fileno(), str(path)).upload(requests, TUNING)


def filled(path: Path, size: int) -> bytes:
    path.write_bytes(os.urandom(1024) * (size // 1024) + b"x" * (size % 1024))
    return path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 15 * MIB, 17 * MIB])
def test_files_of_all_sizes(ministack: LocalAWS, bucket: str, tmp_path: Path, size: int) -> None:
    content = filled(tmp_path / "f", size)
    etag = upload(tmp_path / "f", requests_for(bucket))
    assert objects(ministack, bucket) == {"k": content}
    assert ("-" in etag) == (size > 5 * MIB)
    assert unfinished(ministack, bucket) == []


def test_large_parts_are_read_as_they_are_sent(
    aws: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_file, "IN_MEMORY", 0)
    content = filled(tmp_path / "f", 12 * MIB + 7)
    upload(tmp_path / "f", requests_for(bucket))
    assert objects(aws, bucket) == {"k": content}


class Meddling(ObjectRequests):
    """Has something done to the file when its second part is sent."""

    meddle: Any

    def send_part(self, upload_id: str, number: int, body: Body) -> Part:
        if number == 2:
            self.meddle()
        return super().send_part(upload_id, number, body)


@pytest.mark.parametrize("in_memory", [16 * MIB, 0])
@pytest.mark.parametrize(
    "meddle",
    [
        lambda path: path.open("ab").write(b"more"),
        lambda path: path.open("r+b").write(b"other"),
        lambda path: os.truncate(path, 6 * MIB),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the line above
def test_of_a_file_that_changes_meanwhile_nothing_is_stored(
    ministack: LocalAWS,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    meddle: Any,
    in_memory: int,
) -> None:
    monkeypatch.setattr(local_file, "IN_MEMORY", in_memory)
    ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"before")
    path = tmp_path / "f"
    filled(path, 14 * MIB)
    os.utime(path, (1, 1))
    made = requests_for(bucket)
    made.__class__ = Meddling
    made.meddle = lambda: meddle(path)  # type: ignore[attr-defined]
    with pytest.raises(LocalFileError, match="changed while it was read") as error:
        upload(path, made)
    assert error.value.code == "FileChanged"
    assert objects(ministack, bucket) == {"k": b"before"}
    assert unfinished(ministack, bucket) == []


def test_a_part_that_changed_is_not_sent_again(
    ministack: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_file, "IN_MEMORY", 0)
    path = tmp_path / "f"
    filled(path, 6 * MIB)
    os.utime(path, (1, 1))
    sent: list[str] = []

    def meddle(request: Any, **kwargs: Any) -> None:
        # Its checksum was computed by now, which the store will find to be another one.
        if "partNumber=1" in request.url:
            sent.append(request.url)
            with path.open("r+b") as file:
                file.write(b"other")

    events = get_client("s3").meta.events
    events.register("before-send.s3.UploadPart", meddle)
    try:
        with pytest.raises(LocalFileError, match="changed while it was read"):
            upload(path, requests_for(bucket))
    finally:
        events.unregister("before-send.s3.UploadPart", meddle)
    assert len(sent) == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux tells what is open")
def test_descriptors_are_given_back(ministack: LocalAWS, bucket: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    filled(path, 14 * MIB)
    upload(path, requests_for(bucket))
    opened = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    assert str(path) not in opened


class TestDescriptors:
    def test_files_of_this_machine(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        with path.open("w+b") as both, path.open("rb") as one, path.open("rb", 0) as raw:
            assert [descriptor_of(file) for file in (both, one, raw)] == [
                file.fileno() for file in (both, one, raw)
            ]
            both.write(b"not there yet")
            descriptor_of(both)
            assert path.read_bytes() == b"not there yet"
        with tempfile.TemporaryFile() as file, tempfile.NamedTemporaryFile() as named:
            assert descriptor_of(file) == file.fileno()
            assert descriptor_of(named) == named.fileno()

    def test_files_that_give_other_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_bytes(gzip.compress(b"x"))
        with gzip.open(path) as packed, tempfile.SpooledTemporaryFile() as spooled:
            assert descriptor_of(packed) is None
            assert descriptor_of(spooled) is None
        path.write_bytes(bz2.compress(b"x"))
        with bz2.open(path) as other:
            assert descriptor_of(other) is None
        assert descriptor_of(io.BytesIO()) is None

    def test_a_pipe(self) -> None:
        ends = os.pipe()
        with open(ends[0], "rb") as read, open(ends[1], "wb"):
            assert descriptor_of(read) is None
