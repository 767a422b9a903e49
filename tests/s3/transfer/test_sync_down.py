"""A folder from a bucket; what is in the way of an object there is in test_displaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws import s3
from tests.s3.files.test_tree import plant
from tests.s3.pagestore import page, serving
from tests.s3.transfer.test_folders import Recorder, local
from tests.servers import LocalAWS


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


def test_a_whole_listing_of_several_pages_deletes_what_is_extra(
    settings: Settings, tmp_path: Path
) -> None:
    plant(tmp_path, "a", "b", "c", "o/p", "z")
    with serving(settings, page("a", "b", following="1"), page("c", "d")) as deletes:
        report = s3.sync(tmp_path, "bucket", direction="down", compare="size", delete=True)
    assert (report.deleted, deletes) == (2, [])
    assert local(tmp_path).keys() == set("abcd")
