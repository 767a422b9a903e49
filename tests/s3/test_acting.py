"""Work side by side, counted in a report."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    BucketNotFoundError,
    Kind,
    ThrottledError,
)
from philo_aws.s3 import acting
from philo_aws.s3.acting import act
from philo_aws.s3.report import Outcome, Report
from tests.s3.transfer.test_folders import Recorder


def done(item: str) -> Outcome:
    return Outcome(action="restore", status="done", key=item)


def begin() -> tuple[Report, Recorder]:
    watcher = Recorder()
    return Report(watcher=watcher), watcher


def test_outcomes_come_in_the_order_of_the_items() -> None:
    report, watcher = begin()
    keys = [f"{number:04}" for number in range(300)]
    act(report, "restore", keys, done, key=str)
    assert [outcome.key for outcome in watcher.outcomes] == keys
    assert (report.planned, report.restored, report.complete) == (300, 300, True)


def test_several_are_worked_on_at_once() -> None:
    together = threading.Barrier(acting.FIRST_AT_ONCE)

    def work(item: str) -> Outcome:
        together.wait(10)
        return done(item)

    report, _ = begin()
    act(report, "restore", map(str, range(acting.FIRST_AT_ONCE)), work, key=str)
    assert report.restored == acting.FIRST_AT_ONCE


def test_an_error_is_the_failure_of_its_item() -> None:
    def work(item: str) -> Outcome:
        if item == "b":
            raise AccessDeniedError("no")
        return done(item)

    report, watcher = begin()
    act(report, "restore", "abc", work, key=str)
    assert [(o.key, o.status) for o in watcher.outcomes] == [
        ("a", "done"),
        ("b", "failed"),
        ("c", "done"),
    ]
    assert (report.restored, report.failed) == (2, 1)


def test_an_error_that_would_be_every_others_ends_it_and_leaves_none_uncounted() -> None:
    def work(item: str) -> Outcome:
        raise BucketNotFoundError("none")

    report, _ = begin()
    with pytest.raises(BucketNotFoundError):
        act(report, "restore", map(str, range(1000)), work, key=str)
    assert report.planned == report.failed < 1000


@pytest.mark.parametrize("every", [True, False])
def test_when_nothing_gets_through_it_ends(every: bool) -> None:
    def work(item: str) -> Outcome:
        if every or int(item) % 60:
            raise ThrottledError("slow down")
        return done(item)

    report, _ = begin()
    error: AWSError | None = None
    try:
        act(report, "restore", map(str, range(400)), work, key=str)
    except ThrottledError as caught:
        error = caught
    assert (error is not None) is every
    assert error is None or error.kind is Kind.THROTTLED
    assert report.unfinished == 0


def test_an_interrupt_counts_what_has_ended_and_waits_for_nothing_that_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(acting, "_GRACE", 0.05)
    stands = threading.Event()

    def work(item: str) -> Outcome:
        if item == "stands":
            stands.wait(30)
        return done(item)

    def items() -> Iterator[str]:
        yield "ends"
        yield "stands"
        signal.raise_signal(signal.SIGINT)

    report, watcher = begin()
    with pytest.raises(KeyboardInterrupt):
        act(report, "restore", items(), work, key=str)
    stands.set()
    assert [outcome.key for outcome in watcher.outcomes] == ["ends"]
    assert report.unfinished == 1
