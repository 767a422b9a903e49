"""The actions of ``aws_s3`` that move or delete many objects."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from .. import s3
from ..exceptions import UsageError
from . import s3_flags as flags
from . import s3_invalidate, s3_sides
from .actions import Action, ActionParser
from .output import Output

if TYPE_CHECKING:
    from ..s3 import Report

_AGE = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _upload_dir_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.folder(parser)
    flags.rules(parser)
    flags.compare(parser, "always")
    parser.add_flag("follow_symlinks", action="store_true", help="upload what links point to")
    flags.properties(parser)
    s3_invalidate.after_flags(parser)
    flags.dry_run(parser)
    flags.engine(parser)


def _download_dir_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.folder(parser)
    flags.rules(parser)
    flags.compare(parser, "always")
    flags.dry_run(parser)
    flags.engine(parser)


def _sync_flags(parser: ActionParser) -> None:
    for name, text in (("source", "what is copied"), ("target", "what is made equal to it")):
        parser.add_flag(name, file=True, help=f"{text}: a folder, or s3://bucket/folder")
    flags.bucket(parser)
    parser.instead |= {"bucket": "source", "root_folder": "target"}
    parser.add_flag("source_region", help="the source's region, where both are in S3")
    parser.add_flag(
        "direction", choices=("up", "down"), default="up", help="folder to bucket, or back"
    )
    flags.folder(parser)
    flags.rules(parser)
    flags.compare(parser, "checksum")
    parser.add_flag("delete", action="store_true", help="delete what only the target has, last")
    parser.add_flag("max_delete", type=flags.count, metavar="N", help="delete nothing if more")
    parser.add_flag("allow_empty", action="store_true", help="also when the source is empty")
    parser.add_flag("follow_symlinks", action="store_true", help="upload what links point to")
    flags.properties(parser)
    s3_invalidate.after_flags(parser)
    flags.dry_run(parser)
    flags.engine(parser)


def _delete_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag("key", action="append", help="an object's key (repeatable)")
    parser.add_flag("prefix", help="all keys that begin with this; '' is the whole bucket")
    flags.rules(parser)
    parser.add_flag(
        "all_versions", action="store_true", help="every version and delete marker, for good"
    )
    parser.add_flag("max_delete", type=flags.count, metavar="N", help="delete nothing if more")
    s3_invalidate.after_flags(parser)
    flags.dry_run(parser)
    flags.requests(parser)
    flags.no_progress(parser)


def _abort_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.prefix(parser)
    parser.add_flag(
        "older_than", default="1d", metavar="AGE", help="as 90m, 12h or 7d (default: 1d)"
    )
    flags.dry_run(parser)
    flags.requests(parser)
    flags.no_progress(parser)


def _upload_dir(
    output: Output, *, bucket: str, region: str | None, root_folder: str, **options: Any
) -> None:
    run(output, partial(s3.upload_dir, root_folder, bucket, region), _keywords(options))


def _download_dir(
    output: Output, *, bucket: str, region: str | None, root_folder: str, **options: Any
) -> None:
    run(output, partial(s3.download_dir, root_folder, bucket, region), _keywords(options))


def _sync(output: Output, *, source: str | None, target: str | None, **options: Any) -> None:
    for name, wanted in (
        ("max_delete", options["max_delete"] is not None),
        ("allow_empty", options["allow_empty"]),
    ):
        if wanted and not options["delete"]:
            raise CommandError(f"--{name} needs --delete.", returncode=2)
    if source is not None and target is not None:
        if s3_sides.are_both_addresses(source, target):
            run(output, *s3_sides.sync_of(source, target, options))
            return
        options |= s3_sides.sides_of(source, target, options)
    if options.pop("source_region") is not None:
        raise UsageError("--source_region is for a sync of two buckets; else give --region.")
    _sync_folder(output, **options)


def _sync_folder(
    output: Output, *, bucket: str, region: str | None, root_folder: str, **options: Any
) -> None:
    if options["direction"] == "down" and options["checksum"] is not None:
        raise UsageError("--checksum is for the direction up: downloads are verified anyway.")
    run(output, partial(s3.sync, root_folder, bucket, region), _keywords(options))


def _delete_objects(
    output: Output, *, bucket: str, region: str | None, key: Any, **options: Any
) -> None:
    given = _keywords(options)
    given["keys"] = [key] if isinstance(key, str) else key
    if (key is None) == (given["prefix"] is None):
        raise CommandError("Give either --key or --prefix ('' for the whole bucket).", returncode=2)
    unit = " versions" if given["all_versions"] else " objects"
    run(output, partial(s3.delete_objects, bucket, region), given, unit=unit)


def _abort(
    output: Output, *, bucket: str, region: str | None, older_than: str, **options: Any
) -> None:
    options["older_than"] = age(older_than)
    options["extra_args"] = flags.make_extra_args(options)
    run(output, partial(s3.abort_multipart_uploads, bucket, region), options, unit=" uploads")


def _keywords(options: dict[str, Any]) -> dict[str, Any]:
    """Turn the flags that several actions have into the keywords of the services."""
    made: dict[str, Any] = {
        "rules": flags.make_rules(
            *(options.pop(name) for name in ("include", "exclude", "filter_from"))
        )
    }
    if "headers" in options:
        made["headers"] = flags.make_headers(options.pop("headers"))
        made["default_headers"] = flags.make_default_headers(
            options.pop("cache_control"), options.pop("content_type")
        )
    if "engine" in options:
        made["transfer"] = flags.make_transfer(options)
    made["extra_args"] = flags.make_extra_args(options)
    return made | options


def run(
    output: Output, service: Callable[..., Report], given: dict[str, Any], *, unit: str = "B"
) -> None:
    """Call ``service`` with what was given, and print what it does."""
    # The actions that list or move one object are quicker without it.
    from . import s3_report

    no_progress = given.pop("no_progress")
    with s3_invalidate.after(output, given) as watched:
        s3_report.run(
            output,
            lambda watcher: service(watcher=watched(watcher), **given),
            unit=unit,
            no_progress=no_progress,
            dry_run=given["dry_run"],
        )


def age(text: str | datetime.timedelta) -> datetime.timedelta:
    """Return the time that ``90m``, ``12h`` or ``7d`` mean.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if isinstance(text, datetime.timedelta):
        return text
    found = _AGE.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is no age. Write one such as 90m, 12h or 7d.")
    try:
        return datetime.timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    except (OverflowError, ValueError):
        raise UsageError(f"{text[:40]!r} is longer than time can be. Give a shorter age.") from None


