"""Which lines of a report, and which outcomes, mean that a cache is behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from philo_aws.exceptions import (
    AccessDeniedError,
    InvalidRequestError,
    LocalFileError,
    NetworkError,
)
from philo_aws.s3 import Outcome, Report, StaleWatcher, Watcher, stale_keys

HASHED = "css/base.27e20196a850.css"
CASES = [
    ({"reason": "size"}, True),
    ({"reason": "checksum"}, True),
    ({"reason": "mtime"}, True),
    ({"reason": "always"}, True),
    ({"reason": ""}, True),
    ({"action": "copy", "reason": "checksum"}, True),
    ({"reason": "new"}, False),
    ({"status": "skipped", "reason": "unchanged"}, False),
    ({"action": "download", "reason": "size"}, False),
    ({"action": "abort"}, False),
    ({"action": "delete"}, True),
    # A file of this machine, by a sync downwards.
    ({"action": "delete", "path": "collected/a.css"}, False),
    # A name that has its content in it is never another's, unless it is seen to be.
    ({"key": HASHED, "reason": "always"}, False),
    ({"key": HASHED, "reason": "mtime"}, False),
    ({"key": HASHED, "action": "delete"}, False),
    ({"key": HASHED, "reason": "checksum"}, True),
    ({"key": f"{HASHED}.gz", "reason": "always"}, False),
    ({"key": "base.27E20196A850.css", "reason": "always"}, True),
    ({"key": "27e20196a850.css", "reason": "always"}, True),
]


def line(**fields: Any) -> dict[str, Any]:
    return {"action": "upload", "status": "done", "key": "a.css", "path": "", "reason": ""} | fields


def report(*lines: dict[str, Any], summary: dict[str, Any] | None = None) -> list[bytes]:
    end = {"action": "summary", "dry_run": False, "unfinished": 0} | (summary or {})
    return [json.dumps(each).encode() + b"\n" for each in (*lines, end)]


@pytest.mark.parametrize(("fields", "stale"), CASES)
def test_a_line(fields: dict[str, Any], stale: bool) -> None:
    made = line(**fields)
    assert stale_keys(report(made)).keys == ([made["key"]] if stale else [])


@pytest.mark.parametrize(("fields", "stale"), CASES)
def test_an_outcome(fields: dict[str, Any], stale: bool) -> None:
    made = line(**fields)
    watcher = StaleWatcher()
    watcher.outcome(Outcome(**made))
    assert watcher.keys == ([made["key"]] if stale else [])


def test_what_is_new_counts_where_that_is_wanted() -> None:
    lines = report(line(reason="new"), line(key=HASHED, reason="new"))
    assert stale_keys(lines, include_new=True).keys == ["a.css", HASHED]
    watcher = StaleWatcher(include_new=True)
    watcher.outcome(Outcome(**line(reason="new")))
    assert watcher.keys == ["a.css"]


@pytest.mark.parametrize(
    ("code", "stale"),
    [("InternalError", True), ("", True), ("AccessDenied", False), ("NoSuchBucket", False)],
)
def test_what_failed_may_have_been_done(code: str, stale: bool) -> None:
    lines = report(line(status="failed", code=code))
    assert stale_keys(lines).keys == (["a.css"] if stale else [])


@pytest.mark.parametrize(
    ("error", "stale"),
    [
        (NetworkError("lost"), True),
        (AccessDeniedError("no", code="AccessDenied"), False),
        (LocalFileError("no file"), False),
    ],
)
def test_an_outcome_that_failed(error: Any, stale: bool) -> None:
    watcher = StaleWatcher()
    watcher.outcome(Outcome(**line(status="failed"), error=error))
    assert watcher.keys == (["a.css"] if stale else [])


def test_the_watcher_passes_all_on() -> None:
    told: list[Any] = []

    class Noting(Watcher):
        def slower(self, reason: str) -> None:
            told.append(reason)

        def planned(self, size: int) -> None:
            told.append(size)

        def moved(self, count: int) -> None:
            told.append(count)

        def outcome(self, outcome: Outcome) -> None:
            told.append(outcome)

        def finished(self, report: Report) -> None:
            told.append(report)

    watcher, outcome, end = StaleWatcher(Noting()), Outcome(**line()), Report()
    watcher.slower("because")
    watcher.planned(7)
    watcher.moved(3)
    watcher.outcome(outcome)
    watcher.finished(end)
    assert told == ["because", 7, 3, outcome, end]


def test_the_end_of_a_report() -> None:
    whole = stale_keys(report(line()))
    assert (whole.whole, whole.dry_run) == (True, False)
    assert stale_keys(report(line(), summary={"dry_run": True})).dry_run
    assert not stale_keys(report(line(), summary={"unfinished": 2})).whole
    assert not stale_keys(report(line())[:-1]).whole


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "The report is empty"),
        ([b"1 uploaded, 0 failed.\n"], "Line 1 is none of a report"),
        ([b"[\n"], "Line 1"),
        ([b"\n", b'{"key": "a"}\n'], "Line 2"),
        ([b'{"action": "upload", "status": "done", "key": 7}'], "Line 1"),
        ([b'{"action": "upload", "status": "done", "key": ""}'], "Line 1"),
        ([b"\xff\xfe"], "Line 1"),
        ([b"[" * 100_000], "Line 1"),
    ],
)
def test_what_is_no_report_is_refused(lines: list[bytes], said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        stale_keys(lines)
