"""The files at this end: those that change, disks that are full, names in the way."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws.exceptions import LocalFileError
from philo_aws.s3.engine import Download
from philo_aws.s3.engine.files import TEMPORARY_PREFIX
from tests.servers import LocalAWS

from .conftest import FaultProxy, Move, objects, upload

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024 * 1024


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 1 MiB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ by itself; a write then fails as it does on a full disk.
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("size", [2 * MIB, 9 * MIB], ids=["small", "large"])
def test_a_full_disk_leaves_the_old_file(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str, size: int, small_disk: None
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=os.urandom(size))
    (tmp_path / "f").write_bytes(b"old")
    outcome = move([Download(key="f", path=str(tmp_path / "f"), size=size)])
    assert isinstance(outcome.of("f").error, LocalFileError)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("size", [100, 9 * MIB], ids=["small", "large"])
def test_a_file_that_changes_while_it_is_read_is_told(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    size: int,
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * size)
    proxy.set({"do": "hold"})
    tasks = [upload("f", path)]

    def change() -> None:
        proxy.wait_for_requests(1)
        if size == 100:
            # What is changed before all of it was sent is refused for its checksum, and sent anew.
            aws.client("s3").get_waiter("object_exists").wait(
                Bucket=bucket, Key="f", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}
            )
        with path.open("r+b") as file:
            file.write(b"changed")
        proxy.set()

    thread = threading.Thread(target=change)
    thread.start()
    outcome = move(tasks)
    thread.join()
    assert outcome.errors == {"f": "FileChanged"}
    assert "changed while it was read" in str(outcome.of("f").error)


def test_a_file_that_changed_before_it_is_begun_is_uploaded_as_it_is(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"short")
    task = upload("f", path)
    path.write_bytes(b"much longer than before")
    assert move([task]).errors == {}
    assert objects(aws, bucket) == {"f": b"much longer than before"}


def test_a_folder_in_the_way_of_a_file_and_a_file_in_the_way_of_a_folder(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=b"new")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    outcome = move(
        [
            Download(key="f", path=str(tmp_path / "folder"), size=3),
            Download(key="f", path=str(tmp_path / "file" / "below"), size=3),
        ]
    )
    assert all(isinstance(result.error, LocalFileError) for result in outcome.results)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_an_object_that_was_replaced_after_it_was_listed(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    s3 = aws.client("s3")
    old = s3.put_object(Bucket=bucket, Key="f", Body=b"as it was listed")["ETag"]
    s3.put_object(Bucket=bucket, Key="f", Body=b"newer")
    task = Download(key="f", path=str(tmp_path / "f"), size=16, etag=old, mtime_ns=10**18)
    assert move([task]).errors == {}
    assert (tmp_path / "f").read_bytes() == b"newer"
    assert (tmp_path / "f").stat().st_mtime_ns != 10**18, "the listed time is of the old object"


def test_an_object_that_is_now_too_large_for_memory_is_told(
    move: Move, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=os.urandom(12 * MIB))
    outcome = move([Download(key="f", path=str(tmp_path / "f"), size=10)])
    assert outcome.errors == {"f": "ObjectChanged"}
    assert os.listdir(tmp_path) == []


def test_a_download_has_a_name_of_its_own_until_it_is_complete(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=os.urandom(20 * MIB))
    name = "n" * 255
    (tmp_path / name).write_bytes(b"old")
    seen: set[str] = set()
    proxy.set({"do": "hold", "method": "GET"})

    def look() -> None:
        proxy.wait_for_requests(2)
        seen.update(os.listdir(tmp_path))
        proxy.set()

    thread = threading.Thread(target=look)
    thread.start()
    assert move([Download(key="f", path=str(tmp_path / name), size=20 * MIB)]).errors == {}
    thread.join()
    assert len(seen) == 2
    assert any(other.startswith(TEMPORARY_PREFIX) for other in seen)
    assert os.listdir(tmp_path) == [name]
