"""Making one side equal to the other; what is too much there is deleted last, and with guards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from ... import arguments
from ...aws_errors import translate
from ...conf import Purpose, TransferConfig
from ...exceptions import AWSError, IncompleteError, UsageError
from ..deleting import check_limit, delete_keys, refuse
from ..files import tree
from ..files.names import to_name
from ..files.places import Places
from ..files.rooted import Root
from ..filters import Rule
from ..headers import HeaderRule
from ..report import Outcome, Report, Watcher, reported
from ..request.extra_args import is_for_reading
from ..request.remote import Remote, make_remote
from ..spool import Spool
from .comparisons import Compare
from .displaced import Displaced
from .folders import (
    GOING_ON,
    Path,
    downloads,
    files_of,
    listed,
    noted,
    prepare,
    steps,
    uploads,
    without_leftovers,
    without_markers,
)
from .line import Line
from .plan import PlanStep
from .wanted import check_flags, check_folder, comparison, filter_of, headers_of

Direction = Literal["up", "down"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
NOT_DELETED = "not deleted, because something failed"
EMPTY_SOURCE = "the source is empty"
OTHER_NAME = "the file of an object, by another spelling of its name"


def sync(
    folder: Path,
    bucket_name: str,
    region_name: str | None = None,
    *,
    direction: Direction = "up",
    prefix: str = "",
    rules: Sequence[Rule] = (),
    compare: Compare = "checksum",
    delete: bool = False,
    max_delete: int | None = None,
    allow_empty: bool = False,
    headers: Sequence[HeaderRule] = (),
    default_headers: Mapping[str, str] | None = None,
    follow_symlinks: bool = False,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Bring the differences between ``folder`` and the bucket up or down.

    ``up`` makes the objects under the folder ``prefix`` equal to the files, ``down`` the files to
    the objects. With ``delete`` what only the target has is deleted, after everything else, and
    only when both sides were read whole and nothing failed; never what ``rules`` exclude, never
    more than ``max_delete`` (then nothing), and never because the source is empty unless
    ``allow_empty``; a dry run names what would go all the same. Where a file that is to be deleted
    is in the place of an object's folder, or such files' folder in an object's, that object comes
    after the deleting. A local file that changed after it was looked at is not deleted. Raises what
    :func:`upload_dir` and :func:`download_dir` raise, and
    :exc:`~philo_aws.exceptions.IncompleteError` when a guard stops the deleting.
    """
    direction = arguments.one_of("direction", direction, DIRECTIONS)
    if direction == "down" and (headers or default_headers or follow_symlinks):
        raise UsageError("Headers and follow_symlinks are for the direction up.")
    remote = make_remote(bucket_name, region_name, prefix, extra_args, transfer, purpose)
    if direction == "down" and not is_for_reading(remote.extra_args):
        raise UsageError("Properties of objects are for the direction up.")
    chosen, how = filter_of(rules), comparison(compare)
    check_flags(
        delete=delete, allow_empty=allow_empty, follow_symlinks=follow_symlinks, dry_run=dry_run
    )
    if max_delete is not None:
        arguments.whole_number("max_delete", max_delete)
    check_folder("folder", folder)
    with Spool() as extra:
        if direction == "up":
            keep = _keeper(extra) if delete else None
            make = headers_of(headers, default_headers)
            with Root(folder, follow=follow_symlinks) as root:
                files = without_leftovers(tree.walk(root, chosen=chosen))
                with reported(dry_run, watcher) as report:
                    line = Line(
                        remote, report, "upload", uploads(remote, make, root), on_extra=keep
                    )
                    present = listed(remote, chosen)
                    line.run(steps(files, present, remote, root, how, upload=True))
                    if may_delete(line, report, extra, max_delete, allow_empty, remote):
                        delete_keys(remote, (remote.prefix + key for key, _ in extra), report)
            return report
        target = prepare(folder, dry_run=dry_run)
        places = Places(target)
        with (
            Root(target) as root,
            Displaced(root, remote.prefix) as waiting,
            reported(dry_run, watcher) as report,
        ):
            line = Line(
                remote,
                report,
                "download",
                downloads(remote, places, root),
                on_extra=_keeper(extra, waiting) if delete else None,
                on_refused=waiting.take if delete else None,
            )
            source = without_markers(remote, chosen, report)
            in_folder = files_of(root, chosen, _teller(remote, report) if delete else None)
            planned = steps(source, in_folder, remote, root, how, upload=False)
            line.run(noted(planned, places))
            waiting.check(report)
            try:
                allowed = may_delete(line, report, extra, max_delete, allow_empty, remote)
            except IncompleteError:
                waiting.give_up(report)
                raise
            if allowed:
                _delete_files(root, places, extra, remote.prefix, report)
            if allowed or not (len(extra) or report.failed):
                _go_on(waiting, remote, report)
            else:
                waiting.give_up(report)
        return report


def _keeper(extra: Spool, waiting: Displaced | None = None) -> Any:
    def keep(step: PlanStep) -> None:
        found = step.target
        if isinstance(found, tree.File):
            extra.add(step.key, found.path, found.size, found.mtime_ns, found.inode)
        else:
            extra.add(step.key)
        if waiting is not None:
            waiting.note_extra(step.key)

    return keep


def _teller(remote: Remote, report: Report) -> Callable[[tree.File], None]:
    def tell(file: tree.File) -> None:
        report.skip("delete", remote.prefix + file.key, file.path, GOING_ON)

    return tell


def _go_on(waiting: Displaced, remote: Remote, report: Report) -> None:
    """Download what waited for the deleting."""
    if report.dry_run:
        waiting.pretend(report)
    elif len(waiting):
        waiting.make_room()
        make = downloads(remote, Places(waiting.root.path), waiting.root)
        Line(remote, report, "download", make).run(waiting.steps())


def may_delete(
    line: Line,
    report: Report,
    extra: Spool,
    max_delete: int | None,
    allow_empty: bool,
    remote: Remote,
) -> bool:
    """Say whether the deleting may begin.

    Raises :exc:`~philo_aws.exceptions.IncompleteError` where the user has to decide.
    """
    if not len(extra):
        return False
    if report.failed or report.unfinished:
        for key, path in extra:
            report.skip("delete", remote.prefix + key, path, NOT_DELETED)
        return False
    if not line.sources and not allow_empty:
        refuse(
            f"the source is empty, and all {len(extra):,} of the target would go. If that is "
            "meant, say so with --allow_empty.",
            extra,
            remote.prefix,
            report,
            reason=EMPTY_SOURCE,
            code="EmptySource",
        )
    check_limit(extra, remote.prefix, max_delete, report)
    return True


def _delete_files(root: Root, places: Places, extra: Spool, prefix: str, report: Report) -> None:
    folders: set[str] = set()
    for key, path, size, mtime_ns, inode in extra.rows():
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
