"""The actions of ``aws_s3`` that write objects to stdout, or their first or last lines."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .. import s3
from ..exceptions import AWSError, ObjectNotFoundError, UsageError
from . import s3_flags as flags
from .actions import Action, ActionParser
from .output import Output
from .raw import RawOutput

_WILD = frozenset("*?[")


def _object_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.key(parser)
    parser.add_flag("version_id", help="a version of it")


def _read_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag(
        "key", required=True, action="append", help="the object's key (repeatable, in order)"
    )
    parser.add_flag("version_id", help="a version of it")
    parser.add_flag("range", metavar="BYTES", help="these alone: 0-99, 100-, or -100 for the last")
    parser.add_flag("head", type=flags.count, metavar="N", help="the first lines alone")
    parser.add_flag("tail", type=flags.count, metavar="N", help="the last lines alone")
    flags.requests(parser)


def _part_flags(parser: ActionParser, which: str) -> None:
    _object_flags(parser)
    parser.add_argument(
        *("--lines", "-n"), type=flags.count, metavar="N", help=f"the {which} N lines (default: 10)"
    )
    parser.add_argument(
        *("--bytes", "-c"), type=flags.byte_size, metavar="SIZE", help=f"the {which} bytes instead"
    )
    flags.requests(parser)


def _read_object(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: Sequence[str] | str,
    range: str | None,  # noqa: A002 - the flag's name
    head: int | None,
    tail: int | None,
    version_id: str | None,
    **options: Any,
) -> None:
    keys = [key] if isinstance(key, str) else list(key)
    if sum(value is not None for value in (range, head, tail)) > 1:
        raise UsageError("Give one of --range, --head and --tail.")
    if version_id and len(keys) > 1:
        raise UsageError("--version_id is of one object. Give one --key.")
    for one in keys:
        _check_is_object(one)
    given: dict[str, Any] = {"version_id": version_id, "extra_args": flags.make_extra_args(options)}
    file = RawOutput(output)
    for one in keys:
        with _explained(bucket, one, region):
            if head is not None:
                _write(file, s3.head_lines(bucket, one, region, lines=head, **given))
            elif tail is not None:
                _write(file, s3.tail_lines(bucket, one, region, lines=tail, **given))
            else:
                s3.download_fileobj(file, bucket, one, region, byte_range=range, **given)
    file.flush()


def _part(
    which: str,
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: str,
    lines: int | None,
    bytes: int | None,  # noqa: A002 - the flag's name
    **options: Any,
) -> None:
    if bytes is None:
        options[which] = 10 if lines is None else lines
        _read_object(output, bucket=bucket, region=region, key=key, **_NOTHING | options)
        return
    if lines is not None:
        raise UsageError("Give one of --lines and --bytes.")
    if not bytes:
        raise UsageError("--bytes is 0. Give a number from 1.")
    options["range"] = f"0-{bytes - 1}" if which == "head" else f"-{bytes}"
    _read_object(output, bucket=bucket, region=region, key=key, **_NOTHING | options)


_NOTHING: dict[str, Any] = {"range": None, "head": None, "tail": None}


def _write(file: RawOutput, blocks: Iterable[bytes]) -> None:
    for block in blocks:
        file.write(block)


@contextlib.contextmanager
def _explained(bucket: str, key: str, region: str | None) -> Iterator[None]:
    """Say of a key that is not there, but is a pattern or a folder, what would read it."""
    try:
        yield
    except ObjectNotFoundError as error:
        if not _WILD.isdisjoint(key):
            raise ObjectNotFoundError(
                f"{error} A key is no pattern: `list_objects_v2 --include` lists what matches one, "
                "`download_dir --include` fetches it."
            ) from error
        if _is_folder(bucket, f"{key}/", region):
            raise ObjectNotFoundError(_a_folder(key)) from error
        raise


def _check_is_object(key: str) -> None:
    if key.endswith("/"):
        raise UsageError(_a_folder(key))


def _a_folder(key: str) -> str:
    return (
        f"{key!r} is a folder, and what is read is an object. `list_folder` shows what is in it, "
        "`download_dir` fetches all of it."
    )


def _is_folder(bucket: str, prefix: str, region: str | None) -> bool:
    try:
        return next(s3.list_folder(bucket, region, prefix=prefix), None) is not None
    except AWSError:
        return False  # the first error is the one to tell


ACTIONS = (
    Action(
        name="read_object",
        help="Write the content of objects to stdout.",
        example="aws_s3 read_object --bucket my-bucket --key reports/1.csv --range 0-99",
        method=_read_object,
        flags=_read_flags,
        positionals=("key",),
    ),
    Action(
        name="head",
        help="Write the first lines of an object to stdout.",
        example="aws_s3 head --bucket my-bucket --key logs/today.log -n 20",
        method=functools.partial(_part, "head"),
        flags=functools.partial(_part_flags, which="first"),
        positionals=("key",),
    ),
    Action(
        name="tail",
        help="Write the last lines of an object to stdout.",
        example="aws_s3 tail --bucket my-bucket --key logs/today.log -n 20",
        method=functools.partial(_part, "tail"),
        flags=functools.partial(_part_flags, which="last"),
        positionals=("key",),
    ),
)
