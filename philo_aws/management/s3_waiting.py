"""The actions of ``aws_s3`` that take their time: an object that is awaited, archived objects."""

from __future__ import annotations

from typing import Any

from .. import s3
from ..exceptions import UsageError
from . import s3_flags as flags
from .actions import Action, ActionParser
from .output import Output


def _wait_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.key(parser)
    parser.add_flag(
        "until",
        choices=("exists", "gone", "changed"),
        default="exists",
        help="what is waited for (default: exists)",
    )
    parser.add_flag("etag", help="with --until changed: what it is now (default: as it is)")
    parser.add_flag("timeout", metavar="TIME", default="5m", help="as 30s, 5m or 2h (default: 5m)")
    flags.requests(parser)


def _archive_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag("key", action="append", help="an object's key (repeatable)")
    parser.add_flag("prefix", help="all keys that begin with this; '' is the whole bucket")
    flags.rules(parser)
    parser.add_flag(
        "days", type=flags.count, default=7, help="how long it can be read (default: 7)"
    )
    parser.add_flag(
        "tier",
        choices=("Standard", "Bulk", "Expedited"),
        default="Standard",
        help="how fast, and at which price (default: Standard)",
    )
    parser.add_flag("wait", action="store_true", help="wait until all can be read")
    parser.add_flag("timeout", metavar="TIME", default="7d", help="with --wait (default: 7d)")
    flags.dry_run(parser)
    flags.requests(parser)
    flags.no_progress(parser)


def _seconds(text: Any) -> float:
    from .s3_transfers import age

    return age(text).total_seconds()


def _wait_object(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: str,
    until: str,
    etag: str | None,
    timeout: Any,
    **options: Any,
) -> None:
    seconds = _seconds(timeout)
    head = s3.wait_object(
        bucket,
        key,
        region,
        until=until,  # type: ignore[arg-type]  # looked at there
        etag=etag,
        timeout=seconds,
        extra_args=flags.make_extra_args(options),
        on_wait=lambda: output.note(f"Waiting for {key!r}, up to {seconds:,g} seconds …"),
    )
    if output.style == "table":
        state = f"is there, ETag {head['ETag']}" if head else "is not there"
        output.note(f"{key!r} {state}.")
        return
    output.answer(
        {
            "status": "done",
            "action": "wait",
            "until": until,
            "key": key,
            "etag": head.get("ETag", ""),
            "version_id": head.get("VersionId", ""),
            "bytes": head.get("ContentLength", 0),
            "last_modified": head.get("LastModified", ""),
        }
    )


def _restore_archive(
    output: Output, *, bucket: str, region: str | None, key: Any, prefix: str | None, **options: Any
) -> None:
    if (key is None) == (prefix is None):
        raise UsageError("Give either --key or --prefix ('' for the whole bucket).")
    from . import s3_report

    seconds = _seconds(options.pop("timeout"))
    no_progress = options.pop("no_progress")
    rules = flags.make_rules(*(options.pop(f) for f in ("include", "exclude", "filter_from")))
    extra_args = flags.make_extra_args(options)
    s3_report.run(
        output,
        lambda watcher: s3.restore_archive(
            bucket,
            region,
            keys=[key] if isinstance(key, str) else key,
            prefix=prefix,
            rules=rules,
            timeout=seconds,
            extra_args=extra_args,
            watcher=watcher,
            **options,
        ),
        unit=" objects",
        no_progress=no_progress,
        dry_run=options["dry_run"],
    )


ACTIONS = (
    Action(
        name="wait_object",
        help="Wait until an object is there, is gone, or is another one.",
        example="aws_s3 wait_object --bucket my-bucket --key reports/1.pdf --timeout 10m",
        method=_wait_object,
        flags=_wait_flags,
        positionals=("key",),
    ),
    Action(
        name="restore_archive",
        help="Have archived objects restored, so that they can be read.",
        example="aws_s3 restore_archive --bucket my-bucket --prefix 2019/ --tier Bulk --days 14",
        method=_restore_archive,
        flags=_archive_flags,
        positionals=("key",),
    ),
)
