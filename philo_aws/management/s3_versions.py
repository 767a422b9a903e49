"""The actions of ``aws_s3`` on versions: list them, and make what was before the object again."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import s3
from ..exceptions import UsageError
from . import s3_flags as flags
from .actions import Action, ActionParser
from .output import LEFT, Column, Output, to_json
from .s3_printing import print_found

if TYPE_CHECKING:
    from ..s3.listing.versions import Version
    from ..s3.objects.restoring import Restored

_YES = {True: "yes", False: ""}

VERSION_COLUMNS = (
    Column(title="  ", value=lambda row: row["n"]),
    Column(title="Key", value=lambda row: row["version"].key, align=LEFT),
    Column(title="Version Id", value=lambda row: row["version"].version_id, align=LEFT),
    Column(title="Latest", value=lambda row: _YES[row["version"].is_latest]),
    Column(title="Deleted", value=lambda row: _YES[row["version"].is_delete_marker]),
    Column(
        title="Last Modified",
        value=lambda row: row["version"].last_modified.isoformat(sep=" ", timespec="seconds"),
    ),
    Column(
        title="Size (bytes)",
        value=lambda row: "" if row["version"].is_delete_marker else row["version"].size,
    ),
)


def moment(text: str | datetime.datetime | datetime.timedelta) -> datetime.datetime:
    """Return the moment that ``2026-11-01T12:00Z`` is, or that was ``2h`` ago.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    from .s3_transfers import age

    if isinstance(text, datetime.datetime):
        return text
    now = datetime.datetime.now(datetime.UTC)
    if isinstance(text, datetime.timedelta) or text[-1:] in ("s", "m", "h", "d"):
        try:
            return now - age(text)
        except OverflowError:
            raise UsageError("There is no date so long ago. Give a shorter age.") from None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        zone = "names no time zone" if found else "is no moment"
        raise UsageError(
            f"{text[:40]!r} {zone}. Write one such as 2026-11-01T12:00Z or "
            "2026-11-01T12:00+01:00, or an age such as 90m, 12h or 7d."
        )
    return found


def _list_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.prefix(parser)
    flags.rules(parser)
    flags.requests(parser)


def _restore_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag("key", help="the object's key")
    parser.add_flag("version_id", help="the version that it is to be (default: the last one)")
    parser.add_flag("prefix", help="all keys that begin with this; '' is the whole bucket")
    parser.add_flag(
        "as_of", metavar="MOMENT", help="what was there then: 2026-11-01T12:00Z, or 2h ago"
    )
    flags.rules(parser)
    parser.add_flag("delete", action="store_true", help="delete what was not there then, last")
    parser.add_flag("max_delete", type=flags.count, metavar="N", help="do nothing if more")
    flags.dry_run(parser)
    flags.requests(parser)
    flags.no_progress(parser)


def _list_object_versions(
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
    found: Iterator[Version] = s3.iter_object_versions(
        bucket, region, prefix=prefix, extra_args=flags.make_extra_args(options)
    )
    if chosen:
        found = (item for item in found if chosen.keeps(item.key[len(prefix) :]))
    print_found(output, found, "version", VERSION_COLUMNS, _lines, narrowed=bool(prefix or chosen))


def _lines(found: Iterable[Version]) -> Iterator[str]:
    return (to_json(_as_boto(version)) for version in found)


def _as_boto(version: Version) -> dict[str, Any]:
    """Return a version as boto's dict has it, and which of its two lists it would be in."""
    told: dict[str, Any] = {
        "Key": version.key,
        "VersionId": version.version_id,
        "IsLatest": version.is_latest,
        "IsDeleteMarker": version.is_delete_marker,
        "LastModified": version.last_modified,
    }
    if not version.is_delete_marker:
        told |= {
            "ETag": f'"{version.etag}"',
            "Size": version.size,
            "StorageClass": version.storage_class,
        }
    return told


def _restore_object(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: str | None,
    version_id: str | None,
    prefix: str | None,
    as_of: Any,
    **options: Any,
) -> None:
    if (key is None) == (prefix is None):
        raise UsageError("Give either --key or --prefix ('' for the whole bucket).")
    then = None if as_of is None else moment(as_of)
    rules = flags.make_rules(*(options.pop(f) for f in ("include", "exclude", "filter_from")))
    given: dict[str, Any] = {
        "as_of": then,
        "dry_run": options["dry_run"],
        "extra_args": flags.make_extra_args(options),
    }
    if key is not None:
        if rules or options["delete"] or options["max_delete"] is not None:
            raise UsageError("Filters, --delete and --max_delete are for --prefix.")
        made = s3.restore_object(bucket, key, region, version_id=version_id, **given)
        _tell(output, made, dry_run=options["dry_run"])
        return
    if then is None or version_id is not None:
        raise UsageError("With --prefix say when it was as it is to be, with --as_of alone.")
    if options["max_delete"] is not None and not options["delete"]:
        raise UsageError("--max_delete needs --delete.")
    from . import s3_report

    s3_report.run(
        output,
        lambda watcher: s3.restore_prefix(
            bucket,
            region,
            prefix=prefix or "",
            rules=rules,
            delete=options["delete"],
            max_delete=options["max_delete"],
            watcher=watcher,
            **given,
        ),
        unit=" objects",
        no_progress=options["no_progress"],
        dry_run=options["dry_run"],
    )


def _tell(output: Output, made: Restored, *, dry_run: bool) -> None:
    if output.style != "table":
        output.answer(
            {
                "action": "restore",
                "status": "skipped" if made.how == "unchanged" else "done",
                "key": made.key,
                "version_id": made.version_id,
                "how": made.how,
                "new_version_id": made.new_version_id,
                "bytes": made.size,
            }
        )
        return
    name = f"{made.key!r}"
    if made.how == "unchanged":
        output.note(f"{name} is as it was then, version {made.version_id}: nothing to do.")
    elif made.how == "undeleted":
        verb = "would be" if dry_run else "is"
        output.note(f"{name} {verb} there again, version {made.version_id}.")
    else:
        verb = "would be" if dry_run else "is"
        output.note(f"{name} {verb} version {made.version_id} again, as a copy of it.")


ACTIONS = (
    Action(
        name="list_object_versions",
        help="List the versions of objects, and the marks that they were deleted.",
        example="aws_s3 list_object_versions --bucket my-bucket --prefix reports/",
        method=_list_object_versions,
        flags=_list_flags,
        positionals=("prefix",),
    ),
    Action(
        name="restore_object",
        help="Bring back a version, a deleted object, or a prefix as it was at a moment.",
        example="aws_s3 restore_object --bucket my-bucket --prefix reports/ --as_of 2h --dry_run",
        method=_restore_object,
        flags=_restore_flags,
        positionals=("key",),
    ),
)
