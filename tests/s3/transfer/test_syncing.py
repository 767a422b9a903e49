from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    AWSError,
    IncompleteError,
    InvalidRequestError,
    LocalFileError,
)
from philo_aws.s3.deleting import ABOVE_LIMIT
from philo_aws.s3.filters import Rule
from philo_aws.s3.report import Outcome, Report
from philo_aws.s3.request.remote import Remote
from philo_aws.s3.spool import Spool
from philo_aws.s3.transfer.line import Line
from philo_aws.s3.transfer.syncing import EMPTY_SOURCE, NOT_DELETED, Direction, may_delete
from tests.s3.files.test_tree import inode, plant, watch_lists
from tests.s3.pagestore import Answer, page, serving
from tests.s3.transfer.test_folders import Recorder, local, stored
from tests.servers import LocalAWS


@pytest.fixture
def synced(bucket: str, tmp_path: Path) -> Path:
    """A folder that the bucket is equal to."""
    plant(tmp_path / "up", "a", "b/c", "b/d", "z")
    s3.sync(tmp_path / "up", bucket)
    return tmp_path / "up"


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


def test_only_differences_move_down(
    aws: LocalAWS, bucket: str, synced: Path, tmp_path: Path
) -> None:
    down = tmp_path / "down"
    s3.sync(down, bucket, direction="down")
    assert local(down) == local(synced)
    plant(down, "more/x", "b/extra")
    (down / "a").write_text("changed")
    report = s3.sync(down, bucket, direction="down", delete=True)
    assert (report.downloaded, report.skipped, report.deleted) == (1, 3, 2)
    assert local(down) == local(synced)
    assert not (down / "more").exists()
    assert s3.sync(down, bucket, direction="down", delete=True).skipped == 4


def test_deleting_comes_last_and_not_after_a_failure(
    aws: LocalAWS, bucket: str, synced: Path
) -> None:
    (synced / "z").unlink()
    (synced / "broken").symlink_to("nowhere")
    watcher = Recorder()
    report = s3.sync(synced, bucket, delete=True, watcher=watcher)
    assert (report.failed, report.deleted) == (1, 0)
    assert watcher.by_key()["z"].reason == NOT_DELETED
    assert "z" in stored(aws, bucket)
    (synced / "broken").unlink()
    plant(synced, "zz")
    watcher = Recorder()
    assert s3.sync(synced, bucket, delete=True, watcher=watcher).deleted == 1
    assert [o.action for o in watcher.outcomes if o.status == "done"] == ["upload", "delete"]


def test_a_folder_that_cannot_be_read_deletes_nothing(
    aws: LocalAWS, bucket: str, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By hand, as the tests may run as root, who may read everything.
    watch_lists(monkeypatch, inode(synced / "b"), PermissionError(13, "Permission denied"))
    report = s3.sync(synced, bucket, delete=True)
    assert (report.failed, report.deleted) == (1, 0)
    assert set(stored(aws, bucket)) == {"a", "b/c", "b/d", "z"}


def test_an_empty_source_deletes_nothing_unless_told_so(
    aws: LocalAWS, bucket: str, synced: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IncompleteError, match="the source is empty, and all 4") as caught:
        s3.sync(tmp_path / "empty", bucket, delete=True)
    assert caught.value.code == "EmptySource"
    assert len(stored(aws, bucket)) == 4
    assert s3.sync(tmp_path / "empty", bucket, delete=True, allow_empty=True).deleted == 4
    assert stored(aws, bucket) == {}
    with pytest.raises(IncompleteError, match="the source is empty"):
        s3.sync(synced, bucket, direction="down", delete=True)
    assert len(local(synced)) == 4


def test_max_delete(aws: LocalAWS, bucket: str, synced: Path) -> None:
    (synced / "z").unlink()
    (synced / "a").unlink()
    with pytest.raises(IncompleteError, match="Nothing was deleted: 2 would go"):
        s3.sync(synced, bucket, delete=True, max_delete=1)
    assert len(stored(aws, bucket)) == 4
    assert s3.sync(synced, bucket, delete=True, max_delete=2).deleted == 2


def test_nothing_excluded_is_deleted(aws: LocalAWS, bucket: str, synced: Path) -> None:
    for name in ("a", "b/c"):
        (synced / name).unlink()
    rules = [Rule(keep=False, pattern="b")]
    assert s3.sync(synced, bucket, delete=True, rules=rules).deleted == 1
    assert set(stored(aws, bucket)) == {"b/c", "b/d", "z"}


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


def test_folder_markers_are_left_alone(aws: LocalAWS, bucket: str, synced: Path) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="b/", Body=b"")
    assert s3.sync(synced, bucket, delete=True).deleted == 0
    assert s3.sync(synced, bucket, direction="down", delete=True).deleted == 0
    assert "b/" in stored(aws, bucket)


