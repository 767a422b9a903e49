from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.conf import TransferConfig
from philo_aws.exceptions import (
    BucketNotFoundError,
    IncompleteError,
    InvalidRequestError,
    LocalFileError,
)
from philo_aws.s3.files import places, tree
from philo_aws.s3.filters import Rule
from philo_aws.s3.report import Outcome, Report, Watcher
from philo_aws.s3.request import names, sizes
from tests.s3.files.test_tree import plant
from tests.servers import LocalAWS


class Recorder(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.sizes: list[int] = []
        self.bytes = 0
        self.report: Report | None = None

    def planned(self, size: int) -> None:
        self.sizes.append(size)

    def moved(self, count: int) -> None:
        self.bytes += count

    def outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def finished(self, report: Report) -> None:
        self.report = report

    def by_key(self) -> dict[str, Outcome]:
        return {outcome.key: outcome for outcome in self.outcomes}


def stored(aws: LocalAWS, bucket: str) -> dict[str, bytes]:
    client: Any = aws.client("s3")
    rows = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {
        row["Key"]: client.get_object(Bucket=bucket, Key=row["Key"])["Body"].read() for row in rows
    }


def local(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_folder_up_and_down_again(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path / "up", "a.txt", "css/a.css", "css/deep/b c+d.css")
    (tmp_path / "up" / "empty").touch()
    watcher = Recorder()
    report = s3.upload_dir(tmp_path / "up", bucket, watcher=watcher)
    assert stored(aws, bucket) == local(tmp_path / "up")
    assert (report.planned, report.uploaded, report.failed, report.skipped) == (4, 4, 0, 0)
    size = sum(map(len, local(tmp_path / "up").values()))
    assert report.bytes == watcher.bytes == sum(watcher.sizes) == size
    assert report.complete
    assert watcher.report is report
    report = s3.download_dir(tmp_path / "down", bucket)
    assert local(tmp_path / "down") == local(tmp_path / "up")
    assert (report.planned, report.downloaded, report.bytes) == (4, 4, size)


def test_the_prefix_is_a_folder(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path / "up", "a")
    s3.upload_dir(tmp_path / "up", bucket, prefix="static")
    s3.upload_dir(tmp_path / "up", bucket, prefix="static-old/")
    assert set(stored(aws, bucket)) == {"static/a", "static-old/a"}
    s3.download_dir(tmp_path / "down", bucket, prefix="static")
    assert set(local(tmp_path / "down")) == {"a"}


def test_types_and_headers(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path, "a.css")
    (tmp_path / "b.js.gz").write_bytes(gzip.compress(b"x"))
    s3.upload_dir(
        tmp_path,
        bucket,
        headers=[s3.HeaderRule(pattern="*.css", name="Cache-Control", value="max-age=9")],
        extra_args={"Metadata": {"release": "7"}},
    )
    client: Any = aws.client("s3")
    css = client.head_object(Bucket=bucket, Key="a.css")
    assert css["ContentType"] == "text/css; charset=utf-8"
    assert css["CacheControl"] == "max-age=9"
    assert css["Metadata"] == {"release": "7"}
    gz = client.head_object(Bucket=bucket, Key="b.js.gz")
    assert gz["ContentEncoding"] == "gzip"
    assert gz["ContentType"] == "text/javascript; charset=utf-8"


def test_rules_choose(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path / "up", "a.css", "a.map", "old/b.css")
    rules = [Rule(keep=False, pattern="*.map"), Rule(keep=False, pattern="old/")]
    assert s3.upload_dir(tmp_path / "up", bucket, rules=rules).planned == 1
    assert set(stored(aws, bucket)) == {"a.css"}
    s3.upload_dir(tmp_path / "up", bucket)
    only = [Rule(keep=True, pattern="old/**")]
    s3.download_dir(tmp_path / "down", bucket, rules=only)
    assert set(local(tmp_path / "down")) == {"old/b.css"}


def test_what_is_no_unicode_cannot_be_asked_for(
    ministack: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    bad = os.fsdecode(b"st\xff")
    plant(tmp_path, "a")
    (tmp_path / bad).mkdir()
    (tmp_path / bad / "x").touch()
    with pytest.raises(InvalidRequestError, match="not valid Unicode"):
        s3.upload_dir(tmp_path, bucket, prefix=bad)
    for call in (s3.upload_dir, s3.download_dir, s3.sync):
        with pytest.raises(InvalidRequestError, match="not valid Unicode"):
            call(tmp_path, bucket, rules=[Rule(keep=True, pattern=f"{bad}/*")], compare="size")
    with pytest.raises(InvalidRequestError, match="not valid Unicode"):
        s3.delete_objects(bucket, prefix=bad)
    # Leaving out what cannot be uploaded is what excluding is for.
    report = s3.sync(tmp_path, bucket, rules=[Rule(keep=False, pattern=f"{bad}/")])
    assert (report.uploaded, report.failed) == (1, 0)


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_no_object_can_hold_is_a_failure(
    ministack: LocalAWS,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dry_run: bool,
) -> None:
    # No disk here takes a file of 48.8 TiB, not even an empty one.
    monkeypatch.setattr(sizes, "MAX_OBJECT_SIZE", 3)
    for name, size in (("fits", 3), ("large", 4)):
        (tmp_path / name).write_bytes(bytes(size))
    report = s3.upload_dir(tmp_path, bucket, dry_run=dry_run)
    assert (report.uploaded, report.failed) == (1, 1)
    error = report.failures[0].error
    assert isinstance(error, InvalidRequestError)
    assert error.code == "EntityTooLarge"
    assert "48.8 TiB" in str(error)


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_every_line_has_the_id_of_its_request(
    ministack: LocalAWS, bucket: str, tmp_path: Path, engine: str
) -> None:
    plant(tmp_path / "up", "a", "b")
    options: Any = {"transfer": TransferConfig(engine=engine)}
    for call, folder in ((s3.upload_dir, "up"), (s3.download_dir, "down")):
        watcher = Recorder()
        call(tmp_path / folder, bucket, watcher=watcher, **options)
        ids = [outcome.as_dict()["request_id"] for outcome in watcher.outcomes]
        assert len(set(ids)) == 2
        assert all(ids)


def test_a_file_that_fails_is_named_and_never_stops_the_others(
    aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    plant(tmp_path, "a", "b/c", "z")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")).touch()
    deep = "/".join(["d" * 200] * 6)
    plant(tmp_path, deep)
    watcher = Recorder()
    report = s3.upload_dir(tmp_path, bucket, watcher=watcher)
    assert set(stored(aws, bucket)) == {"a", "b/c", "z"}
    assert (report.planned, report.uploaded, report.failed, report.skipped) == (8, 3, 4, 1)
    assert not report.complete
    assert {failure.key for failure in report.failures} == {"broken", "pipe", deep, "bad\udcff"}
    assert watcher.by_key()[deep].as_dict()["code"] == "KeyTooLongError"
    assert report.skipped_by_reason == {"symbolic link, not followed": 1}
    with pytest.raises(IncompleteError, match="4 of 8 objects failed") as caught:
        report.raise_for_failures()
    assert caught.value.result is report


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_a_file_that_vanishes_is_a_failure(
    ministack: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    plant(tmp_path, "a", "gone", "z")
    check = names.check_key

    def vanish(key: str) -> str:
        if key == "gone":
            (tmp_path / "gone").unlink()
        return str(check(key))

    monkeypatch.setattr("philo_aws.s3.transfer.line.check_key", vanish)
    report = s3.upload_dir(tmp_path, bucket, transfer=TransferConfig(engine=engine))
    assert set(stored(ministack, bucket)) == {"a", "z"}
    assert [failure.key for failure in report.failures] == ["gone"]
    assert isinstance(report.failures[0].error, LocalFileError)


def test_what_would_be_every_files_error_is_raised_at_once(aws: LocalAWS, tmp_path: Path) -> None:
    plant(tmp_path, *(f"{number:04}" for number in range(3000)))
    watcher = Recorder()
    with pytest.raises(BucketNotFoundError):
        s3.upload_dir(tmp_path, "no-such-bucket", watcher=watcher)
    assert watcher.report is not None
    assert watcher.report.uploaded == 0


def test_a_compare_leaves_equal_ones_alone(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path / "up", "a", "b")
    s3.upload_dir(tmp_path / "up", bucket)
    (tmp_path / "up" / "b").write_text("B")
    report = s3.upload_dir(tmp_path / "up", bucket, compare="checksum")
    assert (report.uploaded, report.skipped) == (1, 1)
    s3.download_dir(tmp_path / "down", bucket)
    report = s3.download_dir(tmp_path / "down", bucket, compare="size_mtime")
    assert (report.downloaded, report.skipped) == (0, 2)


def test_a_dry_run_does_nothing(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    plant(tmp_path / "up", "a", "b")
    report = s3.upload_dir(tmp_path / "up", bucket, dry_run=True)
    assert (report.dry_run, report.uploaded) == (True, 2)
    assert stored(aws, bucket) == {}
    s3.upload_dir(tmp_path / "up", bucket)
    assert s3.download_dir(tmp_path / "down", bucket, dry_run=True).downloaded == 2
    assert not (tmp_path / "down").exists()


def test_keys_that_would_leave_the_folder_are_failures(
    aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    client: Any = aws.client("s3")
    bad = ["../out", "/etc/x", "a/../../out", "a//b", "K/child"]
    for key in [*bad, "K", "K-1", "folder/", "good"]:
        client.put_object(Bucket=bucket, Key=key, Body=b"" if key == "folder/" else b"x")
    target = tmp_path / "in" / "target"
    target.parent.mkdir()
    report = s3.download_dir(target, bucket)
    assert local(tmp_path) == {f"in/target/{key}": b"x" for key in ("K", "K-1", "good")}
    assert {failure.key for failure in report.failures} == set(bad)
    assert report.skipped_by_reason == {"folder marker": 1}


def test_a_download_through_a_link_is_a_failure(
    ministack: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="link/x", Body=b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "link").symlink_to(tmp_path / "elsewhere")
    assert s3.download_dir(tmp_path / "target", bucket).failed == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("delete", [True, False])
def test_what_is_unchanged_is_not_written_by_another_spelling(
    ministack: LocalAWS,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    delete: bool,
) -> None:
    # No local file system folds names: it is told that this one does.
    plant(tmp_path / "up", "A", "a", "other")
    s3.upload_dir(tmp_path / "up", bucket)
    plant(tmp_path / "down", "A", "Other")
    monkeypatch.setattr(places, "_foldings", lambda root: (True, True))
    watcher = Recorder()
    s3.sync(tmp_path / "down", bucket, direction="down", delete=delete, watcher=watcher)
    told = watcher.by_key()
    assert (told["A"].reason, told["a"].status) == ("unchanged", "failed")
    assert "takes it and 'A' for one name" in str(told["a"].error)
    assert "a" not in local(tmp_path / "down")
    ministack.client("s3").delete_object(Bucket=bucket, Key="a")
    s3.sync(tmp_path / "down", bucket, direction="down", delete=delete, watcher=watcher)
    # There "Other" would be the file that was just downloaded as "other".
    assert "Other" in local(tmp_path / "down")


def test_folders_that_cannot_be(ministack: LocalAWS, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for call, place, message in (
        (s3.upload_dir, "none", "does not exist"),
        (s3.upload_dir, "file", "is a file"),
        (s3.download_dir, "file", "is not a folder"),
        (s3.download_dir, "none/deep", "There is no folder"),
    ):
        with pytest.raises(LocalFileError, match=message):
            call(tmp_path / place, bucket)
    with pytest.raises(InvalidRequestError, match="bucket name"):
        s3.upload_dir(tmp_path, "")
    with pytest.raises(InvalidRequestError, match="longer than 1,024"):
        s3.upload_dir(tmp_path, bucket, prefix="x" * 1024)


def test_an_empty_folder_plans_nothing(ministack: LocalAWS, bucket: str, tmp_path: Path) -> None:
    assert s3.upload_dir(tmp_path, bucket).planned == 0


def test_the_first_upload_begins_before_the_walk_ends(
    ministack: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, *(f"{number:03}" for number in range(200)))
    uploaded = threading.Event()
    watcher = Recorder()
    real: Any = tree.walk

    def walk(*args: Any, **options: Any) -> Any:
        for number, found in enumerate(real(*args, **options)):
            if number == 150:
                assert uploaded.wait(30), "nothing was uploaded while the walk went on"
            yield found

    monkeypatch.setattr("philo_aws.s3.files.tree.walk", walk)
    monkeypatch.setattr(watcher, "outcome", lambda outcome: uploaded.set())
    assert s3.upload_dir(tmp_path, bucket, watcher=watcher).uploaded == 200
