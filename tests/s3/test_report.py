from __future__ import annotations

import contextlib
from typing import Any

import pytest

from philo_aws.exceptions import IncompleteError, LocalFileError
from philo_aws.s3.report import KEPT_FAILURES, Outcome, Report, Watcher, reported


def test_planned_is_done_skipped_and_failed_together() -> None:
    report = Report()
    for action in ("upload", "download", "copy", "delete", "abort"):
        report.plan(3)
        report.add(Outcome(action=action, status="done", key="k", bytes=3))
    report.skip("upload", "s", "", "unchanged")
    report.fail("upload", "f", "", LocalFileError("no"))
    assert report.planned == 7
    assert (report.done, report.skipped, report.failed, report.unfinished) == (5, 1, 1, 0)
    assert report.bytes == 15
    report.plan()
    assert report.unfinished == 1


@pytest.mark.parametrize("change", ["failed", "planned", "interrupted"])
def test_complete(change: str) -> None:
    report = Report()
    report.raise_for_failures()
    setattr(report, change, 1)
    assert not report.complete
    with pytest.raises(IncompleteError):
        report.raise_for_failures()


class Sums(Watcher):
    """Keeps the sums it is told."""

    def __init__(self) -> None:
        self.told: list[Report] = []

    def finished(self, report: Report) -> None:
        self.told.append(report)


@pytest.mark.parametrize("end", [None, ValueError, KeyboardInterrupt])
def test_the_sum_is_told_however_it_ends(end: type[BaseException] | None) -> None:
    sums = Sums()
    raised: Any = contextlib.nullcontext() if end is None else pytest.raises(end)
    with raised, reported(dry_run=True, watcher=sums) as report:
        assert sums.told == []
        if end:
            raise end
    assert sums.told == [report]
    assert report.dry_run
    assert report.interrupted == (end is KeyboardInterrupt)


def test_memory_stays_flat_when_everything_fails() -> None:
    report = Report()
    for number in range(KEPT_FAILURES + 5):
        report.fail("upload", str(number), "", LocalFileError("no"))
    assert report.failed == KEPT_FAILURES + 5
    assert len(report.failures) == KEPT_FAILURES


def test_the_fields_of_a_line() -> None:
    error = LocalFileError("no", code="C", request_id="R")
    assert Outcome(action="upload", status="failed", key="k", path="p", error=error).as_dict() == {
        "action": "upload",
        "status": "failed",
        "key": "k",
        "path": "p",
        "bytes": 0,
        "reason": "",
        "error": "no",
        "code": "C",
        "request_id": "R",
    }
