"""Downloads that have to wait: a file is in the place of their folder, or a folder in theirs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from ...exceptions import AWSError
from ..files.places import OccupiedError
from ..listing.xml import Object
from ..spool import Spool
from .plan import NEW, PlanStep, Verdict


class Displaced(contextlib.ExitStack):
    """What of a plan was set aside, in flat memory, and which folders are in the way of it.

    The plan's steps go by in key order, so that what lies in a folder comes after what is to take
    its place, and between the two only what begins like both: ``a``, ``a-b``, ``a/b``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._steps = self.enter_context(Spool())
        self._folders = self.enter_context(Spool())
        # The files to be deleted that may still turn out to be in a folder's place.
        self._files: list[str] = []
        # What may still turn out to lie in folders that are in the way: each begins the next.
        self._open: list[_Folder] = []

    def __len__(self) -> int:
        return len(self._steps)

    def note_extra(self, step: PlanStep) -> None:
        """Take note of a file that is to be deleted."""
        files, key = self._files, step.key
        while files and not key.startswith(files[-1]):
            files.pop()
        files.append(key)
        self._close_folders(key)
        for folder in self._open:
            folder.below += key.startswith(f"{folder.key}/")

    def take(self, step: PlanStep, error: AWSError) -> bool:
        """Set ``step`` aside if only something that is to be deleted is in its way."""
        if not isinstance(error, OccupiedError):
            return False
        if not error.place:
            self._close_folders(step.key)
            self._open.append(_Folder(step.key))
        elif error.place not in self._files:
            return False
        self._steps.add(step.key, json.dumps(step.source))
        return True

    def steps(self) -> Iterator[PlanStep]:
        """Yield what was set aside."""
        for key, source in self._steps:
            yield PlanStep(Verdict.MOVE, key, Object(*json.loads(source)), None, NEW)

    def folders(self) -> Iterator[tuple[str, int]]:
        """Yield each folder in the way, and how many files below it are to be deleted."""
        self._close_folders()
        for key, below in self._folders:
            yield key, int(below)

    def _close_folders(self, key: str | None = None) -> None:
        """Count no more in folders, but for those in which ``key`` or what follows it may be."""
        while self._open and (key is None or not key.startswith(self._open[-1].key)):
            folder = self._open.pop()
            self._folders.add(folder.key, str(folder.below))


@dataclass
class _Folder:
    """A folder in the way of an object."""

    key: str
    """The object's, without the slash of the folder."""
    below: int = 0
    """How many files below it are to be deleted."""
