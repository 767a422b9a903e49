"""The one run at the end of a batch: hashed names, the others, deletions, the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..aws_errors import translated
from ..exceptions import IncompleteError
from ..s3.report import Report, reported
from ..s3.transfer.plan import UNCHANGED, UNDECIDED, PlanStep, Verdict
from .guard import Guard, Told
from .packing import Packing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..s3.engine.base import Upload
    from .batch import Batch

_MOST_NAMED = 20


def flush(batch: Batch) -> None:
    """Do what is noted in ``batch``, which has ended.

    Raises :exc:`~philo_aws.exceptions.IncompleteError` that names what failed and why, and at once
    what would be every object's error.
    """
    with reported(False, batch.watcher) as report:
        batch.report = report
        report.watcher = told = Told(report.watcher)
        _Flush(batch, report, told).run()


class _Flush:
    def __init__(self, batch: Batch, report: Report, told: Told) -> None:
        self._batch = batch
        self._remote = batch.remote
        self._stages = batch.stages()
        self._packing: Packing = batch.packing
        self._report = report
        self._told = told
        self._guard = Guard(batch, report, told)

    def run(self) -> None:
        from ..s3.transfer.line import Line

        Line(self._remote, self._report, "upload", self._upload).run(self._steps())
        if not self._report.complete:
            raise self._failure()
        for action in self._batch.last:
            action()

    def _steps(self) -> Iterator[PlanStep]:
        """Yield what is to be sent, each stage when the one before is done; none after a failure.

        All is one run, which keeps its connections, and what it knows of the store's speed.
        """
        from ..s3.deleting import delete_and_count

        stages = self._stages
        for names in (stages.hashed, stages.plain):
            yield from self._guard.sent(names, self._settled)
            if not self._is_well():
                return
        if stages.gone:
            prefix = self._remote.prefix
            delete_and_count(self._remote, [prefix + name for name in stages.gone], self._report)
            if not self._is_well():
                return
        yield from self._settled(stages.last)

    def _is_well(self) -> bool:
        """Wait for all results so far, and say whether all were good."""
        self._told.wait_for_all(self._report)
        return not self._report.failed

    def _settled(self, names: Iterable[str]) -> Iterator[PlanStep]:
        from ..s3.transfer.changes import decide

        check = self._batch.check
        steps = (self._step(name) for name in names)
        return decide(steps, check, at_once=check.by_etag, otherwise=check.by_asking)

    def _step(self, name: str) -> PlanStep:
        file = self._batch.saved[name]
        with translated(filename=file.path):
            file = self._packing.packed(name, file)
        item, reason = self._batch.difference(name, file)
        if reason == UNDECIDED:
            return PlanStep(Verdict.CHECK, name, file, item, reason)
        verdict = Verdict.MOVE if reason else Verdict.SAME
        return PlanStep(verdict, name, file, item, reason or UNCHANGED)

    def _upload(self, step: PlanStep) -> Upload:
        from ..s3.engine.base import Upload
        from ..s3.request.sizes import check_size

        file = step.source
        check_size(file.size)
        with translated(filename=file.path):
            headers = self._guard.headers(step.key, self._packing.headers_of(step.key, file))
        return Upload(
            key=self._remote.prefix + step.key,
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            headers=headers,
        )

    def _failure(self) -> IncompleteError:
        report = self._report
        failed = report.failed + report.unfinished
        named = [f"  {one.key}: {one.error}" for one in report.failures[:_MOST_NAMED]]
        if failed > len(named):
            named.append(f"  … and {failed - len(named):,} more")
        kept = " The manifest is the one before." if self._stages.last or self._batch.last else ""
        what = f"{failed:,} of {report.planned:,} files were not stored or deleted.{kept}"
        return IncompleteError("\n".join([what, *named]), result=report)
