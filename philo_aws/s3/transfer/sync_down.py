"""A folder is made equal to what is in a bucket."""

from __future__ import annotations

from typing import Literal

from ...aws_errors import translate
from ...exceptions import AWSError, IncompleteError, LocalFileError
from ..files import tree
from ..files.names import to_name
from ..files.places import Places
from ..files.rooted import Root
from ..filters import Filter
from ..report import Outcome, Report, Watcher, reported
from ..request.remote import Remote
from .comparisons import Comparison
from .displaced import Displaced
from .extras import Extras, Guards
from .folders import downloads, noted, steps
from .line import Line
from .plan import PlanStep
from .sides import GOING_ON, Path, files_of, prepare, without_markers

OTHER_NAME = "the file of an object, by another spelling of its name"


def sync_down(
    folder: Path,
    remote: Remote,
    *,
    chosen: Filter,
    how: Comparison,
    guards: Guards | None,
    dry_run: bool,
    watcher: Watcher | None,
) -> Report:
    """Make the files equal to the objects below the prefix, as :func:`philo_aws.s3.sync` says.

    Nothing is deleted without ``guards``.
    """
    target = prepare(folder, dry_run=dry_run)
    places = Places(target)
    with (
        Root(target) as root,
        Extras(remote.prefix) as extras,
        Displaced() as displaced,
        reported(dry_run, watcher) as report,
    ):
        SyncDown(remote, root, report, extras, displaced).run(places, chosen, how, guards)
    return report


class SyncDown:
    """One sync of a folder: :meth:`run` has its order, in which the rest follows.

    What only the folder has is deleted after everything else. So an object that it leaves no place
    for, because a file is where there must be a folder or the other way round, is set aside, and
    comes when the deleting was allowed and done.
    """

    def __init__(
        self, remote: Remote, root: Root, report: Report, extras: Extras, displaced: Displaced
    ) -> None:
        self._remote = remote
        self._root = root
        self._report = report
        self._extras = extras
        self._displaced = displaced
        self._staying: set[str] = set()

    def run(self, places: Places, chosen: Filter, how: Comparison, guards: Guards | None) -> None:
        """Bring what differs, delete what is too much, and bring what that was in the way of."""
        sources = self._move(places, chosen, how, deleting=guards is not None)
        if guards is None:
            return
        self._refuse_where_anything_stays()
        try:
            allowed = self._extras.may_go(guards, self._report, sources=sources)
        except IncompleteError:
            self._give_up()
            raise
        if not allowed:
            self._give_up()
            return
        self._delete(places)
        if self._report.dry_run:
            self._pretend()
        elif len(self._displaced):
            self._remove_folders()
            self._download_displaced()

    def _move(self, places: Places, chosen: Filter, how: Comparison, *, deleting: bool) -> int:
        """Bring what differs, and return how many items were seen in the source.

        ``deleting`` says that what is too much is noted, and what that is in the way of set aside.
        """
        remote, root, report = self._remote, self._root, self._report
        line = Line(
            remote,
            report,
            "download",
            downloads(remote, places, root),
            on_extra=self._note if deleting else None,
            on_refused=self._displaced.take if deleting else None,
        )
        source = without_markers(remote, chosen, report)
        present = files_of(root, chosen, self._tell_of_temporary if deleting else None)
        line.run(noted(steps(source, present, remote, root, how, upload=False), places))
        return line.sources

    def _note(self, step: PlanStep) -> None:
        self._extras.note(step)
        self._displaced.note_extra(step)

    def _tell_of_temporary(self, file: tree.File) -> None:
        self._report.skip("delete", self._remote.prefix + file.key, file.path, GOING_ON)

    def _refuse_where_anything_stays(self) -> None:
        """Count as failed what would take the place of a folder with anything in it that stays."""
        for key, to_be_deleted in self._displaced.folders():
            if not self._holds_only(key, to_be_deleted):
                self._staying.add(key)
                path = self._root.base + to_name(key)
                self._fail(key, f"{path!r} holds what stays. Move it away")

    def _holds_only(self, folder: str, count: int) -> bool:
        """Say whether there are ``count`` files below ``folder``, and nothing else but folders."""
        try:
            found = [isinstance(item, tree.File) for item in tree.walk(self._root, below=folder)]
        except OSError:
            return False
        return all(found) and len(found) == count

    def _give_up(self) -> None:
        """Count what was set aside as failed, because what is in its way stays."""
        for step in self._displaced.steps():
            if step.key not in self._staying:
                self._fail(step.key, "what is in its place was not deleted")

    def _fail(self, key: str, why: str) -> None:
        error = LocalFileError(
            f"The object {key!r} cannot become a file here: {why}.", code="Confined"
        )
        path = self._root.base + to_name(key)
        self._report.fail("download", self._remote.prefix + key, path, error)

    def _delete(self, places: Places) -> None:
        """Delete the files that are too much and did not change, and the folders left empty."""
        root, report, prefix = self._root, self._report, self._remote.prefix
        folders: set[str] = set()
        for key, path, size, mtime_ns, inode in self._extras.rows():
            if places.holds(key):
                report.skip("delete", prefix + key, path, OTHER_NAME)
                continue
            report.plan()
            error: AWSError | None = None
            if not report.dry_run:
                try:
                    root.unlink(to_name(key), size=size, mtime_ns=mtime_ns, inode=inode)
                    folders.add(key.rpartition("/")[0])
                except OSError as problem:
                    error = translate(problem, filename=path)
            status: Literal["done", "failed"] = "failed" if error else "done"
            report.add(
                Outcome(action="delete", status=status, key=prefix + key, path=path, error=error)
            )
        # A folder goes with its last file, the deepest first; one with anything in it stays.
        for folder in sorted(folders, key=len, reverse=True):
            place = folder
            while place and root.remove_empty(to_name(place)):
                place = place.rpartition("/")[0]

    def _pretend(self) -> None:
        """Count as done in a dry run what would come now."""
        for step in self._displaced.steps():
            size = step.source.size
            self._report.plan(size)
            self._report.add(
                Outcome(
                    action="download",
                    status="done",
                    key=self._remote.prefix + step.key,
                    path=self._root.base + to_name(step.key),
                    bytes=size,
                    reason=step.reason,
                )
            )

    def _remove_folders(self) -> None:
        """Remove the folders in the way, which are empty by now."""
        for key, _ in self._displaced.folders():
            self._root.remove_empty(to_name(key))

    def _download_displaced(self) -> None:
        # Places that were looked at while the files were in the way would refuse them again.
        make = downloads(self._remote, Places(self._root.path), self._root)
        Line(self._remote, self._report, "download", make).run(self._displaced.steps())
