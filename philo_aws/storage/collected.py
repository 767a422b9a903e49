"""Batches of static files: what is there is known by one listing, and not sent again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..exceptions import AWSError
from ..s3.transfer.comparisons import STRATEGIES, Compare
from ..s3.transfer.plan import NEW, UNDECIDED, PlanStep, Verdict
from . import local
from .batch import Batch, Stages
from .names import normalised
from .there import Listed

if TYPE_CHECKING:
    from django.core.files.base import File as DjangoFile

    from ..s3.files.tree import File
    from ..s3.listing.xml import Object
    from ..s3.report import Watcher
    from .static import S3StaticStorage

_ASKED_ONE_BY_ONE = 4
"""Files about which the store is asked one after the other, before all others are looked at."""


class StaticBatch(Batch):
    """A batch of static files.

    The location is listed, once and not before that is needed. What is there, equal by the option
    ``compare``, is not sent again.
    """

    storage: S3StaticStorage
    there: Listed

    def __init__(self, storage: S3StaticStorage, *, watcher: Watcher | None = None) -> None:
        super().__init__(storage, watcher=watcher)
        self.there = Listed(self.remote)
        compare: Compare = storage.options.compare  # type: ignore[assignment]
        self._how = STRATEGIES[compare]
        self._hashed: set[str] = set()

    def stages(self) -> Stages:
        if self._how.looks and self.saved:
            self.there.objects()  # so that it is known as well what there is to delete
        names = self.storage.names_by_plain_ones()
        hashed = [name for name in dict.fromkeys(names.values()) if name in self.saved]
        self.storage.note_hashed(hashed)
        left = set(hashed)
        if self.storage.options.only_hashed:
            left.update(name for name, other in names.items() if other != name)
        self._hashed = left.copy()
        last = [name for name in self.storage.last_names() if name in self.saved]
        plain = [name for name in self.saved if name not in left and name not in last]
        return Stages(
            hashed=hashed, plain=plain, last=last, gone=self.gone({*hashed, *plain, *last})
        )

    def difference(self, name: str, file: File) -> tuple[Object | None, str]:
        if not self._how.looks:
            return None, self._how.up(file, None)
        item = self.there.objects().get(name)
        if item is not None and name in self._hashed and not self._how.by_content:
            # The name tells, and the time is that of this run.
            return item, "" if item.size == file.size else "size"
        return item, NEW if item is None else self._how.up(file, item)


class Collecting(StaticBatch):
    """The batch of one ``collectstatic``: files are sent from where they were found, not copied."""

    def __init__(
        self, storage: S3StaticStorage, command: Any, *, watcher: Watcher | None = None
    ) -> None:
        super().__init__(storage, watcher=watcher)
        self._command = command
        self._sources: dict[str, tuple[Any, str]] = {}
        self._differences: dict[str, str] = {}
        """What is known already of names: why a file is sent, empty for not at all."""
        self._asked = 0

    def is_unmodified(self, name: str, path: str, source: Any) -> bool:
        """Say whether a file is in the store already, as a name of it there, by the content.

        ``path`` is the file's in ``source``, a storage of a finder. From now on ``name`` is read
        from there where it is unmodified.
        """
        name = normalised(name)
        known = self._how.looks and name not in self._deleted and self._is_there(name, path, source)
        if known:
            self._sources[name] = (source, path)
        elif not self.storage.options.allow_overwrite:
            self.delete(name)  # as Django does it before it copies
        return known

    def _is_there(self, name: str, path: str, source: Any) -> bool:
        item = self.there.objects().get(name)
        file = _found(name, path, source) if item is not None else None
        if file is None:
            return False
        if name not in self._differences:
            self._compare(self._step(name, file, item))
        return not self._differences.get(name, NEW)

    def delete(self, name: str) -> None:
        super().delete(name)
        self._sources.pop(name, None)

    def _step(self, name: str, file: File, item: Any) -> PlanStep:
        packed = self.packing.packed(name, file)
        reason = self._how.up(packed, item)
        return PlanStep(Verdict.CHECK, name, packed, item, reason)

    def _compare(self, step: PlanStep) -> None:
        reason: str | None = step.reason
        if reason == UNDECIDED:
            try:
                reason = self.check.by_etag(step)
                if reason is None and self._asked < _ASKED_ONE_BY_ONE:
                    self._asked += 1
                    reason = self.check.by_asking(step)
            except AWSError:
                reason = NEW  # who opens it to send it will say what is wrong with it
        if reason is None:
            self._compare_all()
        else:
            self._differences[step.key] = reason

    def _compare_all(self) -> None:
        """Compare all files that can be found, side by side: one by one would take too long."""
        from ..s3.transfer.changes import decide

        check = self.check
        steps = decide(self._open(), check, at_once=check.by_etag, otherwise=check.by_asking)
        for step in steps:
            moves = step.verdict is not Verdict.SAME
            self._differences[step.key] = step.reason or NEW if moves else ""

    def _open(self) -> Iterator[PlanStep]:
        from django.contrib.staticfiles.finders import get_finders

        objects, seen = self.there.objects(), set(self._differences)
        for finder in get_finders():
            for path, source in finder.list(self._command.ignore_patterns):
                prefix = getattr(source, "prefix", None)
                name = normalised(f"{prefix}/{path}" if prefix else path)
                item = objects.get(name)
                if name in seen or item is None:
                    continue
                seen.add(name)
                file = _found(name, path, source)
                step = self._step(name, file, item) if file else None
                if step and step.reason == UNDECIDED:
                    yield step

    def difference(self, name: str, file: File) -> tuple[Object | None, str]:
        known = self._differences.get(name)
        return (None, known) if known else super().difference(name, file)

    def exists(self, name: str) -> bool:
        return name in self._sources or super().exists(name)

    def open(self, name: str, mode: str = "rb") -> DjangoFile[Any] | None:
        if name not in self.saved and name in self._sources:
            source, path = self._sources[name]
            opened: DjangoFile[Any] = source.open(path, mode)
            return opened
        return super().open(name, mode)

    def taken(self, name: str, content: Any) -> File:
        return local.itself(name, content) or super().taken(name, content)


def _found(name: str, path: str, source: Any) -> File | None:
    try:
        return local.at(name, source.path(path))
    except NotImplementedError:
        return None  # no file of this machine
