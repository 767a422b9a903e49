"""Folders: upload and download, and the making of both directions of a transfer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...conf import Purpose, TransferConfig
from ...exceptions import LocalFileError
from ..engine.base import Download, Upload
from ..files import tree
from ..files.places import Places
from ..files.rooted import Root
from ..filters import Rule
from ..headers import HeaderRule, Headers
from ..report import Report, Watcher, reported
from ..request.remote import Remote, make_remote
from ..request.sizes import check_size
from . import changes, plan
from .comparisons import Compare, Comparison
from .line import Line
from .plan import PlanStep, Verdict
from .sides import (
    Path,
    files_of,
    is_marker,
    listed,
    prepare,
    without_leftovers,
    without_markers,
)
from .wanted import check_flags, check_folder, comparison, filter_of, headers_of


def upload_dir(
    source_dir: Path,
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    rules: Sequence[Rule] = (),
    compare: Compare = "always",
    headers: Sequence[HeaderRule] = (),
    default_headers: Mapping[str, str] | None = None,
    follow_symlinks: bool = False,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Upload every file below ``source_dir`` and return the report of it.

    Keys are the files' paths relative to ``source_dir``, under the folder ``prefix``. With another
    ``compare`` than ``always`` the bucket is listed first and equal objects are skipped.
    ``extra_args`` are boto's (``ACL``, ``StorageClass``, …). A file that fails never stops the
    others: see :attr:`Report.failed`. Raises :exc:`~philo_aws.exceptions.UsageError` for an invalid
    argument, :exc:`~philo_aws.exceptions.LocalFileError` for a folder that cannot be read, and at
    once what would be every file's error, such as :exc:`~philo_aws.exceptions.BucketNotFoundError`.
    """
    remote = make_remote(bucket_name, region_name, prefix, extra_args, transfer, purpose)
    chosen, how = filter_of(rules), comparison(compare)
    make = headers_of(headers, default_headers)
    check_flags(follow_symlinks=follow_symlinks, dry_run=dry_run)
    check_folder("source_dir", source_dir)
    with Root(source_dir, follow=follow_symlinks) as root:
        files = tree.walk(root, chosen=chosen)
        with reported(dry_run, watcher) as report:
            files = without_leftovers(files)
            target = listed(remote, chosen) if how.looks else ()
            Line(remote, report, "upload", uploads(remote, make, root)).run(
                steps(files, target, remote, root, how, upload=True)
            )
    return report


def download_dir(
    destination_dir: Path,
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    rules: Sequence[Rule] = (),
    compare: Compare = "always",
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Download every object under the folder ``prefix`` and return the report of it.

    Files get the objects' modification times. With another ``compare`` than ``always`` equal files
    are skipped. An object whose file would be outside of ``destination_dir``, or in the place of
    another object's, fails and nothing of it is written. Raises
    :exc:`~philo_aws.exceptions.UsageError` for an invalid argument,
    :exc:`~philo_aws.exceptions.LocalFileError` when ``destination_dir`` can neither be used nor be
    made.
    """
    remote = make_remote(bucket_name, region_name, prefix, extra_args, transfer, purpose)
    chosen, how = filter_of(rules), comparison(compare)
    check_flags(dry_run=dry_run)
    check_folder("destination_dir", destination_dir)
    target = prepare(destination_dir, dry_run=dry_run)
    places = Places(target)
    with Root(target) as root, reported(dry_run, watcher) as report:
        present = files_of(root, chosen) if how.looks else ()
        source = without_markers(remote, chosen, report)
        planned = steps(source, present, remote, root, how, upload=False)
        Line(remote, report, "download", downloads(remote, places, root)).run(
            noted(planned, places)
        )
    return report


def steps(
    source: plan.Side,
    target: plan.Side,
    remote: Remote,
    root: Root,
    how: Comparison,
    *,
    upload: bool,
) -> Iterator[PlanStep]:
    """Yield the steps that make ``target`` equal to ``source``, every comparison settled.

    ``root`` is the folder of the one that is files; a target of ``()`` was not looked at.
    """
    if target == ():
        # Whether it is new is not known, and who has caches to empty relies on it.
        unseen = plan.compare(source, (), how.up if upload else how.down)
        return (s._replace(reason="always") if s.reason == plan.NEW else s for s in unseen)
    if upload:
        target = (item for item in target if not is_marker(item))
    planned = plan.compare(source, target, how.up if upload else how.down)
    if not how.by_content:
        return planned
    check = changes.ContentCheck(remote, root)
    return changes.decide(planned, check, at_once=check.by_etag, otherwise=check.by_asking)


def noted(planned: Iterator[PlanStep], places: Places) -> Iterator[PlanStep]:
    """Yield the steps; files that stay as they are have their places too where names fold."""
    return _noted(planned, places) if places.folds else planned


def _noted(planned: Iterator[PlanStep], places: Places) -> Iterator[PlanStep]:
    for step in planned:
        if step.verdict is Verdict.SAME:
            try:
                places.note(step.key)
            except LocalFileError as error:
                yield step._replace(verdict=Verdict.BROKEN, reason="", error=error)
                continue
        yield step


def uploads(remote: Remote, headers: Headers, root: Root) -> Callable[[PlanStep], Upload]:
    """Return what makes the upload of a step."""
    prefix, headers_of = remote.prefix, headers.of

    def make(step: PlanStep) -> Upload:
        file = step.source
        check_size(file.size)
        return Upload(
            key=prefix + step.key,
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            headers=headers_of(step.key, file.path, file.size, root),
            root=root,
        )

    return make


def downloads(remote: Remote, places: Places, root: Root) -> Callable[[PlanStep], Download]:
    """Return what makes the download of a step."""
    prefix = remote.prefix

    def make(step: PlanStep) -> Download:
        item = step.source
        return Download(
            key=prefix + step.key,
            path=places.of(step.key),
            replaces=places.taken,
            size=item.size,
            etag=item.etag,
            mtime_ns=item.mtime_ns,
            root=root,
        )

    return make
