"""The action of ``aws_s3`` that lists a folder as ``ls`` does: one level, or all that is below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

from .. import s3
from ..exceptions import UsageError
from . import s3_flags as flags
from .actions import Action, ActionParser
from .output import LEFT, Column, Output, to_json
from .s3_listings import BUCKET_COLUMNS
from .s3_printing import check_found, object_line, print_lines, shown_time

if TYPE_CHECKING:
    from ..s3.listing.folder import Entry

_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def _list_flags(parser: ActionParser) -> None:
    parser.add_flag("bucket", help="the bucket's name; without it the buckets are listed")
    parser.add_flag("region", help="the bucket's region")
    flags.prefix(parser, "the folder, as 'static/'; without '/' what begins so, as the folder")
    parser.add_flag("recursive", action="store_true", help="all that is below, and no folders")
    parser.add_flag("human", action="store_true", help="sizes as 1.5 MiB, in tables")
    parser.add_flag("summarize", action="store_true", help="at the end, how many and how large")
    parser.add_flag("versions", action="store_true", help="every version and delete marker")
    flags.rules(parser)
    flags.requests(parser)


@dataclass
class _Sum:
    """How much was listed."""

    Folders: int = 0
    Objects: int = 0
    Bytes: int = 0

    def of(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass entries on, and add them up."""
        for entry in entries:
            self.Folders += entry.is_folder
            self.Objects += not (entry.is_folder or entry.is_delete_marker)
            self.Bytes += entry.size
            yield entry


def _list_folder(
    output: Output,
    *,
    bucket: str | None,
    region: str | None,
    prefix: str,
    recursive: bool,
    human: bool,
    summarize: bool,
    versions: bool,
    include: Any,
    exclude: Any,
    filter_from: Any,
    **options: Any,
) -> None:
    rules = flags.make_rules(include, exclude, filter_from)
    if not bucket:
        if prefix or recursive or versions or rules:
            raise UsageError("Whose folder is to be listed? Give --bucket, or s3://bucket/folder/.")
        output.records(s3.list_buckets()["Buckets"], BUCKET_COLUMNS)
        return
    sum_ = _Sum()
    found = sum_.of(
        s3.list_folder(
            bucket,
            region,
            prefix=prefix,
            recursive=recursive,
            versions=versions,
            rules=rules,
            extra_args=flags.make_extra_args(options),
        )
    )
    if output.style == "table":
        cut = 0 if recursive else prefix.rfind("/") + 1
        rows = [{"entry": entry} for entry in found]
        output.records(rows, _columns(cut, human=human, versions=versions))
        if summarize:
            output.write(_summary(sum_, human=human))
        count = len(rows)
    else:
        count = print_lines(output, _lines(found, sum_ if summarize else None)) - summarize
    check_found(count, narrowed=bool(prefix or rules))


def _columns(cut: int, *, human: bool, versions: bool) -> list[Column]:
    def size(row: Mapping[str, Any]) -> object:
        entry = row["entry"]
        if entry.is_folder or entry.is_delete_marker:
            return ""
        return binary_size(entry.size) if human else entry.size

    columns = [
        # The object of a folder itself, as consoles make it, has no name in it.
        Column(title="Name", value=lambda row: row["entry"].key[cut:] or "./", align=LEFT),
        Column(title="Last Modified", value=lambda row: shown_time(row["entry"].last_modified)),
        Column(title="Size" if human else "Size (bytes)", value=size),
        Column(title="Storage Class", value=lambda row: row["entry"].storage_class),
    ]
    if versions:
        columns += [
            Column(title="Version Id", value=lambda row: row["entry"].version_id, align=LEFT),
            Column(title="State", value=lambda row: _state(row["entry"])),
        ]
    return columns


def _state(entry: Entry) -> str:
    if entry.is_folder:
        return ""
    if entry.is_delete_marker:
        return "deleted" if entry.is_latest else "delete marker"
    return "latest" if entry.is_latest else ""


def binary_size(size: int) -> str:
    """Return a number of bytes by powers of 1024: ``999 bytes``, ``1.5 KiB``."""
    if size < 1024:
        return f"{size} byte{'' if size == 1 else 's'}"
    unit, value = 0, size / 1024
    while round(value, 1) >= 1024 and unit < len(_UNITS) - 1:
        unit, value = unit + 1, value / 1024
    return f"{value:,.1f} {_UNITS[unit]}"


def _summary(sum_: _Sum, *, human: bool) -> str:
    size = binary_size(sum_.Bytes) if human else f"{sum_.Bytes:,} bytes"
    counts = ((sum_.Folders, "folder"), (sum_.Objects, "object"))
    told = [f"{count:,} {name}{'' if count == 1 else 's'}" for count, name in counts]
    return f"{', '.join(told)}, {size}."


def _lines(found: Iterable[Entry], sum_: _Sum | None) -> Iterator[str]:
    """Yield JSON of entries, in boto's names, and of their sum."""
    for entry in found:
        if entry.is_folder:
            yield f'{{"Prefix": {quoted(entry.key)}}}'
        elif entry.version_id:
            yield to_json(_version(entry))
        else:
            yield object_line(
                entry.key, entry.size, entry.etag, entry.last_modified, entry.storage_class
            )
    if sum_ is not None:
        yield to_json(asdict(sum_))


def _version(entry: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Key": entry.key,
        "VersionId": entry.version_id,
        "IsLatest": entry.is_latest,
        "LastModified": entry.last_modified,
    }
    if entry.is_delete_marker:
        return made | {"IsDeleteMarker": True}
    return made | {
        "ETag": f'"{entry.etag}"',
        "Size": entry.size,
        "StorageClass": entry.storage_class,
    }


ACTIONS = (
    Action(
        name="list_folder",
        help="List a folder of a bucket, or the buckets.",
        example="aws_s3 list_folder --bucket my-bucket --prefix reports/",
        method=_list_folder,
        flags=_list_flags,
        positionals=("prefix",),
    ),
)
