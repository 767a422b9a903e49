"""Moves between buckets: a copy, and when that is proven the end of its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...conf import Purpose, TransferConfig
from ...exceptions import IncompleteError, UsageError
from ..engine.proof import bare_etag
from ..filters import Rule
from ..objects.copying import make, of_source, prepare
from ..report import Report, Watcher, reported
from ..request.remote import make_remote
from .comparisons import STRATEGIES
from .line import Line
from .moved import Sources, delete_as_copied
from .pair import Copies, make_pair
from .wanted import check_flags, filter_of


def move_dir(
    source_bucket: str,
    destination_bucket: str,
    region_name: str | None = None,
    *,
    source_prefix: str = "",
    prefix: str = "",
    source_region: str | None = None,
    rules: Sequence[Rule] = (),
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Have S3 copy every object under ``source_prefix`` to ``prefix``, and delete what was copied.

    Copies are made as :func:`philo_aws.s3.copy_dir` makes them. An object is deleted once its copy
    is proven, and only if it still has the ETag that was copied: AWS compares while it deletes, at
    an endpoint of one's own the object is looked at just before. What fails stays where it is; the
    report counts copies and deletions. In a versioned bucket the object stays as an old version.
    Raises what :func:`philo_aws.s3.copy_dir` raises.
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
    chosen = filter_of(rules)
    check_flags(dry_run=dry_run)
    pair.check()
    with reported(dry_run, watcher) as report, Sources(pair.source, report) as sources:
        copies = Copies(pair, report)
        line = Line(
            pair.target,
            report,
            "copy",
            copies.task,
            on_done=sources.copied,
            part_copier=copies.in_parts,
        )
        line.run(sources.in_step(copies.steps(chosen, STRATEGIES["always"], lists=False)))
        sources.finish()
    return report


def move_object(
    source_bucket: str,
    source_key: str,
    destination_bucket: str,
    destination_key: str,
    region_name: str | None = None,
    *,
    source_region: str | None = None,
    metadata: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    storage_class: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    overwrite: bool = True,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Copy an object, of any size, delete it, and return boto's dict of the copy's last request.

    The copy is that of :func:`philo_aws.s3.copy_object`, with the same parameters. The object is
    deleted only if it still is the one that was copied, by its ETag; in a versioned bucket it stays
    as an old version. Raises what :func:`philo_aws.s3.copy_object` raises,
    :exc:`~philo_aws.exceptions.UsageError` for a move onto itself, and
    :exc:`~philo_aws.exceptions.IncompleteError` where the copy was made and the object could not be
    deleted.
    """
    if (source_bucket, source_key) == (destination_bucket, destination_key):
        raise UsageError("Source and target are the same. Give another key or bucket.")
    copy = prepare(
        source_bucket,
        source_key,
        destination_bucket,
        destination_key,
        region_name,
        metadata=metadata,
        headers=headers,
        storage_class=storage_class,
        extra_args=extra_args,
        overwrite=overwrite,
        source_region=source_region,
        purpose=purpose,
    )
    answer = make(copy, region_name, purpose=purpose)
    source = make_remote(
        source_bucket, source_region, "", of_source(extra_args or {}), None, purpose
    )
    etag = bare_etag(copy.head["ETag"])
    error = delete_as_copied(source, {source_key: etag})[source_key]
    if error is not None:
        raise IncompleteError(
            f"The copy {destination_key!r} was made, but its source was not deleted: {error}",
            result=answer,
            code=error.code,
        ) from error
    return answer
