"""The actions of ``aws_s3`` that list: buckets, objects, usage, unfinished uploads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from .. import s3
from ..exceptions import ConflictError, UsageError
from . import s3_flags as flags
from .actions import Action, ActionParser
from .output import LEFT, Column, Output, escape
from .process import FAILED
from .s3_printing import check_found, object_line, print_found, shown_time

if TYPE_CHECKING:
    from ..s3.listing.xml import Object


OBJECT_COLUMNS = (
    Column(title="  ", value=lambda row: row["n"]),
    Column(title="Key", value=lambda row: row["object"].key, align=LEFT),
    Column(
        title="Last Modified",
        value=lambda row: shown_time(row["object"].last_modified),
    ),
    Column(title="Size (bytes)", value=lambda row: row["object"].size),
    Column(title="Storage Class", value=lambda row: row["object"].storage_class),
)
BUCKET_COLUMNS = (
    Column(title="Bucket", value=lambda row: row["Name"], align=LEFT),
    Column(
        title="Creation Date",
        value=lambda row: row["CreationDate"].isoformat(sep=" ", timespec="seconds"),
    ),
)
USAGE_COLUMNS = (
    Column(title="Prefix", value=lambda row: row["Prefix"], align=LEFT),
    Column(title="Objects", value=lambda row: row["Objects"]),
    Column(title="Size (bytes)", value=lambda row: row["Bytes"]),
)
UPLOAD_COLUMNS = (
    Column(title="Key", value=lambda row: row["Key"], align=LEFT),
    Column(title="Upload Id", value=lambda row: row["UploadId"], align=LEFT),
    Column(
        title="Initiated",
        value=lambda row: row["Initiated"].isoformat(sep=" ", timespec="seconds"),
    ),
)


def _list_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.prefix(parser)
    flags.rules(parser)
    flags.requests(parser)


def _du_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.prefix(parser)
    parser.add_flag("depth", type=flags.count, default=1, help="levels of folders (default: 1)")
    flags.rules(parser)
    flags.requests(parser)


def _delete_bucket_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag(
        "empty", action="store_true", help="delete all that it holds first, all versions of it"
    )
    parser.add_flag("max_delete", type=flags.count, metavar="N", help="delete nothing if more")
    flags.dry_run(parser)
    flags.no_progress(parser)


def _uploads_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.prefix(parser)
    flags.requests(parser)


def _list_buckets(output: Output) -> None:
    output.records(s3.list_buckets()["Buckets"], BUCKET_COLUMNS)


def _list_objects_v2(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    prefix: str,
    include: Any,
    exclude: Any,
    filter_from: Any,
    **options: Any,
) -> None:
    chosen = s3.Filter(flags.make_rules(include, exclude, filter_from))
    found: Iterable[Object] = s3.iter_objects(
        bucket, region, prefix=prefix, extra_args=flags.make_extra_args(options)
    )
    if chosen:
        found = (item for item in found if chosen.keeps(item.key[len(prefix) :]))
    print_found(output, found, "object", OBJECT_COLUMNS, _lines, narrowed=bool(prefix or chosen))


def _lines(found: Iterable[Object]) -> Iterator[str]:
    return (object_line(*item) for item in found)


def _du(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    prefix: str,
    depth: int,
    include: Any,
    exclude: Any,
    filter_from: Any,
    **options: Any,
) -> None:
    rules = flags.make_rules(include, exclude, filter_from)
    usage = s3.du(
        bucket,
        region,
        prefix=prefix,
        depth=depth,
        rules=rules,
        extra_args=flags.make_extra_args(options),
    )
    rows = [
        {"Prefix": child.prefix, "Objects": child.objects, "Bytes": child.bytes}
        for child in usage.children
    ]
    total = {"Prefix": "Total", "Objects": usage.objects, "Bytes": usage.bytes}
    # A folder may be called Total too; programs add up for themselves.
    output.records([*rows, total] if output.style == "table" else rows, USAGE_COLUMNS)
    check_found(len(rows), narrowed=bool(prefix or rules))


def _list_multipart_uploads(
    output: Output, *, bucket: str, region: str | None, prefix: str, **options: Any
) -> None:
    extra_args = flags.make_extra_args(options)
    found = s3.list_multipart_uploads(bucket, region, prefix=prefix, extra_args=extra_args)
    output.records(found["Uploads"], UPLOAD_COLUMNS)


def _delete_bucket(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    empty: bool,
    max_delete: int | None,
    dry_run: bool,
    no_progress: bool,
) -> None:
    if not empty:
        if dry_run or max_delete is not None:
            raise UsageError("--dry_run and --max_delete are for --empty.")
        try:
            output.answer(s3.delete_bucket(bucket, region))
        except ConflictError as error:
            if error.code != "BucketNotEmpty":
                raise
            raise CommandError(
                f"{escape(str(error))} With --empty this action does that; --empty --dry_run "
                "says what would go.",
                returncode=FAILED,
            ) from error
        return
    from . import s3_report

    s3_report.run(
        output,
        lambda watcher: s3.empty_bucket(
            bucket, region, max_delete=max_delete, dry_run=dry_run, watcher=watcher
        ),
        unit=" versions",
        no_progress=no_progress,
        dry_run=dry_run,
        may_be_empty=True,
    )
    if not dry_run:
        s3.delete_bucket(bucket, region)
    output.note(f"The bucket {bucket!r} {'would be' if dry_run else 'is'} deleted.")


ACTIONS = (
    Action(
        name="list_buckets",
        help="List the account's buckets.",
        example="aws_s3 list_buckets",
        method=_list_buckets,
    ),
    Action(
        name="create_bucket",
        help="Create a bucket.",
        example="aws_s3 create_bucket --bucket my-bucket --region eu-west-1",
        method=lambda output, bucket, region: output.answer(s3.create_bucket(bucket, region)),
        flags=flags.bucket,
        positionals=("bucket",),
    ),
    Action(
        name="delete_bucket",
        help="Delete an empty bucket, or with --empty one and all that it holds.",
        example="aws_s3 delete_bucket --bucket my-bucket",
        method=_delete_bucket,
        flags=_delete_bucket_flags,
        positionals=("bucket",),
    ),
    Action(
        name="list_objects_v2",
        help="List the objects of a bucket.",
        example="aws_s3 list_objects_v2 --bucket my-bucket",
        method=_list_objects_v2,
        flags=_list_flags,
        positionals=("prefix",),
    ),
    Action(
        name="du",
        help="Count objects and bytes by folder.",
        example="aws_s3 du --bucket my-bucket --depth 2",
        method=_du,
        flags=_du_flags,
        positionals=("prefix",),
    ),
    Action(
        name="list_multipart_uploads",
        help="List multipart uploads that were begun and not ended.",
        example="aws_s3 list_multipart_uploads --bucket my-bucket",
        method=_list_multipart_uploads,
        flags=_uploads_flags,
        positionals=("prefix",),
    ),
)
