from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import patience
from philo_aws.exceptions import (
    AWSError,
    BucketNotFoundError,
    InvalidRequestError,
    LocalFileError,
    NetworkError,
    ServiceError,
    ThrottledError,
)
from philo_aws.s3.engine.base import Result, Upload
from philo_aws.s3.report import Report
from philo_aws.s3.request.remote import Remote
from philo_aws.s3.transfer.line import Line
from philo_aws.s3.transfer.plan import PlanStep, Verdict
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.s3.transfer.test_folders import Recorder, stored
from tests.servers import LocalAWS

BROKEN = LocalFileError("'x' cannot be read.")
SOMEWHERE: dict[str, Any] = {
    "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
    "region": "us-east-1",
    "endpoint_url": "http://127.0.0.1:9",
}


def task_of(folder: Path, prefix: str = "") -> Any:
    def task(step: PlanStep) -> Upload:
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
        Remote(bucket=bucket, prefix="p/"),
        report,
        "upload",
        task_of(folder, "p/"),
        on_extra=lambda step: extra.append(step.key),
    )
    line.run(
        [
            PlanStep(Verdict.MOVE, "a", reason="new"),
            PlanStep(Verdict.SAME, "b", reason="unchanged"),
            PlanStep(Verdict.LEFT, "link", reason="symbolic link"),
            PlanStep(Verdict.EXTRA, "old"),
            PlanStep(Verdict.MOVE, "gone"),
            PlanStep(Verdict.MOVE, "c", reason="size"),
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
    assert (line.sources, extra) == (4, ["old"])
    assert stored(aws, bucket) == {"p/a": b"a", "p/c": b"c"}


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.HIDDEN])
def test_what_could_not_be_looked_at_is_a_failure(
    aws: LocalAWS, bucket: str, folder: Path, report: Report, verdict: Verdict
) -> None:
    line = Line(
        Remote(bucket=bucket), report, "upload", task_of(folder), on_extra=lambda step: None
    )
    line.run([PlanStep(verdict, "x", error=BROKEN, path="here/x"), PlanStep(Verdict.MOVE, "a")])
    assert [str(found.error) for found in report.failures] == ["'x' cannot be read."]
    assert report.uploaded == 1


@pytest.mark.aws_servers("ministack")
def test_a_step_that_nobody_handles_is_raised(
    aws: LocalAWS, bucket: str, folder: Path, report: Report
) -> None:
    line = Line(Remote(bucket=bucket), report, "upload", task_of(folder))
    with pytest.raises(ValueError, match=r"Nobody handles the verdict Verdict.CHECK \('b'\)"):
        line.run(
            [PlanStep(Verdict.MOVE, "a"), PlanStep(Verdict.CHECK, "b"), PlanStep(Verdict.MOVE, "c")]
        )
    assert stored(aws, bucket) == {"a": b"a"}


def test_a_step_without_a_task_can_be_taken_over(folder: Path, report: Report) -> None:
    taken: list[tuple[str, str]] = []

    def take(step: PlanStep, error: AWSError) -> bool:
        taken.append((step.key, str(error)))
        return step.key == "gone"

    line = Line(Remote(bucket="b"), report, "upload", task_of(folder), on_refused=take)
    line.run([PlanStep(Verdict.MOVE, "gone"), PlanStep(Verdict.MOVE, "lost")])
    assert taken == [("gone", "'gone' went away."), ("lost", "'lost' went away.")]
    assert told(report) == [("lost", "failed", "")]
    assert (report.planned, line.sources) == (1, 2)


@pytest.mark.aws_servers("ministack")
def test_a_dry_run_moves_nothing(aws: LocalAWS, bucket: str, folder: Path) -> None:
    report = Report(dry_run=True, watcher=Recorder())
    Line(Remote(bucket=bucket), report, "upload", task_of(folder)).run(
        [PlanStep(Verdict.MOVE, "a", reason="new"), PlanStep(Verdict.MOVE, "gone")]
    )
    assert told(report) == [("a", "done", "new"), ("gone", "failed", "")]
    assert stored(aws, bucket) == {}


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_no_engine_can_be_made_with_is_raised_before_anything_is_planned(
    settings: Settings, folder: Path, dry_run: bool
) -> None:
    settings.AWS = SOMEWHERE
    report = Report(dry_run=dry_run, watcher=Recorder())
    remote = Remote(bucket="some-bucket", extra_args={"Metadata": {"\xfc": "x"}})
    steps = [PlanStep(Verdict.SAME, "b", reason="unchanged"), PlanStep(Verdict.MOVE, "a")]
    with pytest.raises(InvalidRequestError, match="\xfc"):
        Line(remote, report, "upload", task_of(folder)).run(steps)
    assert told(report) == [("b", "skipped", "unchanged")]
    assert (report.planned, report.unfinished) == (1, 0)


