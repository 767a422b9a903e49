"""What keeps the run of a batch from overwriting a file that came after its name was looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..exceptions import AWSError, ConflictError, NotSupportedError
from ..s3.report import Outcome, Report, Watcher
from ..s3.transfer.plan import NEW, PlanStep, Verdict
from .contents import IN_MEMORY

if TYPE_CHECKING:
    from ..s3.files.tree import File
    from .batch import Batch

_CONDITION = "If-None-Match"
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


class Told(Watcher):
    """Tells another one, wakes who waits for results, and keeps those that a condition caused."""

    def __init__(self, other: Watcher) -> None:
        self.refused: list[Outcome] = []
        """Failures that may be due to the condition."""
        self._other = other
        self._news = threading.Event()

    def wait_for_all(self, report: Report) -> None:
        """Wait for the results of all that was planned."""
        while report.unfinished:
            # In slices: some platforms hear signals in between alone.
            self._news.wait(1.0)
            self._news.clear()

    def slower(self, reason: str) -> None:
        self._other.slower(reason)

    def planned(self, size: int) -> None:
        self._other.planned(size)

    def moved(self, count: int) -> None:
        self._other.moved(count)

    def outcome(self, outcome: Outcome) -> None:
        self._other.outcome(outcome)
        if isinstance(outcome.error, ConflictError | NotSupportedError):
            self.refused.append(outcome)
        self._news.set()

    def finished(self, report: Report) -> None:
        self._other.finished(report)


class Guard:
    """The condition under which files of one batch are stored, and what follows from it.

    S3 refuses an object under a key that is taken. The engines send that with small objects alone;
    large ones are sent one after the other, each by many parts at once. A request that was done,
    and whose answer was lost, is refused when it is sent again: so what is there is compared. A
    store that does not know the condition refuses all: these are sent without it, as their names
    were free when they were saved.
    """

    def __init__(self, batch: Batch, report: Report, told: Told) -> None:
        self._batch = batch
        self._remote = batch.remote
        self._report = report
        self._told = told
        self._is_on = True
        self._guarded: dict[int, tuple[Mapping[str, str], Mapping[str, str]]] = {}

    def headers(self, name: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return ``headers`` with the condition where there is one."""
        if not self._is_on or not self._batch.is_guarded(name):
            return headers
        # The engines are quick with headers that they know as the same object.
        known = self._guarded.get(id(headers))
        if known is None or known[0] is not headers:
            known = self._guarded[id(headers)] = (headers, {**headers, _CONDITION: "*"})
        return known[1]

    def sent(
        self, names: Iterable[str], settled: Callable[[Iterable[str]], Iterator[PlanStep]]
    ) -> Iterator[PlanStep]:
        """Yield the steps of ``names``, as ``settled`` makes them, and do what is no step."""
        small = []
        for name in names:
            if self._is_on and self._batch.is_guarded(name) and self._file(name).size > self._most:
                self._send(name)
            else:
                small.append(name)
        yield from settled(small)
        if self._batch.storage.options.allow_overwrite:
            return
        self._told.wait_for_all(self._report)
        again = self._unknown()
        if again:
            self._is_on = False
            yield from settled(again)
        for outcome in [one for one in self._told.refused if self._is_ours(one)]:
            self._forget(outcome)
            self._report.uploaded += 1

    @property
    def _most(self) -> int:
        """The bytes of an object that an engine sends by one request, whichever it is."""
        return min(IN_MEMORY, self._remote.tuning.part_size)

    def _file(self, name: str) -> File:
        return self._batch.packing.packed(name, self._batch.saved[name])

    def _send(self, name: str) -> None:
        from ..s3.transfer.writer import upload_content

        remote, report, file = self._remote, self._report, self._file(name)
        key, error = remote.prefix + name, None
        report.plan(file.size)
        try:
            upload_content(
                file.path,
                remote.bucket,
                key,
                remote.region,
                headers=self._batch.packing.headers_of(name, file),
                extra_args=remote.extra_args,
                if_none_match=True,
                purpose=remote.purpose,
            )
        except AWSError as raised:
            error = raised
        report.add(
            Outcome(
                action="upload",
                status="failed" if error else "done",
                key=key,
                path=file.path,
                bytes=0 if error else file.size,
                reason=NEW,
                error=error,
            )
        )

    def _unknown(self) -> list[str]:
        """Return the names that were refused as the store does not know the condition."""
        found = [one for one in self._told.refused if isinstance(one.error, NotSupportedError)]
        for outcome in found:
            self._forget(outcome)
            self._report.planned -= 1
        return [one.key.removeprefix(self._remote.prefix) for one in found]

    def _is_ours(self, outcome: Outcome) -> bool:
        """Say whether the object that is in the way has the content that was sent."""
        from ..s3.engine.proof import bare_etag
        from ..s3.listing.xml import Object
        from ..s3.objects.properties import head_object

        if outcome.error is None or outcome.error.code not in _TAKEN:
            return False
        remote, name = self._remote, outcome.key.removeprefix(self._remote.prefix)
        try:
            head = head_object(
                remote.bucket,
                outcome.key,
                remote.region,
                extra_args=remote.given_for("HeadObject"),
                purpose=remote.purpose,
            )
            item = Object(name, head["ContentLength"], bare_etag(head["ETag"]), "", "")
            file = self._file(name)
            step = PlanStep(Verdict.CHECK, name, file, item)
            return file.size == item.size and not self._batch.check(step)
        except AWSError:
            return False

    def _forget(self, outcome: Outcome) -> None:
        """Count a failure as none."""
        self._report.failed -= 1
        self._told.refused.remove(outcome)
        if outcome in self._report.failures:
            self._report.failures.remove(outcome)
