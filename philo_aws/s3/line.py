"""The one line of every transfer: steps of a plan, through an engine, into a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..conf import Purpose, TransferConfig, get_config
from ..exceptions import (
    AWSError,
    BucketNotFoundError,
    CredentialsError,
    InvalidRequestError,
    NetworkError,
    RegionError,
)
from ..regions import check_region
from .names import check_bucket_name, check_key
from .plan import Kind, Step
from .report import Action, Outcome, Report

if TYPE_CHECKING:
    from .engine.base import Engine, Result, Task

# Every other object would fail as this one did.
_HOPELESS = (BucketNotFoundError, CredentialsError, RegionError)
# A broken connection is tried again by the engine; so many objects in a row mean no network.
_UNREACHABLE_AFTER = 20


@dataclass(frozen=True, kw_only=True)
class Store:
    """The far end of a transfer, and how it is spoken to."""

    bucket: str
    """The bucket's name."""
    region: str | None = None
    """Its region; ``None`` means the settings'."""
    prefix: str = ""
    """What every key begins with."""
    extra_args: Mapping[str, Any] = field(default_factory=dict)
    """boto's parameters for every object."""
    transfer: TransferConfig | None = None
    """How the engine works; ``None`` means the settings'."""
    purpose: Purpose = "commands"
    """Which timeouts hold."""

    @property
    def tuning(self) -> TransferConfig:
        """How the engine works."""
        return self.transfer or get_config().transfer

    def request_args(self) -> dict[str, Any]:
        """Return what of ``extra_args`` every kind of request takes."""
        return {name: self.extra_args[name] for name in _ANY_REQUEST if name in self.extra_args}


_ANY_REQUEST = ("RequestPayer", "ExpectedBucketOwner")


def make_store(
    bucket_name: str,
    region_name: str | None,
    prefix: str,
    extra_args: Mapping[str, Any] | None,
    transfer: TransferConfig | None,
    purpose: Purpose,
) -> Store:
    """Return the far end of a transfer, its names checked; ``prefix`` is a folder, or empty."""
    check_bucket_name(bucket_name)
    if region_name:
        check_region("s3", region_name)
    if prefix and not prefix.endswith("/"):
        # Else "static" would take part in "static-old/" as well, and deleting would be worse.
        prefix += "/"
    if len(prefix.encode()) > 1024:
        raise InvalidRequestError("The prefix is longer than 1,024 bytes. Shorten it.")
    return Store(
        bucket=bucket_name,
        region=region_name,
        prefix=prefix,
        extra_args=dict(extra_args or {}),
        transfer=transfer,
        purpose=purpose,
    )


def make_engine(store: Store) -> Engine:
    """Return the engine for ``store``."""
    from .engine import create
    from .engine.base import Options

    tuning = store.tuning
    options = Options(
        bucket=store.bucket,
        region=store.region,
        concurrency=tuning.max_concurrency,
        part_size=tuning.part_size,
        memory_limit=tuning.memory_limit,
        checksum=tuning.checksum,
        extra_args=store.extra_args,
        purpose=store.purpose,
    )
    return create(tuning.engine, options)


class Line:
    """Runs steps: what is to be moved goes through an engine, the rest straight into the report."""

    def __init__(
        self,
        store: Store,
        report: Report,
        action: Action,
        task_of: Callable[[Step], Task],
        *,
        on_extra: Callable[[Step], None] | None = None,
    ) -> None:
        """``task_of`` makes the task of a step, or raises the error with which it fails.

        ``on_extra`` is given what only the target has.
        """
        self.sources = 0
        """Items seen in the source."""
        self.blind = False
        """Whether a part of either side could not be read."""
        self._store = store
        self._report = report
        self._action: Action = action
        self._task_of = task_of
        self._on_extra = on_extra
        self._reasons: dict[str, str] = {}
        self._stop: AWSError | None = None
        self._unreachable = 0

    def run(self, steps: Iterable[Step]) -> None:
        """Do all ``steps``; one that fails does not stop the others.

        Raises what stopped the source of the steps, and the first error that would be every
        object's (no such bucket, credentials not accepted, wrong region, no network).
        """
        tasks = self._tasks(steps)
        if self._report.dry_run:
            for task in tasks:
                self._pretend(task)
        else:
            self._move(tasks)
        if self._stop is not None:
            raise self._stop

    def _move(self, tasks: Iterator[Task]) -> None:
        # The engine is made for the first task only: an unchanged tree needs none.
        first = next(tasks, None)
        if first is None:
            return
        make_engine(self._store).run(
            _chained(first, tasks), on_result=self._take, on_bytes=self._report.moved
        )

    def _tasks(self, steps: Iterable[Step]) -> Iterator[Task]:
        try:
            for step in steps:
                task = self._consider(step)
                if task is not None:
                    yield task
                if self._stop is not None:
                    return
        except AWSError as error:
            # What is on its way is finished; the error is raised after that.
            self._stop = error

    def _consider(self, step: Step) -> Task | None:
        kind, report, prefix = step.kind, self._report, self._store.prefix
        if kind is Kind.MOVE:
            self.sources += 1
            try:
                task = self._task_of(step)
                check_key(task.key)
            except AWSError as error:
                report.fail(self._action, prefix + step.key, _path_of(step), error)
                return None
            self._reasons[task.key] = step.reason
            report.plan(task.size)
            return task
        if kind is Kind.SAME:
            self.sources += 1
            report.skip(self._action, prefix + step.key, _path_of(step), step.reason)
        elif kind is Kind.LEFT:
            report.skip(self._action, prefix + step.key, step.path, step.reason)
        elif kind is Kind.EXTRA:
            if self._on_extra:
                self._on_extra(step)
        elif kind is Kind.BROKEN:
            self.sources += 1
            self.blind = True
            assert step.error is not None  # noqa: S101 - what the kind means
            report.fail(self._action, prefix + step.key, step.path or _path_of(step), step.error)
        else:
            self.blind = True
            if self._on_extra and step.error is not None:
                report.fail(self._action, prefix + step.key, step.path, step.error)
        return None

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

    def _take(self, result: Result) -> None:
        from .engine.base import INTERRUPTED

        task, error = result.task, result.error
        reason = self._reasons.pop(task.key, "")
        if error is not None and error.code == INTERRUPTED:
            return  # counted as unfinished
        if isinstance(error, _HOPELESS):
            self._stop = self._stop or error
        self._unreachable = self._unreachable + 1 if isinstance(error, NetworkError) else 0
        if self._unreachable >= _UNREACHABLE_AFTER:
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


def _chained(first: Task, rest: Iterator[Task]) -> Iterator[Task]:
    yield first
    yield from rest


def _path_of(step: Step) -> str:
    for item in (step.source, step.target):
        path = getattr(item, "path", "")
        if path:
            return str(path)
    return ""