def test_an_unchanged_tree_needs_no_engine(
    folder: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("philo_aws.s3.transfer.line.make_engine", None)
    Line(Remote(bucket="some-bucket"), report, "upload", task_of(folder)).run(
        [PlanStep(Verdict.SAME, "a", reason="unchanged")]
    )
    assert (report.planned, report.skipped) == (1, 1)


@pytest.mark.aws_servers("ministack")
def test_what_is_on_its_way_arrives_before_the_source_s_error_is_raised(
    aws: LocalAWS, bucket: str, folder: Path, report: Report
) -> None:
    def steps() -> Iterator[PlanStep]:
        yield PlanStep(Verdict.MOVE, "a")
        raise ServiceError("The listing broke off.")

    with pytest.raises(ServiceError, match="broke off"):
        Line(Remote(bucket=bucket), report, "upload", task_of(folder)).run(steps())
    assert stored(aws, bucket) == {"a": b"a"}
    assert report.uploaded == 1


@pytest.mark.aws_servers("ministack")
def test_an_error_that_would_be_every_object_s_ends_the_run(
    aws: LocalAWS, folder: Path, report: Report
) -> None:
    remote = Remote(bucket="no-such-bucket-here")
    asked: list[int] = []

    def steps() -> Iterator[PlanStep]:
        for number in range(5000):
            asked.append(number)
            yield PlanStep(Verdict.MOVE, "abc"[number % 3])

    with pytest.raises(BucketNotFoundError):
        Line(remote, report, "upload", task_of(folder)).run(steps())
    assert len(asked) < 5000
    assert report.uploaded == 0


def test_without_a_network_it_ends_soon(
    settings: Settings, folder: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the engine has taken on is tried to its end.
    monkeypatch.setattr("philo_aws.s3.engine.ledger.READ_AHEAD", 32)
    monkeypatch.setattr("philo_aws.s3.engine.ledger.REFILL", 8)
    settings.AWS = SOMEWHERE | {
        "transfer": {"engine": "classic", "max_concurrency": 4},
        "timeouts": {"web": {"max_attempts": 1}},
    }
    remote = Remote(bucket="some-bucket", purpose="web")
    steps = (PlanStep(Verdict.MOVE, "a") for _ in range(5000))
    with pytest.raises(NetworkError):
        Line(remote, report, "upload", task_of(folder)).run(steps)
    assert 20 <= report.failed < 2500


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_a_store_that_answers_only_that_it_is_too_busy_ends_the_run(
    proxy: FaultProxy,  # noqa: F811 - the fixture
    settings: Settings,
    bucket: str,
    folder: Path,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
) -> None:
    monkeypatch.setattr("philo_aws.s3.engine.ledger.READ_AHEAD", 32)
    monkeypatch.setattr("philo_aws.s3.engine.ledger.REFILL", 8)
    hasty = patience.Patience(attempts=2, seconds=0.3, unreachable=0.5, silence=1)
    monkeypatch.setitem(patience.PATIENCE, "commands", hasty)
    settings.AWS = {**settings.AWS, "transfer": {"engine": engine}}
    proxy.set({"do": "status", "status": 503, "method": "PUT"})
    steps = (PlanStep(Verdict.MOVE, "a") for _ in range(5000))
    with pytest.raises((ThrottledError, ServiceError)):
        Line(Remote(bucket=bucket), report, "upload", task_of(folder)).run(steps)
    assert 20 <= report.failed == report.planned < 2500


# No local server fails so: what the engine tells in the end is made up.
class Failing:
    """An engine that fails at every object, and so says once it tried for long."""

    name = "failing"
    reason = ""

    def __init__(self, *errors: AWSError | None, attempts: int) -> None:
        self.errors = errors
        self.attempts = attempts

    def run(self, tasks: Iterator[Upload], *, on_result: Any, on_bytes: Any) -> None:
        for number, task in enumerate(tasks):
            error = self.errors[number % len(self.errors)]
            on_result(Result(task=task, error=error, attempts=self.attempts))


@pytest.mark.parametrize(
    ("errors", "attempts", "begun"),
    [
        ([ThrottledError("Slow down.")], 5, 20),
        ([ServiceError("AWS failed."), NetworkError("Broken off.")], 5, 20),
        # Never begun, because the engine has given up.
        ([ThrottledError("Slow down.")], 0, 20),
        ([ServiceError("This object is odd.")], 1, 100),
        ([*[ThrottledError("Slow down.")] * 19, None], 5, 100),
        ([LocalFileError("No."), ThrottledError("Slow down.")], 5, 100),
    ],
)
def test_a_run_in_which_nothing_gets_through_is_ended(
    folder: Path,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
    errors: list[AWSError | None],
    attempts: int,
    begun: int,
) -> None:
    engine = Failing(*errors, attempts=attempts)
    monkeypatch.setattr("philo_aws.s3.transfer.line.make_engine", lambda *given: engine)
    line = Line(Remote(bucket="some-bucket"), report, "upload", task_of(folder))
    ended: Any = contextlib.nullcontext() if begun == 100 else pytest.raises(type(errors[-1]))
    with ended:
        line.run(PlanStep(Verdict.MOVE, "a") for _ in range(100))
    assert report.planned == report.done + report.failed == begun


def test_when_all_is_begun_there_is_nothing_to_end(
    folder: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Failing):
        def run(self, tasks: Iterator[Upload], *, on_result: Any, on_bytes: Any) -> None:
            super().run(iter(list(tasks)), on_result=on_result, on_bytes=on_bytes)

    late = Late(ThrottledError("Slow down."), attempts=5)
    monkeypatch.setattr("philo_aws.s3.transfer.line.make_engine", lambda *given: late)
    Line(Remote(bucket="some-bucket"), report, "upload", task_of(folder)).run(
        PlanStep(Verdict.MOVE, "a") for _ in range(100)
    )
    assert (report.planned, report.failed) == (100, 100)
