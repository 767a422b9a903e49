"""Deleting many objects: a thousand a request, several requests side by side."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any, Literal, NoReturn

from ..arguments import list_of_strings, text, whole_number, yes_or_no
from ..conf import Purpose
from ..exceptions import RETRIED, AWSError, IncompleteError, UsageError
from ..side_by_side import SideBySide
from . import delete_requests
from .delete_requests import Answers, Doomed
from .filters import Filter, Rule
from .listing.stream import kept_below
from .listing.versions import Version, iter_object_versions, versions_of
from .report import Outcome, Report, Watcher, reported
from .request.names import check_key
from .request.remote import Remote, make_remote
from .spool import Spool

MOST_BATCHES = 16
"""Requests for a thousand deletions each, at once."""
ABOVE_LIMIT = "above --max_delete"
_IN_VAIN_AFTER = 8
"""Requests in a row, each tried again for long, after which nothing is taken to get through."""
_GRACE = 3.0
"""Seconds after an interrupt in which requests may still end by themselves."""

_Waiting = tuple[Future[AWSError | None], list[Doomed], Answers]


def delete_objects(
    bucket_name: str,
    region_name: str | None = None,
    *,
    keys: Iterable[str] | None = None,
    prefix: str | None = None,
    rules: Sequence[Rule] = (),
    all_versions: bool = False,
    max_delete: int | None = None,
    dry_run: bool = False,
    extra_args: dict[str, Any] | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Delete the objects named by ``keys``, or those under ``prefix`` that ``rules`` keep.

    Returns the report of it. ``prefix`` is S3's, a beginning of keys and not a folder; ``""`` has
    to be given for the whole bucket. Rules match keys without it. A key that does not exist counts
    as deleted, as it does for S3; one that is named twice counts once. In a versioned bucket the
    object stays as an old version. With ``max_delete`` nothing is deleted when there are more; a
    dry run names them all.

    With ``all_versions`` every version and delete marker goes, for good; each of them is counted,
    and a key that has none counts for nothing.

    Raises :exc:`~philo_aws.exceptions.UsageError` unless one of the two is
    given, and where ``keys`` is one string and no list,
    :exc:`~philo_aws.exceptions.IncompleteError` above ``max_delete``.
    """
    yes_or_no("dry_run", dry_run)
    yes_or_no("all_versions", all_versions)
    if max_delete is not None:
        whole_number("max_delete", max_delete)
    if prefix is not None:
        text("prefix", prefix)
    if (keys is None) == (prefix is None):
        raise UsageError("Say what to delete: either keys or a prefix ('' for all).")
    if keys is not None and rules:
        raise UsageError("Rules choose among the keys under a prefix; name one.")
    remote = make_remote(bucket_name, region_name, "", extra_args, None, purpose)
    with reported(dry_run, watcher) as report, Spool() as spool:
        wanted = dict.fromkeys(list_of_strings("keys", () if keys is None else keys))
        for key in wanted:
            check_key(key)
        # The listing is whole before the first object goes.
        if all_versions:
            found = (
                _versions(remote, wanted)
                if prefix is None
                else versions_below(remote, prefix, Filter(rules))
            )
            for version in found:
                spool.add(check_key(version.key), "", version.version_id)
        else:
            named: Iterable[str] = wanted
            if prefix is not None:
                named = (item.key for item in kept_below(remote, prefix, Filter(rules)))
            for key in named:
                spool.add(check_key(key))
        check_limit(spool, "", max_delete, report)
        doomed = (Doomed(key, *version) for key, _, *version in spool.rows())
        delete_and_count(remote, doomed, report)
    return report


def versions_below(remote: Remote, prefix: str, chosen: Filter) -> Iterator[Version]:
    """Yield the versions and delete markers below ``prefix`` whose keys ``chosen`` keeps."""
    for version in iter_object_versions(
        remote.bucket,
        remote.region,
        prefix=prefix,
        purpose=remote.purpose,
        extra_args=remote.given_for("ListObjectVersions"),
    ):
        if not chosen or chosen.keeps(version.key.removeprefix(prefix)):
            yield version


