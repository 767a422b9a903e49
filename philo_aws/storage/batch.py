"""What is saved and deleted together: seen as if it were done, and done by one run at the end.

A batch is bound to the context of its block (:mod:`contextvars`). Calls of that block are in it,
and of the tasks and threads that the block gives its context to; all others go to S3 as ever, and
so does each call when the block has ended, however it ended.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import threading
from collections.abc import Container, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.core.files.base import File as DjangoFile

from ..closing import Closing
from ..exceptions import UsageError
from ..s3.transfer.plan import NEW
from . import local
from .contents import with_type_of
from .packing import Packing
from .present import Names
from .there import Asked, There

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..s3.files.tree import File
    from ..s3.listing.xml import Object
    from ..s3.report import Report, Watcher
    from ..s3.transfer.changes import ContentCheck
    from .media import S3Storage

_bound: ContextVar[tuple[Batch, ...]] = ContextVar("philo_aws_batches", default=())


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The names of a batch in the order in which they are sent."""

    hashed: list[str] = field(default_factory=list)
    """Those that have the hash of their content in them: nobody asks for them yet."""
    plain: list[str] = field(default_factory=list)
    """The others."""
    gone: list[str] = field(default_factory=list)
    """What is deleted when all of those are there."""
    last: list[str] = field(default_factory=list)
    """What leads to the others."""