ACTIONS = (
    Action(
        name="upload_dir",
        help="Upload a folder.",
        example="aws_s3 upload_dir --bucket my-bucket --root_folder ./static --prefix static",
        method=_upload_dir,
        flags=_upload_dir_flags,
        positionals=("root_folder", "prefix"),
    ),
    Action(
        name="download_dir",
        help="Download a folder.",
        example="aws_s3 download_dir --bucket my-bucket --prefix reports --root_folder ./reports",
        method=_download_dir,
        flags=_download_dir_flags,
        positionals=("prefix", "root_folder"),
    ),
    Action(
        name="sync",
        help="Make a bucket equal to a folder, a folder to a bucket, or a bucket to another.",
        example="aws_s3 sync --bucket my-bucket --root_folder ./static --prefix static --delete",
        method=_sync,
        flags=_sync_flags,
        positionals=("source", "target"),
    ),
    Action(
        name="delete_objects",
        help="Delete objects by key, or all under a prefix.",
        example="aws_s3 delete_objects --bucket my-bucket --prefix tmp/ --max_delete 100",
        method=_delete_objects,
        flags=_delete_flags,
        positionals=("key",),
    ),
    Action(
        name="abort_multipart_uploads",
        help="Abort multipart uploads that were never ended.",
        example="aws_s3 abort_multipart_uploads --bucket my-bucket --older_than 7d",
        method=_abort,
        flags=_abort_flags,
        positionals=("prefix",),
    ),
)
