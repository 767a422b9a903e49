"""A folder of a bucket is copied to another one, or that is made equal to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ... import arguments
from ...conf import Purpose, TransferConfig
from ..deleting import delete_and_count
from ..filters import Rule
from ..report import Report, Watcher, reported
from .comparisons import Compare
from .extras import Extras, Guards
from .line import Line
from .pair import Copies, make_pair
from .wanted import check_flags, comparison, filter_of


def copy_dir(
    source_bucket: str,
    destination_bucket: str,
    region_name: str | None = None,
    *,
    source_prefix: str = "",
    prefix: str = "",
    source_region: str | None = None,
    rules: Sequence[Rule] = (),
    compare: Compare = "always",
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Have S3 copy every object under ``source_prefix`` to ``prefix``, and return the report of it.

    Both are folders, or empty for the whole bucket. ``region_name`` is the destination's, where the
    requests that copy go, ``source_region`` the source's; nothing passes through this machine.
    Objects keep their headers, metadata, tags and storage class; ``extra_args`` replace them, in
    boto's names (``StorageClass``, ``ACL``, ``Metadata``, ``Tagging``, ``CacheControl``, …), each
    header for itself. The access list (ACL) is not copied. An object that is changed after it was
    listed is not copied, and fails. What has more than 256 MiB is copied in parts. With another
    ``compare`` than ``always`` the destination is listed too and equal objects are skipped.

    A folder onto itself writes its objects anew, with the properties that ``extra_args`` give.
    Raises :exc:`~philo_aws.exceptions.UsageError` for an invalid argument, a destination inside the
    source, or one that is the source where nothing would change; and at once what would be every
    object's error, such as :exc:`~philo_aws.exceptions.BucketNotFoundError`.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    pair = make_pair(
        source_bucket,
        destination_bucket,
        region_name,
        source_prefix=source_prefix,
        prefix=prefix,
        source_region=source_region,
        extra_args=extra_args,
        transfer=transfer,
        purpose=purpose,
    )
    chosen, how = filter_of(rules), comparison(compare)
    check_flags(dry_run=dry_run)
    pair.check(anew=bool(pair.given) and not how.looks)
    with reported(dry_run, watcher) as report:
        copies = Copies(pair, report)
        line = Line(pair.target, report, "copy", copies.task, part_copier=copies.in_parts)
        line.run(copies.steps(chosen, how, lists=how.looks))
    return report


def sync_buckets(
    source_bucket: str,
    destination_bucket: str,
    region_name: str | None = None,
    *,
    source_prefix: str = "",
    prefix: str = "",
    source_region: str | None = None,
    rules: Sequence[Rule] = (),
    compare: Compare = "checksum",
    delete: bool = False,
    max_delete: int | None = None,
    allow_empty: bool = False,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Make the objects under ``prefix`` equal to those under ``source_prefix``.

    Copies are made as :func:`copy_dir` makes them, of what is not equal by ``compare``; deleting,
    with ``delete``, is guarded as by :func:`philo_aws.s3.sync`. What differs in its properties
    alone is equal. Raises what both of them raise.
    """
    pair = make_pair(
        source_bucket,
        destination_bucket,
        region_name,
        source_prefix=source_prefix,
        prefix=prefix,
        source_region=source_region,
        extra_args=extra_args,
        transfer=transfer,
        purpose=purpose,
    )
    chosen, how = filter_of(rules), comparison(compare)
    check_flags(delete=delete, allow_empty=allow_empty, dry_run=dry_run)
    if max_delete is not None:
        arguments.whole_number("max_delete", max_delete)
    pair.check(deletes=delete)
    target = pair.target
    with Extras(target.prefix) as extras, reported(dry_run, watcher) as report:
        copies = Copies(pair, report)
        line = Line(
            target,
            report,
            "copy",
            copies.task,
            on_extra=extras.note if delete else None,
            part_copier=copies.in_parts,
        )
        line.run(copies.steps(chosen, how, lists=True))
        guards = Guards(max_delete=max_delete, allow_empty=allow_empty)
        if delete and extras.may_go(guards, report, sources=line.sources):
            delete_and_count(target, extras.keys(), report)
    return report
