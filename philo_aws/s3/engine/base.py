"""What a transfer engine is given, what it gives back, and what every engine can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ...conf import Purpose, TransferConfig
from ...exceptions import AWSError
from ...limits import MIB

IN_MEMORY = 8 * MIB
"""The largest download that is held in memory before it is written."""

if TYPE_CHECKING:
    from ..files.rooted import Root


@dataclass(kw_only=True, slots=True)
class Upload:
    """A file that is to become an object."""

    key: str
    """The object's key."""
    path: str
    """The file's path, undecodable bytes as Python's surrogates."""
    size: int
    """The file's size in bytes, as it was listed."""
    mtime_ns: int
    """The file's modification time in nanoseconds, as it was listed."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """HTTP headers of this object alone (``Content-Type``, ``x-amz-meta-…``); may be shared."""
    root: Root | None = None
    """The folder that the path leads through and must not leave; ``None`` leaves that open."""


@dataclass(kw_only=True, slots=True)
class Download:
    """An object that is to become a file."""

    key: str
    """The object's key."""
    path: str
    """The file's path; its folder is made where it is missing."""
    size: int
    """The object's size in bytes, as it was listed."""
    etag: str = ""
    """The object's ETag, as it was listed, with or without its quotes."""
    mtime_ns: int | None = None
    """The modification time to give to the file, in nanoseconds."""
    replaces: bool = True
    """Whether there may be a file at the path, whose mode the new one gets."""
    root: Root | None = None
    """The folder that the path leads through and must not leave; ``None`` leaves that open."""


@dataclass(kw_only=True, slots=True)
class Copy:
    """An object that the store itself is to copy: nothing of it passes through this machine."""

    key: str
    """The copy's key."""
    source_bucket: str
    """The bucket of the object that is copied."""
    source_key: str
    """Its key."""
    size: int
    """Its size in bytes, as it was listed."""
    etag: str = ""
    """Its ETag, as it was listed, without quotes: what has another one by now is not copied."""
    version_id: str = ""
    """Its version; empty for the newest."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """HTTP headers of this copy alone; may be shared."""
    path: str = ""
    """No file's: always empty."""


Task = Upload | Download | Copy


@dataclass(kw_only=True, slots=True)
class Result:
    """What became of one task."""

    task: Task
    """The task."""
    error: AWSError | None = None
    """Why it was not done; ``None`` when it was."""
    bytes: int = 0
    """The bytes transferred; 0 when it was not done."""
    attempts: int = 1
    """How often it was tried; 0 for a task that was never begun."""
    etag: str = ""
    """The object's ETag, without quotes."""
    request_id: str = ""
    """The id of the last answer, for AWS's support."""


OnResult = Callable[[Result], None]
OnBytes = Callable[[int], None]


class PartCopier(Protocol):
    """Copies an object that is too large for one request."""

    def __call__(self, task: Copy, *, moved: OnBytes, check: Callable[[], None]) -> str:
        """Copy it, and return the copy's ETag without quotes.

        ``moved`` is told of each part, and ``check`` asked often: it raises where nobody waits any
        more. Whatever is raised, nothing of the copy is left at the store.
        """


@dataclass(frozen=True, kw_only=True)
class Options:
    """What all tasks of an engine share."""

    bucket: str
    """The bucket's name."""
    region: str | None = None
    """The bucket's region; ``None`` means the settings'."""
    tuning: TransferConfig
    """Which engine, and how it works."""
    extra_args: Mapping[str, Any] = field(default_factory=dict)
    """boto's parameters for every object (``ACL``, ``StorageClass``, ``Metadata``, …)."""
    purpose: Purpose = "commands"
    """Which timeouts hold."""
    part_copier: PartCopier | None = None
    """What makes copies in parts; needed where there are any."""


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """Whom a run tells."""

    on_result: OnResult
    """Called once for each task."""
    on_bytes: OnBytes | None
    """Called with the bytes moved."""


INTERRUPTED = "Interrupted"
"""The code of the error of a task that was stopped, or not begun, because of an interrupt."""


class Engine(Protocol):
    """Moves objects; one engine is one bucket and one set of options."""

    name: str
    """``crt`` or ``classic``."""
    reason: str
    """Why ``auto`` chose this engine."""

    def run(
        self, tasks: Iterable[Task], *, on_result: OnResult, on_bytes: OnBytes | None = None
    ) -> None:
        """Do all ``tasks``, which are pulled as room is made, in the calling thread.

        ``on_result`` is called once for every task pulled, ``on_bytes`` with the bytes moved since
        its last call (negative when an attempt is begun anew). Neither is ever called twice at the
        same time; both may come from other threads. Returns when all results were given.

        On KeyboardInterrupt no further task is begun, those on their way are finished or aborted
        within seconds, every task pulled gets its result, and the interrupt is raised again.
        """
