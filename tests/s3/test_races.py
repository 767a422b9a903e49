"""What others do in a folder while a transfer is at work there: nothing outside it is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.conf import TransferConfig
from philo_aws.s3.files import leftovers
from philo_aws.s3.files.rooted import Root
from philo_aws.s3.filters import Filter
from philo_aws.s3.report import Outcome, Report
from philo_aws.s3.transfer.sides import GOING_ON, LEFTOVER, files_of
from tests.s3.files.test_tree import plant
from tests.s3.transfer.test_folders import Recorder, local, stored
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024 * 1024
LARGE = 9 * MIB


class Meddler(Recorder):
    """Somebody who does something at one moment of a transfer."""

    def __init__(self, moment: str, act: Callable[[], None]) -> None:
        super().__init__()
        self._moment = moment
        self._act: Callable[[], None] | None = act

    def _now(self, moment: str) -> None:
        if moment == self._moment and self._act:
            act, self._act = self._act, None
            act()

    def planned(self, size: int) -> None:
        super().planned(size)
        self._now("planned")
        self._now(f"planned {size}")

    def moved(self, count: int) -> None:
        super().moved(count)
        self._now("moved")

    def outcome(self, outcome: Outcome) -> None:
        super().outcome(outcome)
        self._now(outcome.key)


@pytest.fixture(params=["crt", "classic"])
def transfer(request: pytest.FixtureRequest) -> TransferConfig:
    return TransferConfig(engine=request.param)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that is nobody's business."""
    plant(tmp_path / "outside", "f", "sub/f")
    return tmp_path / "outside"


@pytest.fixture
def down(tmp_path: Path) -> Path:
    plant(tmp_path / "down", "a/b/kept")
    return tmp_path / "down"


def put(aws: LocalAWS, bucket: str, **sizes: int) -> None:
    for key, size in sizes.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key.replace("_", "/"), Body=b"o" * size)


def swap(place: Path, target: Path, *, gone: bool = False) -> Callable[[], None]:
    """What puts a link to ``target`` in the place of a file or folder, which is moved or gone."""

    def act() -> None:
        before = place.with_name(place.name + "-before")
        place.rename(before)
        place.symlink_to(target)
        if gone:
            shutil.rmtree(before) if before.is_dir() else before.unlink()

    return act


