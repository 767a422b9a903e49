"""A bucket, or what is below a prefix, as it was at a moment: by the versions that it keeps."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..arguments import text, whole_number, yes_or_no
from ..conf import Purpose
from .acting import act
from .delete_requests import delete_one
from .deleting import check_limit
from .filters import Filter, Rule
from .listing.versions import Version, iter_object_versions, versions_by_key
from .objects.restoring import (
    Way,
    bring_back,
    check_keeps_versions,
    check_moment,
    current_at,
    way_back,
)
from .report import Outcome, Report, Watcher, reported
from .request.names import check_prefix
from .request.remote import Remote, make_remote
from .spool import Spool
from .transfer.plan import UNCHANGED

NOT_THERE = "not there then"
"""Why an object goes, or would with ``delete``."""


def restore_prefix(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str,
    as_of: datetime.datetime,
    rules: Sequence[Rule] = (),
    delete: bool = False,
    max_delete: int | None = None,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Make every object below ``prefix`` again what it was at the moment ``as_of``.

    Returns the report of it. ``prefix`` is a beginning of keys, ``""`` the whole bucket; ``rules``
    match keys without it. What is as it was, in content, headers and metadata, is skipped. An
    object that was deleted since comes back by taking its delete markers away, one that was
    overwritten by a copy of its version, made by S3. What was not there then stays, or with
    ``delete`` is deleted, last, and not where anything failed; that only hides it, and with
    ``max_delete`` nothing at all is done where there is more. Versions all stay, so another moment
    undoes it, but for the delete markers, which are gone. What is written meanwhile is left alone,
    and is a failure.

    Whatever a lifecycle or a person deleted for good cannot come back, and an object whose old
    version that was counts as not there then. S3 tells times in whole seconds, and of an object
    sent in parts the one at which it was begun.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a moment without a zone or to come,
    :exc:`~philo_aws.exceptions.ConflictError` for a bucket whose versioning is not on,
    :exc:`~philo_aws.exceptions.IncompleteError` above ``max_delete``.
    """
    moment = check_moment(as_of)
    check_prefix(text("prefix", prefix))
    yes_or_no("delete", delete)
    yes_or_no("dry_run", dry_run)
    if max_delete is not None:
        whole_number("max_delete", max_delete)
    remote = make_remote(bucket_name, region_name, "", extra_args, None, purpose)
    chosen = Filter(rules)
    with reported(dry_run, watcher) as report, Spool() as ways, Spool() as extra:
        check_keeps_versions(remote)
        # The listing is whole before anything is written.
        for versions in versions_by_key(
            iter_object_versions(
                bucket_name,
                region_name,
                prefix=prefix,
                extra_args=remote.given_for("ListObjectVersions"),
                purpose=purpose,
            )
        ):
            if not chosen or chosen.keeps(versions[0].key.removeprefix(prefix)):
                _note(versions, moment, ways, extra if delete else None, report)
        if dry_run:
            _do(report, ways, partial(_restore, remote, dry_run=True))
        check_limit(extra, "", max_delete, report)
        if not dry_run:
            _do(report, ways, partial(_restore, remote, dry_run=False))
        _delete(remote, extra, report)
    return report


def _note(
    versions: Sequence[Version],
    moment: datetime.datetime,
    ways: Spool,
    extra: Spool | None,
    report: Report,
) -> None:
    """Set aside what is to be done with a key, or count it as skipped."""
    newest, then = versions[0], current_at(versions, moment)
    if then is not None:
        way = way_back(versions, then)
        if way is None:
            report.skip("restore", newest.key, "", UNCHANGED)
        else:
            ways.add(way.key, way.version_id, way.size, list(way.markers), way.etag, way.same_size)
    elif newest.is_delete_marker:
        return  # it was not there, and is not
    elif extra is None:
        report.skip("delete", newest.key, "", f"{NOT_THERE}, and --delete was not given")
    else:
        extra.add(newest.key, "", newest.etag)


def _do(report: Report, ways: Spool, work: Callable[[Way], Outcome]) -> None:
    act(report, "restore", _ways(ways), work, key=lambda way: way.key)


def _ways(ways: Spool) -> Iterator[Way]:
    for key, version_id, size, markers, etag, same_size in ways.rows():
        yield Way(
            key=key,
            version_id=version_id,
            size=size,
            markers=tuple(markers),
            etag=etag,
            same_size=same_size,
        )


def _restore(remote: Remote, way: Way, *, dry_run: bool) -> Outcome:
    made = bring_back(remote, way, dry_run=dry_run)
    if made.how == "unchanged":
        return Outcome(action="restore", status="skipped", key=way.key, reason=UNCHANGED)
    copied = made.how == "copied"
    return Outcome(
        action="restore",
        status="done",
        key=way.key,
        bytes=way.size if copied else 0,
        reason=f"version {way.version_id}" if copied else "was deleted",
    )


def _delete(remote: Remote, extra: Spool, report: Report) -> None:
    """Delete what was not there, unless something failed."""
    if report.failed:
        for key, _ in extra:
            report.skip("delete", key, "", "not deleted, because something failed")
        return

    def work(row: list[str]) -> Outcome:
        key, _, etag = row
        if not report.dry_run and (error := delete_one(remote, key, etag)):
            raise error
        return Outcome(action="delete", status="done", key=key, reason=NOT_THERE)

    act(report, "delete", extra.rows(), work, key=lambda row: row[0])
