"""Making one side equal to the other; what is too much there is deleted last, and with guards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..conf import Purpose, TransferConfig
from ..exceptions import IncompleteError, InvalidRequestError, translate
from . import tree
from .changes import Compare
from .deleting import check_limit, delete_keys
from .filters import Filter, Rule
from .headers import HeaderRule, Headers
from .line import Line, Store, make_store
from .places import Places
from .plan import Step
from .report import Outcome, Report, Watcher, reported
from .spool import Spool
from .transfers import (
    Path,
    downloads,
    files_of,
    listed,
    prepare,
    steps,
    uploads,
    without_leftovers,
    without_markers,
)

Direction = Literal["up", "down"]
NOT_DELETED = "not deleted, because something failed"


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
    ``allow_empty``. Raises what :func:`upload_dir` and :func:`download_dir` raise, and
    :exc:`~philo_aws.exceptions.IncompleteError` when a guard stops the deleting.
    """
    if direction == "down" and (headers or default_headers or follow_symlinks):
        raise InvalidRequestError("Headers and follow_symlinks are for the direction up.")
    store = make_store(bucket_name, region_name, prefix, extra_args, transfer, purpose)
    if direction == "down" and store.request_args() != store.extra_args:
        raise InvalidRequestError("Properties of objects are for the direction up.")
    chosen = Filter(rules)
    with Spool() as extra:
        keep = _keeper(extra) if delete else None
        if direction == "up":
            make = Headers(headers, default_headers)
            files = tree.walk(folder, chosen=chosen, follow_symlinks=follow_symlinks)
            with reported(dry_run, watcher) as report:
                line = Line(store, report, "upload", uploads(store, make), on_extra=keep)
                line.run(
                    steps(
                        without_leftovers(files), listed(store, chosen), store, compare, upload=True
                    )
                )
                if may_delete(line, report, extra, max_delete, allow_empty, store):
                    delete_keys(store, (store.prefix + key for key, _ in extra), report)
            return report
        target = prepare(folder, dry_run=dry_run)
        places = Places(target)
        with reported(dry_run, watcher) as report:
            line = Line(store, report, "download", downloads(store, places), on_extra=keep)
            source = without_markers(store, chosen, report)
            line.run(steps(source, files_of(target, chosen), store, compare, upload=False))
            if may_delete(line, report, extra, max_delete, allow_empty, store):
                _delete_files(target, extra, report)
        return report


def _keeper(extra: Spool) -> Any:
    def keep(step: Step) -> None:
        extra.add(step.key, getattr(step.target, "path", ""))

    return keep


def may_delete(
    line: Line,
    report: Report,
    extra: Spool,
    max_delete: int | None,
    allow_empty: bool,
    store: Store,
) -> bool:
    """Say whether the deleting may begin.

    Raises :exc:`~philo_aws.exceptions.IncompleteError` where the user has to decide.
    """
    if not len(extra):
        return False
    if line.blind or report.failed or report.unfinished:
        for key, path in extra:
            report.skip("delete", store.prefix + key, path, NOT_DELETED)
        return False
    if not line.sources and not allow_empty:
        raise IncompleteError(
            f"Nothing was deleted: the source is empty, and all {len(extra):,} of the target "
            "would go. If that is meant, say so with --allow_empty.",
            result=report,
            code="EmptySource",
        )
    check_limit(len(extra), max_delete, report)
    return True


def _delete_files(root: str, extra: Spool, report: Report) -> None:
    folders: set[str] = set()
    for key, path in extra:
        report.plan()
        error = None
        if not report.dry_run:
            try:
                os.unlink(path)
                folders.add(os.path.dirname(path))
            except OSError as problem:
                error = translate(problem, filename=path)
        status: Literal["done", "failed"] = "failed" if error else "done"
        report.add(Outcome(action="delete", status=status, key=key, path=path, error=error))
    top = os.path.abspath(root)
    # A folder goes with its last file, the deepest first; one with anything in it stays.
    for folder in sorted(folders, key=len, reverse=True):
        place = os.path.abspath(folder)
        with contextlib.suppress(OSError):
            while place != top:
                os.rmdir(place)
                place = os.path.dirname(place)
