"""Downloads that have to wait: a file is in the place of their folder, or a folder in theirs.

What is in the way is deleted only after everything else, as all that is deleted is. So the order is
turned round for these alone: they are set aside, and come when the deleting was allowed and done.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from ...exceptions import AWSError, LocalFileError
from ..files import tree
from ..files.names import to_name
from ..files.places import OccupiedError
from ..files.rooted import Root
from ..listing.xml import Object
from ..report import Outcome, Report
from ..spool import Spool
from .plan import NEW, PlanStep, Verdict


class Displaced(contextlib.ExitStack):
    """The steps that were set aside, in flat memory; it is told of all that is to be deleted."""

    def __init__(self, root: Root, prefix: str) -> None:
        super().__init__()
        self.root = root
        """The target folder."""
        self._prefix = prefix
        self._steps = self.enter_context(Spool())
        self._folders = self.enter_context(Spool())
        self._files: list[str] = []
        self._folder = ""
        self._below = 0
        self._refused: set[str] = set()

    def __len__(self) -> int:
        return len(self._steps)

    def note_extra(self, key: str) -> None:
        """Take note of a file that is to be deleted; called in key order, as :meth:`take` is."""
        files = self._files
        while files and not key.startswith(files[-1]):
            files.pop()
        files.append(key)
        if self._folder and key.startswith(self._folder):
            self._below += 1

    def take(self, step: PlanStep, error: AWSError) -> bool:
        """Set ``step`` aside if only something that is to be deleted is in its way."""
        if not isinstance(error, OccupiedError):
            return False
        if not error.place:
            self._close_folder()
            self._folder = step.key + "/"
        elif error.place not in self._files:
            return False
        self._steps.add(step.key, json.dumps(step.source))
        return True

    def check(self, report: Report) -> None:
        """Count as failed what would take the place of a folder with anything in it that stays."""
        self._close_folder()
        for key, below in self._folders:
            if not self._holds_only(key, int(below)):
                self._refused.add(key)
                path = self.root.base + to_name(key)
                self._fail(report, key, f"{path!r} holds what stays. Move it away")

    def give_up(self, report: Report) -> None:
        """Count what was set aside as failed, because what is in its way stays."""
        for key, _ in self._steps:
            if key not in self._refused:
                self._fail(report, key, "what is in its place was not deleted")

    def steps(self) -> Iterator[PlanStep]:
        """Yield what was set aside, now that the files in its way are gone."""
        for key, source in self._steps:
            yield PlanStep(Verdict.MOVE, key, Object(*json.loads(source)), None, NEW)

    def pretend(self, report: Report) -> None:
        """Count as done in a dry run what would be."""
        for step in self.steps():
            size = step.source.size
            report.plan(size)
            report.add(
                Outcome(
                    action="download",
                    status="done",
                    key=self._prefix + step.key,
                    path=self.root.base + to_name(step.key),
                    bytes=size,
                    reason=step.reason,
                )
            )

    def make_room(self) -> None:
        """Remove the folders in the way, which are empty by now."""
        for key, _ in self._folders:
            self.root.remove_empty(to_name(key))

    def _fail(self, report: Report, key: str, why: str) -> None:
        error = LocalFileError(
            f"The object {key!r} cannot become a file here: {why}.", code="Confined"
        )
        report.fail("download", self._prefix + key, self.root.base + to_name(key), error)

    def _close_folder(self) -> None:
        if self._folder:
            self._folders.add(self._folder.removesuffix("/"), str(self._below))
        self._folder, self._below = "", 0

    def _holds_only(self, folder: str, count: int) -> bool:
        """Say whether there are ``count`` files below ``folder``, and nothing else but folders."""
        try:
            found = [isinstance(item, tree.File) for item in tree.walk(self.root, below=folder)]
        except OSError:
            return False
        return all(found) and len(found) == count