def content(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """All that can be seen of the files below ``folder``."""
    return {
        str(path.relative_to(folder)): (
            path.read_bytes(),
            path.stat().st_mtime_ns,
            path.stat().st_ino,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("size", [5, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("place", ["a", "a/b"])
def test_no_download_goes_through_a_link_that_was_put_there_meanwhile(
    aws: LocalAWS,
    bucket: str,
    down: Path,
    outside: Path,
    transfer: TransferConfig,
    place: str,
    size: int,
) -> None:
    put(aws, bucket, a_b_f=size, z=1)
    (outside / "b").mkdir()
    before = content(outside)
    meddler = Meddler("planned", swap(down / place, outside))
    report = s3.download_dir(down, bucket, transfer=transfer, watcher=meddler)
    assert content(outside) == before
    assert (report.downloaded, report.failed) == (1, 1)
    [failure] = report.failures
    assert failure.error is not None
    assert failure.error.code == "Confined"
    assert str(failure.error) == (
        f"'{down / place}' is a symbolic link by now, and was not followed. "
        "Remove it, or run it again."
    )
    assert not [path for path in down.rglob("*") if path.name.startswith(".philo-aws-")]


def test_no_large_download_ends_in_a_folder_that_was_moved_out_meanwhile(
    aws: LocalAWS, bucket: str, down: Path, outside: Path, transfer: TransferConfig
) -> None:
    put(aws, bucket, a_b_f=LARGE)
    before = content(outside)

    def act() -> None:
        (down / "a/b").rename(outside / "b")
        (down / "a/b").symlink_to(outside / "b")

    report = s3.download_dir(down, bucket, transfer=transfer, watcher=Meddler("moved", act))
    assert (report.downloaded, report.failed) == (0, 1)
    assert "was moved or replaced meanwhile" in str(report.failures[0].error)
    assert content(outside).keys() == {*before, "b/kept"}, "nor is anything left there"


def test_a_link_in_the_place_of_the_file_itself_is_replaced_and_not_written_through(
    aws: LocalAWS, bucket: str, down: Path, outside: Path, transfer: TransferConfig
) -> None:
    put(aws, bucket, a_b_f=5)
    before = content(outside)
    meddler = Meddler("planned", lambda: (down / "a/b/f").symlink_to(outside / "f"))
    assert s3.download_dir(down, bucket, transfer=transfer, watcher=meddler).complete
    assert content(outside) == before
    assert not (down / "a/b/f").is_symlink()
    assert (down / "a/b/f").read_bytes() == b"ooooo"


def test_the_folder_that_was_named_may_be_a_link(
    aws: LocalAWS, bucket: str, down: Path, tmp_path: Path, transfer: TransferConfig
) -> None:
    put(aws, bucket, a_b_f=5, g=LARGE)
    (tmp_path / "link").symlink_to(down)
    s3.sync(tmp_path / "link", bucket, direction="down", delete=True, transfer=transfer)
    assert local(down) == {"a/b/f": b"ooooo", "g": b"o" * LARGE}
    (down / "a/b/h").write_bytes(b"h")
    report = s3.sync(tmp_path / "link", bucket, transfer=transfer)
    assert (report.uploaded, report.failed) == (1, 0)
    assert stored(aws, bucket)["a/b/h"] == b"h"


@pytest.mark.parametrize("size", [5, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "moved"])
@pytest.mark.parametrize("place", ["a", "a/b", "a/b/f"])
def test_no_upload_sends_what_a_link_leads_to_that_was_put_there_meanwhile(
    aws: LocalAWS,
    bucket: str,
    tmp_path: Path,
    transfer: TransferConfig,
    place: str,
    gone: bool,
    size: int,
) -> None:
    up, secret = tmp_path / "up", tmp_path / "secret"
    for folder in (up / "a/b", secret, secret / "b"):
        folder.mkdir(parents=True)
        (folder / "f").write_bytes(b"s" * size)
    (up / "a/b/f").write_bytes(b"o" * size)
    target = secret / "f" if place == "a/b/f" else secret
    meddler = Meddler("planned", swap(up / place, target, gone=gone))
    report = s3.upload_dir(up, bucket, transfer=transfer, watcher=meddler)
    if not gone and place != "a/b/f":
        # Its folder was open, so it could be read all the same: the file, and not what is there.
        assert stored(aws, bucket) in ({}, {"a/b/f": b"o" * size})
        return
    assert stored(aws, bucket) == {}
    assert (report.uploaded, report.failed) == (0, 1)
    assert f"'{up / place}' is a symbolic link by now" in str(report.failures[0].error)


@pytest.mark.parametrize("size", [5, LARGE], ids=["small", "large"])
def test_links_are_followed_where_that_is_wanted(
    aws: LocalAWS, bucket: str, tmp_path: Path, transfer: TransferConfig, size: int
) -> None:
    plant(tmp_path, "up/x")
    (tmp_path / "real").mkdir()
    (tmp_path / "real/f").write_bytes(b"o" * size)
    (tmp_path / "up/folder").symlink_to(tmp_path / "real")
    (tmp_path / "up/file").symlink_to(tmp_path / "real/f")
    report = s3.upload_dir(tmp_path / "up", bucket, follow_symlinks=True, transfer=transfer)
    assert report.complete
    assert stored(aws, bucket) == {"x": b"up/x", "folder/f": b"o" * size, "file": b"o" * size}


def test_a_pipe_in_the_place_of_a_file_does_not_block(
    bucket: str, tmp_path: Path, transfer: TransferConfig
) -> None:
    plant(tmp_path, "f")

    def act() -> None:
        (tmp_path / "f").unlink()
        os.mkfifo(tmp_path / "f")

    report = s3.upload_dir(tmp_path, bucket, transfer=transfer, watcher=Meddler("planned", act))
    assert "is not a regular file" in str(report.failures[0].error)


def replace_by_another(path: Path) -> None:
    """Put another file in its place, of the same content and time."""
    status = path.stat()
    path.with_name("other").write_bytes(path.read_bytes())
    os.utime(path.with_name("other"), ns=(status.st_mtime_ns, status.st_mtime_ns))
    path.with_name("other").rename(path)


def sync_down(down: Path, bucket: str, act: Callable[[], None], **more: Any) -> Report:
    """Sync with deletes; ``act`` is done when the tree was read, and before the first delete."""
    options: Any = {"direction": "down", "delete": True, "watcher": Meddler("z", act), **more}
    return s3.sync(down, bucket, **options)


@pytest.mark.parametrize("place", ["a", "a/b"])
def test_nothing_is_deleted_through_a_link_that_was_put_there_meanwhile(
    aws: LocalAWS, bucket: str, down: Path, outside: Path, place: str
) -> None:
    put(aws, bucket, z=1)
    plant(outside, "b/kept", "kept")
    before = content(outside)
    report = sync_down(down, bucket, swap(down / place, outside))
    assert content(outside) == before
    assert (report.deleted, report.failed) == (0, 1)
    assert "is a symbolic link by now" in str(report.failures[0].error)


def test_the_empty_folders_of_others_are_not_removed_through_a_link(
    aws: LocalAWS, bucket: str, down: Path, outside: Path
) -> None:
    put(aws, bucket, a=1, z=1)  # "a" takes the place of a folder, whose folders are removed first
    (outside / "b/empty").mkdir(parents=True)
    meddler = Meddler("a/b/kept", swap(down / "a", outside))
    report = s3.sync(down, bucket, direction="down", delete=True, watcher=meddler)
    assert (outside / "b/empty").is_dir()
    assert (report.deleted, report.downloaded, report.failed) == (1, 1, 1)


def test_what_is_put_into_a_folder_that_is_to_make_room_stays(
    aws: LocalAWS, bucket: str, down: Path
) -> None:
    put(aws, bucket, a=1, z=1)
    meddler = Meddler("a/b/kept", lambda: plant(down, "a/b/new"))
    report = s3.sync(down, bucket, direction="down", delete=True, watcher=meddler)
    assert local(down) == {"a/b/new": b"a/b/new", "z": b"o"}
    assert (report.deleted, report.downloaded, report.failed) == (1, 1, 1)
    assert "is a folder" in str(report.failures[0].error)
    assert not report.complete


def test_a_link_that_took_the_place_of_a_file_keeps_everything(
    aws: LocalAWS, bucket: str, down: Path
) -> None:
    put(aws, bucket, a=1, z=1)
    plant(down, "q")

    def act() -> None:
        (down / "a/b/kept").unlink()
        (down / "a/b/kept").symlink_to("../../q")

    report = sync_down(down, bucket, act)
    assert (down / "q").exists()
    assert (report.deleted, report.failed) == (0, 1)


def test_what_is_put_there_before_the_deleting_keeps_everything(
    aws: LocalAWS, bucket: str, down: Path
) -> None:
    put(aws, bucket, a=1, z=1)
    report = sync_down(down, bucket, lambda: plant(down, "a/new"))
    assert local(down) == {"a/b/kept": b"a/b/kept", "a/new": b"a/new", "z": b"o"}
    assert (report.deleted, report.failed) == (0, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"what somebody works on"),
        lambda path: os.utime(path, ns=(1, 1)),
        replace_by_another,
    ],
    ids=["size", "mtime", "another file"],
)
def test_a_file_that_changed_after_it_was_looked_at_is_not_deleted(
    aws: LocalAWS, bucket: str, down: Path, change: Callable[[Path], Any]
) -> None:
    put(aws, bucket, z=1)
    path = down / "a/b/kept"
    path.write_bytes(b"content")
    os.utime(path, ns=(5, 5))
    plant(down, "b")
    report = sync_down(down, bucket, lambda: change(path))
    assert path.exists()
    assert (report.deleted, report.failed) == (1, 1)
    [failure] = report.failures
    assert failure.error is not None
    assert failure.error.code == "FileChanged"
    assert "changed after it was looked at, so it was not deleted" in str(failure.error)
    assert not report.complete


def test_a_file_that_another_run_deleted_counts_as_deleted(
    aws: LocalAWS, bucket: str, down: Path
) -> None:
    put(aws, bucket, z=1)

    def act() -> None:
        (down / "a/b/kept").unlink()
        (down / "a/b").rmdir()
        (down / "a").rmdir()

    report = sync_down(down, bucket, act)
    assert (report.deleted, report.failed) == (1, 0)
    assert local(down) == {"z": b"o"}


def test_the_downloads_of_another_run_are_neither_deleted_nor_compared(
    aws: LocalAWS, bucket: str, down: Path
) -> None:
    put(aws, bucket, a_b_kept=1)
    (down / "a/b" / leftovers.new_name()).write_bytes(b"going on")
    (down / leftovers.new_name()).write_bytes(b"going on")
    before = sorted(path.name for path in down.rglob(".philo*"))
    watcher = Recorder()
    options: Any = {"direction": "down", "delete": True, "watcher": watcher}
    report = s3.sync(down, bucket, **options)
    assert sorted(path.name for path in down.rglob(".philo*")) == before
    assert (report.downloaded, report.deleted, report.failed) == (1, 0, 0)
    assert report.skipped_by_reason == {GOING_ON: 2}
    assert {outcome.action for outcome in watcher.outcomes} == {"download", "delete"}
    assert s3.sync(down, bucket, direction="down").skipped_by_reason == {"unchanged": 1}


def test_two_syncs_at_once_do_not_take_each_others_downloads(
    aws: LocalAWS, bucket: str, down: Path, transfer: TransferConfig
) -> None:
    put(aws, bucket, a_b_f=LARGE, a_g=5, z=1)
    options: Any = {"direction": "down", "delete": True, "transfer": transfer}
    with ThreadPoolExecutor(1) as pool:
        others = []

        def act() -> None:
            others.append(pool.submit(s3.sync, down, bucket, **options))

        reports = [s3.sync(down, bucket, watcher=Meddler("planned 5", act), **options)]
        reports += [other.result() for other in others]
    assert [report.complete for report in reports] == [True, True]
    assert local(down) == {"a/b/f": b"o" * LARGE, "a/g": b"ooooo", "z": b"o"}


def test_what_a_killed_run_left_goes_after_a_day(
    aws: LocalAWS, bucket: str, down: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, bucket, a_b_kept=1)
    left = down / leftovers.new_name()
    left.write_bytes(b"left")
    os.utime(left, (1, 1))
    options: Any = {"direction": "down", "delete": True}
    assert s3.sync(down, bucket, **options).deleted == 0, "its end may be near: the time is set"
    monkeypatch.setattr(leftovers, "ABANDONED_AFTER", -1)
    report = s3.sync(down, bucket, **options)
    assert (report.deleted, report.skipped_by_reason) == (1, {"unchanged": 1})
    assert not left.exists()


@pytest.mark.parametrize("name", [leftovers.new_name(), "x"], ids=["temporary", "file"])
def test_what_vanishes_from_a_target_while_it_is_read_is_not_there(down: Path, name: str) -> None:
    plant(down, "c/.first", f"c/{name}", "c/z")
    with Root(down) as root:
        found = iter(files_of(root, Filter()))
        assert [next(found).key, next(found).key] == ["a/b/kept", "c/.first"]
        (down / "c" / name).unlink()
        assert [item.key for item in found] == ["c/z"]


def test_an_object_with_the_name_of_a_temporary_file_is_left_out(
    aws: LocalAWS, bucket: str, down: Path
) -> None:
    name = leftovers.new_name()
    aws.client("s3").put_object(Bucket=bucket, Key=f"a/{name}", Body=b"x")
    report = s3.download_dir(down, bucket)
    assert report.skipped_by_reason == {LEFTOVER: 1}
    assert local(down) == {"a/b/kept": b"a/b/kept"}