def _versions(remote: Remote, keys: Iterable[str]) -> Iterator[Version]:
    for key in keys:
        yield from versions_of(
            remote.bucket,
            key,
            remote.region,
            purpose=remote.purpose,
            extra_args=remote.given_for("ListObjectVersions"),
        )


def check_limit(extra: Spool, prefix: str, max_delete: int | None, report: Report) -> None:
    """Raise :exc:`~philo_aws.exceptions.IncompleteError` when ``extra`` holds more than allowed."""
    if max_delete is not None and len(extra) > max_delete:
        remedy = "" if report.dry_run else " See what they are with --dry_run."
        refuse(
            f"{len(extra):,} would go, and --max_delete allows {max_delete:,}.{remedy}",
            extra,
            prefix,
            report,
            reason=ABOVE_LIMIT,
            code="MaxDelete",
        )


def refuse(
    problem: str, extra: Spool, prefix: str, report: Report, *, reason: str, code: str
) -> NoReturn:
    """Raise :exc:`~philo_aws.exceptions.IncompleteError`; a dry run names first what would go."""
    if report.dry_run:
        for key, path in extra:
            report.skip("delete", prefix + key, path, reason)
    state = "would be" if report.dry_run else "was"
    raise IncompleteError(f"Nothing {state} deleted: {problem}", result=report, code=code)


def delete_and_count(remote: Remote, keys: Iterable[str | Doomed], report: Report) -> None:
    """Delete ``keys`` and count each as deleted or failed, by the store's own word on it.

    In the place of a key there may be a version of one.
    """
    batches = delete_requests.batches(
        key if isinstance(key, Doomed) else Doomed(key) for key in keys
    )
    if report.dry_run:
        for item in itertools.chain.from_iterable(batches):
            report.plan()
            _add(report, item, None)
        return
    waiting: deque[_Waiting] = deque()
    in_vain = 0
    with SideBySide(MOST_BATCHES, delete_requests.FIRST_AT_ONCE, "philo-aws-delete") as pool:
        try:
            for batch in batches:
                for _ in batch:
                    report.plan()
                answers: Answers = []
                future = pool.submit(delete_requests.delete_batch, remote, batch, answers)
                waiting.append((future, batch, answers))
                if len(waiting) >= MOST_BATCHES:
                    in_vain = _settle(waiting, report, in_vain)
            while waiting:
                in_vain = _settle(waiting, report, in_vain)
        except BaseException as error:
            hopeless = error if isinstance(error, AWSError) else None
            begun = [future for future, _, _ in waiting if not future.cancel()]
            try:
                wait(begun, None if hopeless else _GRACE)
            finally:
                for future, batch, answers in waiting:
                    if hopeless and future.cancelled():
                        answers += [(item, hopeless) for item in batch]
                    _count(report, answers)
            raise


def _settle(waiting: deque[_Waiting], report: Report, in_vain: int) -> int:
    """Wait for the first batch and count what became of its keys.

    ``in_vain`` batches did not get through before it; returns how many that are now.
    """
    future, _, answers = waiting[0]
    wait([future])
    waiting.popleft()
    _count(report, answers)
    error = future.result()
    if error is None or error.kind not in RETRIED:
        return 0
    if in_vain + 1 >= _IN_VAIN_AFTER:
        raise error
    return in_vain + 1


def _count(report: Report, answers: Answers) -> None:
    for item, error in answers:
        _add(report, item, error)


def _add(report: Report, item: Doomed, error: AWSError | None) -> None:
    status: Literal["done", "failed"] = "failed" if error else "done"
    reason = f"version {item.version_id}" if item.version_id else ""
    report.add(Outcome(action="delete", status=status, key=item.key, reason=reason, error=error))
