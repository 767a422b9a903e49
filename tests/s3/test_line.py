from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import BucketNotFoundError, LocalFileError, NetworkError, ServiceError
from philo_aws.s3.engine.base import Upload
from philo_aws.s3.line import Line, Store
from philo_aws.s3.plan import Kind, Step
from philo_aws.s3.report import Report
from tests.s3.test_transfers import Recorder, stored
from tests.servers import LocalAWS

BROKEN = LocalFileError("'x' cannot be read.")


def task_of(folder: Path, prefix: str = "") -> Any:
    def task(step: Step) -> Upload:
        path = folder / step.key
        if not path.exists():
            raise LocalFileError(f"{step.key!r} went away.")
        found = path.stat()
        return Upload(
            key=prefix + step.key,
            path=str(path),
            size=found.st_size,
            mtime_ns=found.st_mtime_ns,
        )

    return task


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.fixture
def report() -> Report:
    return Report(watcher=Recorder())


def told(report: Report) -> list[tuple[str, str, str]]:
    watcher: Any = report.watcher
    return sorted((found.key, found.status, found.reason) for found in watcher.outcomes)


def test_every_kind_of_step_is_accounted_for(
    aws: LocalAWS, bucket: str, folder: Path, report: Report
) -> None:
    extra: list[str] = []
    line = Line(
        Store(bucket=bucket, prefix="p/"),
        report,
        "upload",
        task_of(folder, "p/"),
        on_extra=lambda step: extra.append(step.key),
    )
    line.run(
        [
            Step(Kind.MOVE, "a", reason="new"),
            Step(Kind.SAME, "b", reason="unchanged"),
            Step(Kind.LEFT, "link", reason="symbolic link"),
            Step(Kind.EXTRA, "old"),
            Step(Kind.MOVE, "gone"),
            Step(Kind.MOVE, "c", reason="size"),
        ]
    )
    assert told(report) == [
        ("p/a", "done", "new"),
        ("p/b", "skipped", "unchanged"),
        ("p/c", "done", "size"),
        ("p/gone", "failed", ""),
        ("p/link", "skipped", "symbolic link"),
    ]
    assert (report.planned, report.uploaded, report.skipped, report.failed) == (5, 2, 2, 1)
    assert (line.sources, line.blind, extra) == (4, False, ["old"])
    assert stored(aws, bucket) == {"p/a": b"a", "p/c": b"c"}


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("kind", [Kind.BROKEN, Kind.HIDDEN])
def test_what_could_not_be_looked_at_is_remembered(
    aws: LocalAWS, bucket: str, folder: Path, report: Report, kind: Kind
) -> None:
    line = Line(Store(bucket=bucket), report, "upload", task_of(folder), on_extra=lambda step: None)
    line.run([Step(kind, "x", error=BROKEN, path="here/x"), Step(Kind.MOVE, "a")])
    assert line.blind
    assert [str(found.error) for found in report.failures] == ["'x' cannot be read."]
    assert report.uploaded == 1


@pytest.mark.aws_servers("ministack")
def test_a_dry_run_makes_no_engine_and_moves_nothing(
    aws: LocalAWS, bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("philo_aws.s3.line.make_engine", None)
    report = Report(dry_run=True, watcher=Recorder())
    Line(Store(bucket=bucket), report, "upload", task_of(folder)).run(
        [Step(Kind.MOVE, "a", reason="new"), Step(Kind.MOVE, "gone")]
    )
    assert told(report) == [("a", "done", "new"), ("gone", "failed", "")]
    assert stored(aws, bucket) == {}


def test_an_unchanged_tree_needs_no_engine(
    folder: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("philo_aws.s3.line.make_engine", None)
    Line(Store(bucket="some-bucket"), report, "upload", task_of(folder)).run(
        [Step(Kind.SAME, "a", reason="unchanged")]
    )
    assert (report.planned, report.skipped) == (1, 1)


@pytest.mark.aws_servers("ministack")
def test_what_is_on_its_way_arrives_before_the_source_s_error_is_raised(
    aws: LocalAWS, bucket: str, folder: Path, report: Report
) -> None:
    def steps() -> Iterator[Step]:
        yield Step(Kind.MOVE, "a")
        raise ServiceError("The listing broke off.")

    with pytest.raises(ServiceError, match="broke off"):
        Line(Store(bucket=bucket), report, "upload", task_of(folder)).run(steps())
    assert stored(aws, bucket) == {"a": b"a"}
    assert report.uploaded == 1


@pytest.mark.aws_servers("ministack")
def test_an_error_that_would_be_every_object_s_ends_the_run(
    aws: LocalAWS, folder: Path, report: Report
) -> None:
    store = Store(bucket="no-such-bucket-here")
    asked: list[int] = []

    def steps() -> Iterator[Step]:
        for number in range(5000):
            asked.append(number)
            yield Step(Kind.MOVE, "abc"[number % 3])

    with pytest.raises(BucketNotFoundError):
        Line(store, report, "upload", task_of(folder)).run(steps())
    assert len(asked) < 5000
    assert report.uploaded == 0


def test_without_a_network_it_ends_soon(
    settings: Settings, folder: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the engine has taken on is tried to its end.
    monkeypatch.setattr("philo_aws.s3.engine.ledger.READ_AHEAD", 32)
    monkeypatch.setattr("philo_aws.s3.engine.ledger.REFILL", 8)
    settings.AWS = {
        "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:9",
        "transfer": {"engine": "classic", "max_concurrency": 4},
        "timeouts": {"web": {"max_attempts": 1}},
    }
    store = Store(bucket="some-bucket", purpose="web")
    steps = (Step(Kind.MOVE, "a") for _ in range(5000))
    with pytest.raises(NetworkError):
        Line(store, report, "upload", task_of(folder)).run(steps)
    assert 20 <= report.failed < 2500


def test_a_store_hands_on_only_what_every_request_takes() -> None:
    extra = {"RequestPayer": "requester", "ExpectedBucketOwner": "123456789012", "ACL": "private"}
    store = Store(bucket="b", extra_args=extra)
    assert store.request_args() == {k: v for k, v in extra.items() if k != "ACL"}
