"""What a transfer did, object by object and in sum, told while it runs and when it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from ..exceptions import AWSError, IncompleteError
from .files.names import to_key

Action = Literal["upload", "download", "delete", "copy", "abort", "restore", "request"]
Status = Literal["done", "skipped", "failed"]

# Failures are told one by one to a Watcher; the report itself keeps no more than this many.
KEPT_FAILURES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one object."""

    action: Action
    """What was to be done."""
    status: Status
    """Whether it was done; in a dry run, whether it would be."""
    key: str
    """The object's key, prefix included."""
    path: str = ""
    """The local file, where there is one."""
    bytes: int = 0
    """Bytes moved."""
    reason: str = ""
    """Why it was done (``new``, ``size``, ``checksum``, ``mtime``, …) or skipped."""
    error: AWSError | None = None
    """Why it failed."""
    request_id: str = ""
    """AWS's id of the request, for its support."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of one line of ``--format jsonl``."""
        return {
            "action": self.action,
            "status": self.status,
            "key": self.key,
            "path": to_key(self.path),
            "bytes": self.bytes,
            "reason": self.reason,
            "error": str(self.error) if self.error else "",
            "code": self.error.code if self.error else "",
            "request_id": self.request_id or (self.error.request_id if self.error else ""),
        }


class Watcher:
    """Told about a transfer while it runs; calls come from any thread, one at a time.

    Subclass it and override what is of interest: a progress bar, a log, a page.
    """

    def slower(self, reason: str) -> None:
        """``auto`` took the slower engine; ``reason`` is a sentence that says why."""

    def planned(self, size: int) -> None:
        """One more object of ``size`` bytes is to be moved."""

    def moved(self, count: int) -> None:
        """``count`` more bytes were moved."""

    def outcome(self, outcome: Outcome) -> None:
        """One more object is done, skipped or failed."""

    def finished(self, report: Report) -> None:
        """Everything is over, also when it was interrupted or broke off."""


@dataclass(kw_only=True)
class Report:
    """The sum of a transfer: ``planned`` is done, skipped and failed together."""

    dry_run: bool = False
    """Whether nothing was really done: the counts say what would be."""
    planned: int = 0
    """Objects looked at that were to be moved, deleted or left alone."""
    uploaded: int = 0
    """Objects uploaded and confirmed by the store."""
    downloaded: int = 0
    """Objects downloaded, verified and put in place."""
    copied: int = 0
    """Objects copied within the store."""
    deleted: int = 0
    """Objects or local files deleted."""
    aborted: int = 0
    """Multipart uploads aborted."""
    restored: int = 0
    """Objects that are again what they were: older versions, deleted ones, archived ones."""
    requested: int = 0
    """Archived objects whose restoring was begun, and takes its time."""
    skipped: int = 0
    """Objects left alone, each with a reason."""
    failed: int = 0
    """Objects that should have been done and were not."""
    bytes: int = 0
    """Bytes uploaded, downloaded or copied."""
    seconds: float = 0.0
    """Wall time from the first to the last moment."""
    engine: str = ""
    """What moved the bytes, ``crt`` or ``classic``; empty where there were none to be moved."""
    engine_reason: str = ""
    """Why it was this engine."""
    interrupted: bool = False
    """Whether it was stopped by the user before its end."""
    skipped_by_reason: dict[str, int] = field(default_factory=dict)
    """How many objects were skipped for which reason."""
    failures: list[Outcome] = field(default_factory=list)
    """The first thousand failures."""

    watcher: Watcher = field(default_factory=Watcher, repr=False, compare=False)
    """Who is told."""

    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _started: float = field(default_factory=time.monotonic, repr=False, compare=False)

    @property
    def done(self) -> int:
        """Objects for which what was planned was done."""
        return sum(getattr(self, counter) for counter in _COUNTERS.values())

    @property
    def unfinished(self) -> int:
        """Objects that were planned and of which nothing is known: zero unless interrupted."""
        return self.planned - self.done - self.skipped - self.failed

    @property
    def complete(self) -> bool:
        """Whether nothing failed and nothing was left undone."""
        return not (self.failed or self.unfinished or self.interrupted)

    def raise_for_failures(self) -> None:
        """Raise :exc:`~philo_aws.exceptions.IncompleteError` unless :attr:`complete`."""
        if self.complete:
            return
        first = f" The first: {self.failures[0].error}" if self.failures else ""
        raise IncompleteError(
            f"{self.failed + self.unfinished:,} of {self.planned:,} objects failed.{first}",
            result=self,
        )

    def plan(self, size: int = 0) -> None:
        """Count one more object whose outcome is to come."""
        with self._lock:
            self.planned += 1
            if size:
                self.watcher.planned(size)

    def add(self, outcome: Outcome) -> None:
        """Count the outcome of a planned object and tell the watcher."""
        with self._lock:
            if outcome.status == "done":
                counter = _COUNTERS[outcome.action]
                setattr(self, counter, getattr(self, counter) + 1)
                self.bytes += outcome.bytes
            elif outcome.status == "skipped":
                self.skipped += 1
                reasons = self.skipped_by_reason
                reasons[outcome.reason] = reasons.get(outcome.reason, 0) + 1
            else:
                self.failed += 1
                if len(self.failures) < KEPT_FAILURES:
                    self.failures.append(outcome)
            self.watcher.outcome(outcome)

    def skip(self, action: Action, key: str, path: str, reason: str) -> None:
        """Plan and count an object that is left alone."""
        self.plan()
        self.add(Outcome(action=action, status="skipped", key=key, path=path, reason=reason))

    def fail(self, action: Action, key: str, path: str, error: AWSError) -> None:
        """Plan and count an object that cannot be done."""
        self.plan()
        self.add(Outcome(action=action, status="failed", key=key, path=path, error=error))

    def moved(self, count: int) -> None:
        """Tell the watcher of bytes on their way."""
        with self._lock:
            self.watcher.moved(count)

    def finish(self) -> None:
        """Stop the clock and tell the watcher; called once, whatever happened."""
        self.seconds = time.monotonic() - self._started
        self.watcher.finished(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of the last line of ``--format jsonl``."""
        seconds = max(self.seconds, 1e-9)
        return {
            "action": "summary",
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
            "planned": self.planned,
            "uploaded": self.uploaded,
            "downloaded": self.downloaded,
            "copied": self.copied,
            "deleted": self.deleted,
            "aborted": self.aborted,
            "restored": self.restored,
            "requested": self.requested,
            "skipped": self.skipped,
            "failed": self.failed,
            "unfinished": self.unfinished,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "objects_per_second": round(self.done / seconds, 1),
            "megabytes_per_second": round(self.bytes / 1e6 / seconds, 3),
            "skipped_by_reason": dict(sorted(self.skipped_by_reason.items())),
            "engine": self.engine,
            "engine_reason": self.engine_reason,
        }


@contextmanager
def reported(dry_run: bool, watcher: Watcher | None) -> Iterator[Report]:
    """Give a report to the block and finish it, however the block ends."""
    report = Report(dry_run=dry_run, watcher=watcher or Watcher())
    try:
        yield report
    except KeyboardInterrupt:
        report.interrupted = True
        raise
    finally:
        report.finish()


_COUNTERS = {
    "upload": "uploaded",
    "download": "downloaded",
    "copy": "copied",
    "delete": "deleted",
    "abort": "aborted",
    "restore": "restored",
    "request": "requested",
}