def test_a_dry_run_shows_everything_and_does_nothing(
    aws: LocalAWS, bucket: str, synced: Path
) -> None:
    (synced / "z").unlink()
    plant(synced, "new")
    watcher = Recorder()
    report = s3.sync(synced, bucket, delete=True, dry_run=True, watcher=watcher)
    assert (report.uploaded, report.deleted, report.skipped) == (1, 1, 3)
    done = [(o.action, o.key, o.reason) for o in watcher.outcomes if o.status == "done"]
    assert done == [("upload", "new", "new"), ("delete", "z", "")]
    assert set(stored(aws, bucket)) == {"a", "b/c", "b/d", "z"}


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(("empty", "reason"), [(False, ABOVE_LIMIT), (True, EMPTY_SOURCE)])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_dry_run_names_what_a_guard_would_keep(
    aws: LocalAWS,
    bucket: str,
    synced: Path,
    tmp_path: Path,
    empty: bool,
    reason: str,
    direction: Direction,
) -> None:
    (tmp_path / "other").mkdir()
    plant(tmp_path / "other", *([] if empty else ["p/a", "p/new"]))
    if direction == "up":
        folder, prefix, extra = tmp_path / "other", "", {"a", "b/c", "b/d", "z"}
    else:
        s3.sync(tmp_path / "other", bucket, prefix="q")
        folder, prefix, extra = synced, "q", {"q/a", "q/b/c", "q/b/d", "q/z"}
    watcher = Recorder()
    with pytest.raises(IncompleteError, match="Nothing would be deleted"):
        s3.sync(
            folder,
            bucket,
            direction=direction,
            prefix=prefix,
            delete=True,
            max_delete=3,
            dry_run=True,
            watcher=watcher,
        )
    told = {o.key: (o.status, o.reason) for o in watcher.outcomes if o.action == "delete"}
    assert told == dict.fromkeys(extra, ("skipped", reason))
    assert len(local(synced)) == 4
    assert {"a", "b/c", "b/d", "z"} <= set(stored(aws, bucket))


@pytest.mark.aws_servers("ministack")
def test_a_deleted_file_has_its_key_with_the_prefix(
    aws: LocalAWS, bucket: str, synced: Path
) -> None:
    s3.sync(synced, bucket, prefix="p")
    aws.client("s3").delete_object(Bucket=bucket, Key="p/b/c")
    watcher = Recorder()
    s3.sync(synced, bucket, direction="down", prefix="p", delete=True, watcher=watcher)
    assert [o.path for o in watcher.outcomes if o.key == "p/b/c"] == [str(synced / "b" / "c")]
    assert not (synced / "b" / "c").exists()


@pytest.mark.aws_servers("ministack")
def test_what_is_no_file_where_an_object_is_to_go_is_told_once(
    aws: LocalAWS, bucket: str, synced: Path
) -> None:
    (synced / "a").unlink()
    os.mkfifo(synced / "a")
    os.mkfifo(synced / "here-only")
    report = s3.sync(synced, bucket, direction="down", delete=True)
    assert (report.planned, report.skipped, report.failed) == (5, 3, 2)
    told = {found.key: str(found.error) for found in report.failures}
    assert (
        told["a"]
        == f"The object 'a' cannot become a file here: {str(synced / 'a')!r} is a special file."
    )
    assert told["here-only"].startswith(
        f"{str(synced / 'here-only')!r} is a named pipe, not a file."
    )


