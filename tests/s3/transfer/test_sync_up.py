from __future__ import annotations

import os
from pathlib import Path

import pytest

from philo_aws import s3
from tests.s3.files.test_tree import inode, plant, watch_lists
from tests.s3.transfer.test_folders import local, stored
from tests.servers import LocalAWS


def test_only_differences_move_up(aws: LocalAWS, bucket: str, synced: Path) -> None:
    (synced / "a").write_text("A")
    (synced / "z").unlink()
    plant(synced, "new")
    report = s3.sync(synced, bucket)
    assert (report.uploaded, report.skipped, report.deleted) == (2, 2, 0)
    assert stored(aws, bucket) == local(synced) | {"z": b"z"}
    report = s3.sync(synced, bucket, delete=True)
    assert (report.uploaded, report.skipped, report.deleted) == (0, 4, 1)
    assert stored(aws, bucket) == local(synced)


def test_a_rebuilt_but_unchanged_tree_uploads_nothing(bucket: str, synced: Path) -> None:
    for path in synced.rglob("*"):
        os.utime(path)
    assert s3.sync(synced, bucket).uploaded == 0


def test_a_change_of_the_same_size_and_an_older_time_is_seen(
    aws: LocalAWS, bucket: str, synced: Path
) -> None:
    (synced / "a").write_text("X")
    os.utime(synced / "a", (1, 1))
    assert s3.sync(synced, bucket).uploaded == 1
    assert stored(aws, bucket)["a"] == b"X"


def test_a_folder_that_cannot_be_read_deletes_nothing(
    aws: LocalAWS, bucket: str, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By hand, as the tests may run as root, who may read everything.
    watch_lists(monkeypatch, inode(synced / "b"), PermissionError(13, "Permission denied"))
    report = s3.sync(synced, bucket, delete=True)
    assert (report.failed, report.deleted) == (1, 0)
    assert set(stored(aws, bucket)) == {"a", "b/c", "b/d", "z"}


def test_nothing_outside_the_prefix_is_deleted(
    ministack: LocalAWS, bucket: str, synced: Path
) -> None:
    s3.sync(synced, bucket, prefix="b", delete=True)
    assert set(stored(ministack, bucket)) == {"a", "z", "b/a", "b/b/c", "b/b/d", "b/z"}


def test_what_lies_behind_a_link_is_not_deleted(
    ministack: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    plant(tmp_path, "real/x", "up/a")
    (tmp_path / "up" / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "up" / "file").symlink_to(tmp_path / "real" / "x")
    s3.sync(tmp_path / "up", bucket, follow_symlinks=True)
    assert set(stored(ministack, bucket)) == {"a", "file", "folder/x"}
    report = s3.sync(tmp_path / "up", bucket, delete=True)
    assert (report.deleted, report.skipped) == (0, 3)
    assert set(stored(ministack, bucket)) == {"a", "file", "folder/x"}