class Batch(Closing):
    """The saves and deletions of one block, before they are done.

    What was saved is there and what was deleted is not, for ``exists()``, ``listdir()``,
    ``open()``, ``size()`` and the times of the storage. At the end all is sent by one run, side by
    side: first what has the hash of its content in its name, then the others, then what was deleted
    and not saved again goes, and last the manifest of static files; each only where nothing failed
    before it. Contents are copied to the temporary folder of the system when they are saved. What
    is written by ``open()`` is no part of it: that is stored when it is closed, as ever.

    Each name is asked for when it is saved, and not listed, as the location of media may be huge;
    another one is given where it is taken.
    """

    def __init__(
        self, storage: S3Storage, *, there: There | None = None, watcher: Watcher | None = None
    ) -> None:
        """``there`` says what is in the store before."""
        self.storage = storage
        self.report: Report | None = None
        """What the run did; there as soon as it has begun."""
        self.watcher = watcher
        self.last: list[Callable[[], None]] = []
        """What is called when all else is done and nothing failed."""
        self.remote = replace(storage.remote(), purpose="commands")
        self.is_open = False
        """Whether calls are noted: until the block ends."""
        self.there = there or Asked(storage, aside)
        self._spool = local.Spool()
        self._types: dict[str, str] = {}
        self.packing = Packing(storage, self._spool, self._types)
        self._lock = threading.RLock()
        self._saved: dict[str, File] = {}
        self._names = Names()
        self._deleted: set[str] = set()

    # What is to be done

    @property
    def saved(self) -> Mapping[str, File]:
        """What was saved: its files, by their names."""
        return self._saved

    @functools.cached_property
    def check(self) -> ContentCheck:
        """What compares files with objects."""
        from ..s3.transfer.changes import ContentCheck

        return ContentCheck(self.remote)

    def stages(self) -> Stages:
        """Return the names in the order in which they are sent."""
        return Stages(plain=list(self._saved), gone=self.gone(self._saved))

    def gone(self, sent: Container[str]) -> list[str]:
        """Return the names that were deleted, of files that may be there and are not ``sent``."""
        return sorted(
            name for name in self._deleted if name not in sent and self.there.may_have(name)
        )

    def difference(self, name: str, file: File) -> tuple[Object | None, str]:
        """Return the object of a name, and why ``file`` takes its place.

        That is empty where it is the same, and :data:`~philo_aws.s3.transfer.plan.UNDECIDED` where
        only the content can tell.
        """
        return None, NEW

    def is_guarded(self, name: str) -> bool:
        """Say whether the file of a name is not to take the place of another one."""
        return not self.storage.options.allow_overwrite and name not in self._deleted

    # As the storage's, with names that are normalised

    def exists(self, name: str) -> bool:
        """Say whether there is a file or a folder of this name."""
        with self._lock:
            if not name or name in self._saved or self._names.has_folder(name):
                return True
            return self.there.exists(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder."""
        with self._lock:
            folders, files = self.there.listdir(name)
            more_folders, more_files = self._names.listdir(name)
        return list(dict.fromkeys(folders + more_folders)), list(dict.fromkeys(files + more_files))

    def open(self, name: str, mode: str = "rb") -> DjangoFile[Any] | None:
        """Return the file of a name, open to be read; ``None`` where it is the store's.

        Raises :exc:`FileNotFoundError` for one that was deleted.
        """
        file = self._pending(name)
        if file is None:
            return None
        encoding = None if "b" in mode else "utf-8"
        return DjangoFile(open(file.path, mode, encoding=encoding), name)

    def size(self, name: str) -> int | None:
        """Return the bytes of a file; ``None`` and raises as :meth:`open` does."""
        file = self._pending(name)
        return None if file is None else file.size

    def get_modified_time(self, name: str) -> datetime.datetime | None:
        """Return when a file was written; ``None`` and raises as :meth:`open` does."""
        file = self._pending(name)
        if file is None:
            return None
        return datetime.datetime.fromtimestamp(file.mtime_ns / 1e9, tz=datetime.UTC)

    def _pending(self, name: str) -> File | None:
        with self._lock:
            file = self._saved.get(name)
            if file is None and name in self._deleted:
                raise FileNotFoundError(f"There is no file {name!r}: this batch deleted it.")
            return file

    def save(self, name: str, content: Any) -> None:
        """Note a file, whose content is copied.

        Raises :exc:`FileExistsError` where the name is taken and nothing may be overwritten.
        """
        with self._lock:
            if not self.storage.options.allow_overwrite and self.exists(name):
                raise FileExistsError(f"There is a file {name!r} already.")
            file = self.taken(name, content)
            self._note_type(name, content)
            self._drop(name)
            self._saved[name] = file
            self._names.add(name)

    def taken(self, name: str, content: Any) -> File:
        """Return the file that is sent for ``content``."""
        return self._spool.put(name, content)

    def _note_type(self, name: str, content: Any) -> None:
        self._types.pop(name, None)
        if getattr(content, "content_type", None):
            headers = self.storage.headers_for(name)
            kind = with_type_of(content, name, headers).get("Content-Type", "")
            if kind != headers.get("Content-Type"):
                self._types[name] = kind

    def delete(self, name: str) -> None:
        """Note that a file is to go, unless it is saved again."""
        with self._lock:
            self._drop(name)
            self._names.discard(name)
            self._deleted.add(name)
            self.there.forget(name)

    def _drop(self, name: str) -> None:
        """Let go of what was saved under a name: Django saves a style sheet several times."""
        file = self._saved.pop(name, None)
        if file is not None:
            self._spool.drop(file)

    def close(self) -> None:
        """Remove the copies."""
        self._spool.close()


def active(storage: S3Storage) -> Batch | None:
    """Return the batch of ``storage`` that the caller is in, if any."""
    for batch in _bound.get():
        if batch.storage is storage and batch.is_open:
            return batch
    return None


@contextlib.contextmanager
def aside(storage: S3Storage) -> Iterator[None]:
    """Have the storage answer in the block as if there were no batch of it."""
    before = _bound.get()
    token = _bound.set(tuple(batch for batch in before if batch.storage is not storage))
    try:
        yield
    finally:
        _bound.reset(token)


@contextlib.contextmanager
def begun(storage: S3Storage, *, watcher: Watcher | None = None) -> Iterator[Batch]:
    """Give a new batch of ``storage`` to the block, and do it when the block has ended well.

    Raises :exc:`~philo_aws.exceptions.UsageError` within a batch of the same storage, and
    :exc:`~philo_aws.exceptions.IncompleteError` where something failed.
    """
    batch = Batch(storage, watcher=watcher)
    with done(batch):
        yield batch


@contextlib.contextmanager
def done(batch: Batch, *, dry_run: bool = False) -> Iterator[None]:
    """Bind ``batch`` to the block, and do it when that has ended well; see :func:`begun`."""
    from .flush import flush

    if active(batch.storage) is not None:
        raise UsageError("There is a batch of this storage already. Use that one, or end it first.")
    with batch:
        with _binding(batch):
            yield
        if not dry_run:
            flush(batch)


@contextlib.contextmanager
def _binding(batch: Batch) -> Iterator[None]:
    token = _bound.set((*_bound.get(), batch))
    batch.is_open = True
    try:
        yield
    finally:
        batch.is_open = False
        # A generator may be ended in another context than it began in; there it was never bound.
        with contextlib.suppress(ValueError):
            _bound.reset(token)