@pytest.mark.parametrize(
    "options",
    [
        {"follow_symlinks": True},
        {"default_headers": {"Cache-Control": "a"}},
        {"extra_args": {"ACL": "private"}},
    ],
)
def test_what_is_for_uploads_only(
    ministack: LocalAWS, bucket: str, tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequestError, match="direction up"):
        s3.sync(tmp_path, bucket, direction="down", **options)


def error_page(status: int, code: str) -> Answer:
    return status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


WRONG: dict[str, Sequence[Answer]] = {
    "refused": [error_page(403, "AccessDenied")],
    "failing": [error_page(500, "InternalError")],
    "throttled": [error_page(503, "SlowDown")],
    "gone": [error_page(404, "NoSuchBucket")],
    "empty": [(200, b"")],
    "page of a portal": [(200, b"<html><body>Log in</body></html>")],
    "cut XML": [(200, page("m", "n")[1][:-30])],
    "out of order": [page("m", "b")],
    "twice the same": [page("m", "m")],
    "again the first": [page("a", "b")],
    "nothing": [(204, b"")],
    "JSON": [(200, b"{}")],
}
BOTH = pytest.mark.parametrize("direction", ["up", "down"])


@BOTH
@pytest.mark.parametrize("first", [True, False], ids=["first page", "second page"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_listing_that_is_not_whole_deletes_nothing(
    settings: Settings, tmp_path: Path, direction: Direction, wrong: str, first: bool
) -> None:
    pages = list(WRONG[wrong]) if first else [page("a", "b", following="1"), *WRONG[wrong]]
    if first and wrong == "again the first":
        pytest.skip("a first page is right to be the first")
    plant(tmp_path, "a", "b", "c", "o/p", "z")
    before = local(tmp_path).keys()
    with serving(settings, *pages) as deletes, pytest.raises(AWSError):
        s3.sync(tmp_path, "bucket", direction=direction, compare="size", delete=True)
    assert before <= local(tmp_path).keys()
    assert deletes == []


@BOTH
def test_a_listing_that_breaks_off_deletes_nothing(
    settings: Settings, tmp_path: Path, direction: Direction
) -> None:
    plant(tmp_path, "a", "b", "c", "o/p", "z")
    before = local(tmp_path).keys()
    pages = [page("a", "b", following="1"), page("c", "d")]
    with serving(settings, *pages, cut=1) as deletes, pytest.raises(AWSError):
        s3.sync(tmp_path, "bucket", direction=direction, compare="size", delete=True)
    assert before <= local(tmp_path).keys()
    assert deletes == []


def test_a_whole_listing_of_several_pages_deletes_what_is_extra(
    settings: Settings, tmp_path: Path
) -> None:
    plant(tmp_path, "a", "b", "c", "o/p", "z")
    with serving(settings, page("a", "b", following="1"), page("c", "d")) as deletes:
        report = s3.sync(tmp_path, "bucket", direction="down", compare="size", delete=True)
    assert (report.deleted, deletes) == (2, [])
    assert local(tmp_path).keys() == set("abcd")


@pytest.mark.parametrize("what", ["failed", "unfinished"])
def test_nothing_is_deleted_where_anything_failed_or_is_not_known(what: str) -> None:
    watcher = Recorder()
    report, remote = Report(watcher=watcher), Remote(bucket="b", prefix="p/")
    line = Line(remote, report, "download", lambda step: pytest.fail("not asked"))
    line.sources = 1
    with Spool() as extra:
        extra.add("old", "/old")
        assert may_delete(line, report, extra, None, False, remote)
        report.plan()
        if what == "failed":
            error = LocalFileError("no")
            report.add(Outcome(action="download", status="failed", key="k", error=error))
        assert not may_delete(line, report, extra, None, False, remote)
    assert watcher.by_key()["p/old"].reason == NOT_DELETED
    assert watcher.by_key()["p/old"].path == "/old"
