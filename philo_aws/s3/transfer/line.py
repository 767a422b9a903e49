"""The one line of every transfer: steps of a plan, through an engine, into a report."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ...exceptions import (
    AWSError,
    BucketNotFoundError,
    CredentialsError,
    NetworkError,
    RegionError,
    ServiceError,
    ThrottledError,
)
from ..engine.base import INTERRUPTED
from ..report import Action, Outcome, Report
from ..request.names import check_key
from ..request.remote import Remote
from .plan import PlanStep, Verdict

if TYPE_CHECKING:
    from ..engine.base import Engine, PartCopier, Result, Task

# Every other object would fail as this one did.
_HOPELESS = (BucketNotFoundError, CredentialsError, RegionError)
# So many objects in a row that the engine tried again for long mean that nothing gets through.
_IN_VAIN_AFTER = 20


def make_engine(
    store: Remote,
    on_slower: Callable[[str], None] | None = None,
    part_copier: PartCopier | None = None,
) -> Engine:
    """Return the engine for ``store``; ``on_slower`` is told why ``auto`` takes the slower one.

    ``part_copier`` is needed for copies.
    """
    from ..engine import create
    from ..engine.base import Options

    options = Options(
        bucket=store.bucket,
        region=store.region,
        tuning=store.tuning,
        extra_args=store.extra_args,
        purpose=store.purpose,
        part_copier=part_copier,
    )
    engine = create(options)
    if on_slower and options.tuning.engine == "auto" and engine.name == "classic":
        on_slower(engine.reason)
    return engine


class Line:
    """Runs steps: what is to be moved goes through an engine, the rest straight into the report."""

    def __init__(
        self,
        remote: Remote,
        report: Report,
        action: Action,
        task_of: Callable[[PlanStep], Task],
        *,
        on_extra: Callable[[PlanStep], None] | None = None,
        on_refused: Callable[[PlanStep, AWSError], bool] | None = None,
        on_done: Callable[[Task], None] | None = None,
        part_copier: PartCopier | None = None,
    ) -> None:
        """``task_of`` makes the task of a step, or raises the error with which it fails.

        ``on_extra`` is given what only the target has, ``on_refused`` a step that has no task; it
        returns whether it took it over, ``on_done`` each task that was done, or would be, one at a
        time. ``part_copier`` makes copies of what is large.
        """
        self.sources = 0
        """Items seen in the source."""
        self._remote = remote
        self._report = report
        self._action: Action = action
        self._task_of = task_of
        self._on_extra = on_extra
        self._on_refused = on_refused
        self._on_done = on_done
        self._part_copier = part_copier
        self._reasons: dict[str, str] = {}
        self._stop: AWSError | None = None
        self._engine: Engine | None = None
        self._in_vain = 0
        self._all_begun = False

    def run(self, steps: Iterable[PlanStep]) -> None:
        """Do all ``steps``; one that fails does not stop the others.

        Raises what stopped the source of the steps, what no engine can be made with, and the first
        error that would be every object's (no such bucket, credentials not accepted, wrong region,
        nothing gets through).
        """
        tasks = self._tasks(steps)
        first = next(tasks, None)
        if first is not None and self._engine is not None:
            tasks = itertools.chain((first,), tasks)
            if self._report.dry_run:
                for task in tasks:
                    self._pretend(task)
            else:
                self._engine.run(tasks, on_result=self._take, on_bytes=self._report.moved)
        if self._stop is not None:
            raise self._stop

    def _tasks(self, steps: Iterable[PlanStep]) -> Iterator[Task]:
        try:
            for step in steps:
                task = self._consider(step)
                if task is not None:
                    if self._engine is None:
                        # Not before, as an unchanged tree needs none; and in a dry run too, as
                        # making it sends nothing and shows what cannot be sent.
                        slower, parts = self._report.watcher.slower, self._part_copier
                        self._engine = make_engine(self._remote, slower, parts)
                        self._report.engine = self._engine.name
                        self._report.engine_reason = self._engine.reason
                    self._report.plan(task.size)
                    yield task
                if self._stop is not None:
                    return
            self._all_begun = True
        except AWSError as error:
            # What is on its way is finished; the error is raised after that.
            self._stop = error

    def _consider(self, step: PlanStep) -> Task | None:
        verdict, report, prefix = step.verdict, self._report, self._remote.prefix
        if verdict is Verdict.MOVE:
            return self._moving(step)
        if verdict is Verdict.SAME:
            self.sources += 1
            report.skip(self._action, prefix + step.key, _path_of(step), step.reason)
        elif verdict is Verdict.LEFT:
            report.skip(self._action, prefix + step.key, step.path, step.reason)
        elif verdict is Verdict.EXTRA:
            if self._on_extra:
                self._on_extra(step)
        elif verdict is Verdict.BROKEN:
            self.sources += 1
            assert step.error is not None  # noqa: S101 - what the verdict means
            report.fail(self._action, prefix + step.key, step.path or _path_of(step), step.error)
        elif verdict is Verdict.HIDDEN:
            if self._on_extra:
                assert step.error is not None  # noqa: S101 - what the verdict means
                report.fail(self._action, prefix + step.key, step.path, step.error)
        else:
            # Else it would be as if there were nothing to do for it.
            raise ValueError(f"Nobody handles the verdict {verdict} ({step.key!r}).")
        return None

    def _moving(self, step: PlanStep) -> Task | None:
        self.sources += 1
        try:
            task = self._task_of(step)
            check_key(task.key)
        except AWSError as error:
            if not (self._on_refused and self._on_refused(step, error)):
                key = self._remote.prefix + step.key
                self._report.fail(self._action, key, _path_of(step), error)
            return None
        self._reasons[task.key] = step.reason
        return task

    def _pretend(self, task: Task) -> None:
        self._report.add(
            Outcome(
                action=self._action,
                status="done",
                key=task.key,
                path=task.path,
                bytes=task.size,
                reason=self._reasons.pop(task.key, ""),
            )
        )
        if self._on_done:
            self._on_done(task)

    def _take(self, result: Result) -> None:
        task, error = result.task, result.error
        reason = self._reasons.pop(task.key, "")
        if error is not None and error.code == INTERRUPTED:
            return  # counted as unfinished
        self._in_vain = self._in_vain + 1 if error and _is_in_vain(error, result.attempts) else 0
        if isinstance(error, _HOPELESS) or (
            self._in_vain >= _IN_VAIN_AFTER and not self._all_begun
        ):
            self._stop = self._stop or error
        self._report.add(
            Outcome(
                action=self._action,
                status="failed" if error else "done",
                key=task.key,
                path=task.path,
                bytes=result.bytes,
                reason="" if error else reason,
                error=error,
                request_id=result.request_id,
            )
        )
        if error is None and self._on_done:
            self._on_done(task)


def _is_in_vain(error: AWSError, attempts: int) -> bool:
    # A failure of the store that is not tried again is this object's alone.
    return isinstance(error, NetworkError) or (
        isinstance(error, ServiceError | ThrottledError) and attempts != 1
    )


def _path_of(step: PlanStep) -> str:
    for item in (step.source, step.target):
        path = getattr(item, "path", "")
        if path:
            return str(path)
    return ""
