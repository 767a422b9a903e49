from __future__ import annotations

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
)
from philo_aws.s3.deleting import ABOVE_LIMIT
from philo_aws.s3.filters import Rule
from philo_aws.s3.transfer.extras import EMPTY_SOURCE, NOT_DELETED
from philo_aws.s3.transfer.syncing import Direction
from tests.s3.files.test_tree import plant
from tests.s3.pagestore import Answer, page, serving
from tests.s3.transfer.test_folders import Recorder, local, stored
from tests.servers import LocalAWS


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
