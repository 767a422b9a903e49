"""A transfer on the terminal: progress while it runs, every object for programs, the sum."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from django.core.management.base import CommandError

from ..s3.report import Outcome, Report, Watcher
from ..s3.transfer.plan import UNCHANGED
from .alike import Alike
from .output import Output, OutputError, escape, to_json
from .process import FAILED, NOTHING_MATCHED
from .progress import Bar, progress, tell_slower
from .streams import as_utf8

# More remarks than this would hide the sum; programs read them all from --format jsonl.
_MOST_NOTES = 100
_FAILED, _SKIPPED = "Failed", "Skipped"
_MEGABYTES_FROM = 100_000
_VERBS = {
    "upload": "uploaded",
    "download": "downloaded",
    "copy": "copied",
    "delete": "deleted",
    "abort": "aborted",
    "restore": "restored",
    "request": "requested",
}


def run(
    output: Output,
    service: Callable[[Watcher], Report],
    *,
    unit: str = "B",
    no_progress: bool = False,
    dry_run: bool = False,
    may_be_empty: bool = False,
) -> None:
    """Call ``service`` and print what it does.

    Raises :exc:`CommandError` with exit code 1 when anything failed, 3 when there was nothing and
    that is not what may be.
    """
    with (
        progress(output, unit=unit, wanted=not no_progress) as bar,
        _Printer(output, bar, unit, dry_run) as printer,
    ):
        report = service(printer)
    if not report.complete:
        raise CommandError(
            f"{report.failed + report.unfinished:,} of {report.planned:,} were not done.",
            returncode=FAILED,
        )
    if not report.planned and not may_be_empty:
        raise CommandError("Nothing matched, so nothing was done.", returncode=NOTHING_MATCHED)


class _Printer(Watcher, contextlib.AbstractContextManager["_Printer"]):
    """Prints outcomes as they come; a reader that goes away does not stop the transfer."""

    def __init__(self, output: Output, bar: Bar, unit: str, dry_run: bool) -> None:
        self._output = output
        self._bar = bar
        self._counts_objects = unit != "B"
        self._notes = 0
        self._ended = 0
        self._lines = 0
        self._broken: OutputError | None = None
        self._dry_run = dry_run
        self._alike = Alike(self._remark, _MOST_NOTES)

    def __exit__(self, *error: object) -> None:
        if self._broken is not None and error[0] is None:
            raise self._broken

    def slower(self, reason: str) -> None:
        """Say why it will take longer."""
        tell_slower(self._bar, reason)

    def planned(self, size: int) -> None:
        """Move the end of the bar away."""
        if not self._counts_objects:
            self._bar.grow(size)

    def moved(self, count: int) -> None:
        """Move the bar."""
        self._bar.move(count)
        self._alike.tell()

    def outcome(self, outcome: Outcome) -> None:
        """Print one object, or a remark on it."""
        self._ended += 1
        if self._counts_objects:
            self._bar.move(1)
        else:
            self._bar.count(self._ended)
        if self._output.style != "table":
            self._print(to_json(outcome.as_dict()))
        elif outcome.status == "failed":
            self._alike.add(_FAILED, str(outcome.error), (outcome.path, outcome.key))
        elif self._dry_run and (outcome.status == "done" or outcome.action == "delete"):
            self._print(f"{outcome.action} {escape(outcome.key)}{_why(outcome)}")
        elif outcome.status == "skipped" and outcome.reason != UNCHANGED:
            name = as_utf8(outcome.path) or outcome.key
            self._alike.add(_SKIPPED, f"{name!r}: {outcome.reason}.", (name,))
        self._alike.tell()

    def finished(self, report: Report) -> None:
        """Print the sum."""
        if self._output.style != "table":
            self._print(to_json(report.as_dict()))
            if self._output.style == "json":
                self._write("\n]")
            return
        self._alike.tell(last=True)
        if self._notes > _MOST_NOTES:
            self._bar.note(f"… and {self._notes - _MOST_NOTES:,} more; --format jsonl names all.")
        self._bar.note(summary(report))

    def _remark(self, kind: str, text: str) -> None:
        self._notes += 1
        if self._notes > _MOST_NOTES:
            return
        if kind == _FAILED and self._output.quiet:
            self._output.complain(text)
        else:
            self._bar.note(text)

    def _print(self, text: str) -> None:
        if self._output.style == "json":
            self._write(("[\n  " if not self._lines else ",\n  ") + text, ending="")
        else:
            self._write(text)
        self._lines += 1

    def _write(self, text: str, ending: str = "\n") -> None:
        # This may run in a thread of the engine, where an error would be nobody's.
        if self._broken is None:
            try:
                self._output.write(text, ending=ending)
            except OutputError as error:
                self._broken = error


def _why(outcome: Outcome) -> str:
    if not outcome.reason:
        return ""
    if outcome.action in ("delete", "restore", "request"):
        return f" ({outcome.reason})"
    return f" ({outcome.reason}, {outcome.bytes:,} bytes)"


def summary(report: Report) -> str:
    """Return the sum of a transfer as one line for people."""
    parts = list(_counts(report))
    if report.unfinished:
        parts.append(f"{report.unfinished:,} unfinished")
    seconds = max(report.seconds, 1e-9)
    text = ", ".join(parts)
    rates = [f"{report.done / seconds:,.0f} objects/s"]
    if report.bytes >= _MEGABYTES_FROM:
        text += f"; {report.bytes / 1e6:,.1f} MB"
        rates.append(f"{report.bytes / 1e6 / seconds:,.1f} MB/s")
    elif report.bytes:
        text += f"; {report.bytes:,} bytes"
    text += f" in {report.seconds:.1f} s"
    if report.done and not report.dry_run:
        text += f" ({', '.join(rates)})"
    state = (
        "Interrupted: " if report.interrupted else "Dry run, would be: " if report.dry_run else ""
    )
    return f"{state}{text}."


def _counts(report: Report) -> Iterator[str]:
    for verb in _VERBS.values():
        if count := getattr(report, verb):
            yield f"{count:,} {verb}"
    if report.skipped:
        reasons = report.skipped_by_reason
        only = f" ({next(iter(reasons))})" if len(reasons) == 1 else ""
        yield f"{report.skipped:,} skipped{only}"
    yield f"{report.failed:,} failed"
