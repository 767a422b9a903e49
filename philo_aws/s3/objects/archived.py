"""Archived objects: asking S3 for a copy that can be read, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from ...arguments import list_of_strings, number, one_of, text, whole_number, yes_or_no
from ...aws_errors import translated
from ...clients import get_client
from ...conf import Purpose
from ...exceptions import AWSError, ConflictError, IncompleteError, UsageError
from ...side_by_side import SideBySide
from ..acting import FIRST_AT_ONCE, MOST_AT_ONCE, act
from ..filters import Filter, Rule
from ..listing.stream import kept_below
from ..report import Outcome, Report, Watcher, reported
from ..request.names import check_key, check_prefix
from ..request.remote import Remote, make_remote
from ..spool import Spool
from .properties import head_object
from .waiting import MAX_TIMEOUT, TIMED_OUT

Tier = Literal["Standard", "Bulk", "Expedited"]
TIERS: tuple[Tier, ...] = ("Standard", "Bulk", "Expedited")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""The classes whose objects cannot be read as they are."""
TIERED = "INTELLIGENT_TIERING"
"""The class whose objects may have moved to an archive by themselves."""
MAX_DAYS = 2**31 - 1
UNDER_WAY = "being restored already"
RESTORED = "restored already"
READABLE = "can be read as it is"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0


def restore_archive(
    bucket_name: str,
    region_name: str | None = None,
    *,
    keys: Iterable[str] | None = None,
    prefix: str | None = None,
    rules: Sequence[Rule] = (),
    days: int = 7,
    tier: Tier = "Standard",
    wait: bool = False,
    timeout: float = MAX_TIMEOUT,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Have S3 restore archived objects, by ``keys`` or those below ``prefix`` that rules keep.

    Returns the report of it: ``requested`` counts what was begun, which takes S3 minutes to two
    days by class and ``tier``; with ``wait`` also ``restored`` what can be read by then, for
    ``timeout`` seconds at most (7 days). The copy stays for ``days``; objects of
    INTELLIGENT_TIERING become readable for good. What is being restored or is restored already is
    skipped, and so is what is below the prefix and not archived; of a key that is named, that is a
    failure. ``extra_args`` are ``RequestPayer`` and ``ExpectedBucketOwner``.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html

    Raises :exc:`~philo_aws.exceptions.UsageError` unless keys or a prefix are given, and for
    numbers and a tier that cannot be.
    """
    for name, value in (("wait", wait), ("dry_run", dry_run)):
        yes_or_no(name, value)
    whole_number("days", days, 1, MAX_DAYS)
    one_of("tier", tier, TIERS)
    number("timeout", timeout, 0, MAX_TIMEOUT)
    if (keys is None) == (prefix is None):
        raise UsageError("Say what to restore: either keys or a prefix ('' for all).")
    if keys is not None and rules:
        raise UsageError("Rules choose among the keys under a prefix; name one.")
    if prefix is not None:
        check_prefix(text("prefix", prefix))
    remote = make_remote(bucket_name, region_name, "", extra_args, None, purpose)
    wanted = dict.fromkeys(list_of_strings("keys", () if keys is None else keys))
    for key in wanted:
        check_key(key)
    begun: list[str] = []
    with reported(dry_run, watcher) as report, Spool() as spool:
        for key in wanted if prefix is None else _archived(remote, prefix, Filter(rules), report):
            spool.add(key)
        work = partial(
            _request, remote, begun, days=days, tier=tier, dry_run=dry_run, named=prefix is None
        )
        act(report, "request", (key for key, _ in spool), work, key=str)
        if wait and not dry_run:
            _wait(remote, begun, timeout, report)
    return report


def _archived(remote: Remote, prefix: str, chosen: Filter, report: Report) -> Iterable[str]:
    """Yield the keys that may be archived, and count the others as skipped."""
    for item in kept_below(remote, prefix, chosen):
        if item.storage_class in ARCHIVES or item.storage_class == TIERED:
            yield item.key
        else:
            report.skip("request", item.key, "", READABLE)


def _request(
    remote: Remote,
    begun: list[str],
    key: str,
    *,
    days: int,
    tier: Tier,
    dry_run: bool,
    named: bool,
) -> Outcome:
    head = _head(remote, key)
    storage_class, archived = _class_of(head)
    skipped = partial(Outcome, action="request", status="skipped", key=key)
    if not archived:
        if named and storage_class != TIERED:
            raise ConflictError(
                f"The object {key!r} in bucket {remote.bucket!r} is not archived: its class is "
                f"{storage_class}, which can be read as it is.",
                code="ObjectAlreadyInActiveTierError",
            )
        return skipped(reason=READABLE)
    if (under_way := is_under_way(head)) is False:
        return skipped(reason=RESTORED)
    if under_way is None and not dry_run:
        _ask(remote, key, storage_class, days, tier)
    begun.append(key)
    if under_way:
        return skipped(reason=UNDER_WAY)
    return Outcome(action="request", status="done", key=key, reason=storage_class)


def is_under_way(head: Mapping[str, Any]) -> bool | None:
    """Return whether an object's restoring is under way; ``False`` where it is over.

    ``None`` where nobody asked for it, or the copy has gone again.
    """
    told = str(head.get("Restore", ""))
    return 'ongoing-request="true"' in told if "ongoing-request" in told else None


def _class_of(head: Mapping[str, Any]) -> tuple[str, bool]:
    """Return an object's storage class, and whether it is archived."""
    storage_class = str(head.get("StorageClass") or "STANDARD")
    return storage_class, storage_class in ARCHIVES or bool(head.get("ArchiveStatus"))


def _head(remote: Remote, key: str) -> dict[str, Any]:
    return head_object(
        remote.bucket,
        key,
        remote.region,
        extra_args=remote.given_for("HeadObject"),
        purpose=remote.purpose,
    )


def _ask(remote: Remote, key: str, storage_class: str, days: int, tier: Tier) -> None:
    request: dict[str, Any] = {"GlacierJobParameters": {"Tier": tier}}
    if storage_class != TIERED:
        request["Days"] = days
    client = get_client("s3", remote.region, purpose=remote.purpose)
    arguments: Any = {**remote.given_for("RestoreObject"), "RestoreRequest": request}
    with translated(bucket=remote.bucket, key=key, region=remote.region):
        client.restore_object(**{**arguments, "Bucket": remote.bucket, "Key": key})


def _wait(remote: Remote, keys: list[str], timeout: float, report: Report) -> None:
    """Look at all again and again until each can be read, with pauses of up to a minute."""
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    for _ in keys:
        report.plan()
    while keys:
        with SideBySide(MOST_AT_ONCE, FIRST_AT_ONCE, "philo-aws-look") as pool:
            ended = pool.map(partial(_has_ended, remote, report), keys)
            keys = [key for key, over in zip(keys, ended, strict=True) if not over]
        left = deadline - time.monotonic()
        if not keys:
            return
        if left <= 0:
            break
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    for key in keys:
        error = IncompleteError(
            f"The object {key!r} is still being restored after {timeout:,g} seconds. S3 goes on "
            "with it.",
            code=TIMED_OUT,
        )
        report.add(Outcome(action="restore", status="failed", key=key, error=error))


def _has_ended(remote: Remote, report: Report, key: str) -> bool:
    """Count an object that can be read by now, or that nothing more can be learnt of."""
    try:
        head = _head(remote, key)
    except AWSError as error:
        report.add(Outcome(action="restore", status="failed", key=key, error=error))
        return True
    if is_under_way(head) is not False and _class_of(head)[1]:
        return False
    report.add(Outcome(action="restore", status="done", key=key))
    return True
