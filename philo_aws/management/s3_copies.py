"""The actions of ``aws_s3`` that copy and move within S3."""

from __future__ import annotations

from typing import Any

from .. import s3
from ..s3.request.addresses import format_address
from . import s3_flags as flags
from . import s3_invalidate
from .actions import Action, ActionParser
from .output import Output
from .s3_objects import destination_flags
from .s3_sides import between
from .s3_transfers import run


def _sides(parser: ActionParser) -> None:
    parser.add_flag("source", required=True, help="what is copied: s3://bucket/folder")
    parser.add_flag("target", required=True, help="where it goes: s3://bucket/folder")
    parser.add_flag("region", help="the target's region")
    parser.add_flag("source_region", help="the source's region")
    flags.rules(parser)


def _properties(parser: ActionParser) -> None:
    flags.own_properties(parser, "in place of the objects'")
    _owner_of_source(parser)
    s3_invalidate.after_flags(parser)
    flags.dry_run(parser)
    flags.engine(parser)


def _owner_of_source(parser: ActionParser) -> None:
    parser.add_flag(
        "expected_source_bucket_owner",
        metavar="ACCOUNT",
        help="fail unless the source's bucket is this account's",
    )


def _copy_dir_flags(parser: ActionParser) -> None:
    _sides(parser)
    flags.compare(parser, "always")
    _properties(parser)


def _move_dir_flags(parser: ActionParser) -> None:
    _sides(parser)
    _properties(parser)


def _move_object_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.key(parser)
    parser.add_flag("source_region", help="the region of the object's bucket (default: --region)")
    destination_flags(parser)


def _copy_dir(output: Output, *, source: str, target: str, **options: Any) -> None:
    run(output, *between(s3.copy_dir, source, target, options))


def _move_dir(output: Output, *, source: str, target: str, **options: Any) -> None:
    run(output, *between(s3.move_dir, source, target, options))


def _move_object(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: str,
    source_region: str | None,
    destination_bucket: str | None,
    destination_key: str,
    **options: Any,
) -> None:
    target = destination_bucket or bucket
    output.answer(
        s3.move_object(
            bucket,
            key,
            target,
            destination_key,
            region,
            source_region=source_region or region,
            extra_args=flags.make_copy_args(options),
        )
    )
    output.tell("move", format_address(bucket, key), format_address(target, destination_key))


ACTIONS = (
    Action(
        name="copy_dir",
        help="Copy a folder of a bucket within S3.",
        example="aws_s3 copy_dir --source s3://my-bucket/reports --target s3://other-bucket/2026",
        method=_copy_dir,
        flags=_copy_dir_flags,
        positionals=("source", "target"),
    ),
    Action(
        name="move_dir",
        help="Move a folder of a bucket within S3.",
        example="aws_s3 move_dir --source s3://my-bucket/reports --target s3://my-bucket/old",
        method=_move_dir,
        flags=_move_dir_flags,
        positionals=("source", "target"),
    ),
    Action(
        name="move_object",
        help="Move an object of any size within S3.",
        example="aws_s3 move_object --bucket my-bucket --key 1.pdf --destination_key old/1.pdf",
        method=_move_object,
        flags=_move_object_flags,
        positionals=("key", "destination_key"),
    ),
)
