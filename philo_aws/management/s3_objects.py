"""The actions of ``aws_s3`` on one object."""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import Any

from .. import s3
from ..exceptions import UsageError
from ..s3.request.addresses import format_address
from . import s3_flags as flags
from .actions import Action, ActionParser
from .output import Output, to_json
from .progress import progress, tell_slower
from .s3_pipes import STREAM, download_stdout, upload_stdin

_CANNOT_APPEND = (
    "S3 cannot append: an object is always written whole. Give what is new a key of its own "
    "(log/1, log/2, …), and read them one behind the other: read_object --key log/1 --key log/2. "
    "Or write the whole object anew."
)


def _upload_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag("fname", required=True, file=True, help="the local file; - for stdin")
    flags.key(parser)
    parser.add_flag("allow_empty", action="store_true", help="also where nothing comes by stdin")
    # Known, so that it is answered: see _CANNOT_APPEND.
    parser.add_flag("append", action="store_true", help=argparse.SUPPRESS)
    flags.properties(parser)
    flags.engine(parser)


def _download_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    parser.add_flag("fname", required=True, file=True, help="the local file; - for stdout")
    flags.key(parser)
    parser.add_flag("range", metavar="BYTES", help="these alone: 0-99, 100-, or -100 for the last")
    flags.engine(parser)


def _version_flags(parser: ActionParser) -> None:
    flags.bucket(parser)
    flags.key(parser)
    parser.add_flag("version_id", help="a version of it")


def _head_flags(parser: ActionParser) -> None:
    _version_flags(parser)
    flags.requests(parser)


def _copy_flags(parser: ActionParser) -> None:
    _version_flags(parser)
    destination_flags(parser)


def destination_flags(parser: ActionParser) -> None:
    """Add where a copy goes, and what it is given."""
    parser.add_flag("destination_bucket", help="the copy's bucket (default: the same)")
    parser.add_flag("destination_key", required=True, help="the copy's key")
    flags.own_properties(parser, "in place of the object's")
    flags.requests(parser, "the copy's bucket")
    parser.add_flag(
        "expected_source_bucket_owner",
        metavar="ACCOUNT",
        help="fail unless the object's bucket is this account's",
    )


def _presign_flags(parser: ActionParser) -> None:
    _version_flags(parser)
    parser.add_flag(
        "method", choices=("GET", "HEAD", "PUT"), default="GET", help="what the link may do"
    )
    parser.add_flag(
        "expires_in",
        type=flags.count,
        default=3600,
        metavar="SECONDS",
        help="its lifetime (default: 3600)",
    )
    parser.add_flag("content_type", metavar="VALUE", help="the Content-Type of the answer")
    parser.add_flag(
        "content_disposition", metavar="VALUE", help="such as 'attachment; filename=a.pdf'"
    )


def _upload_file(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    fname: Any,
    key: str,
    allow_empty: bool,
    append: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    if append:
        raise UsageError(_CANNOT_APPEND)
    given: dict[str, Any] = {
        "headers": flags.make_headers(options.pop("headers")),
        "default_headers": flags.make_default_headers(
            options.pop("cache_control"), options.pop("content_type")
        ),
        "transfer": flags.make_transfer(options),
        "extra_args": flags.make_extra_args(options),
    }
    if fname in (STREAM, "/dev/stdin"):
        where = {"bucket_name": bucket, "destination_key": key, "region_name": region}
        given |= {**where, "allow_empty": allow_empty}
        total = upload_stdin(output, given, wanted=not no_progress)
    else:
        total = os.path.getsize(fname) if os.path.isfile(fname) else 0
        with progress(output, total=total, wanted=not no_progress, stays=True) as bar:
            given["on_slower"] = partial(tell_slower, bar)
            s3.upload_file(fname, bucket, key, region, on_bytes=bar.move, **given)
    path = os.fspath(fname)
    output.done(_done("upload", key, path, total), source=path, target=format_address(bucket, key))


def _download_file(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    fname: Any,
    key: str,
    range: str | None,  # noqa: A002 - the flag's name
    no_progress: bool,
    **options: Any,
) -> None:
    given: dict[str, Any] = {
        "byte_range": range,
        "transfer": flags.make_transfer(options),
        "extra_args": flags.make_extra_args(options),
    }
    if fname in (STREAM, "/dev/stdout"):
        del given["transfer"]  # bytes that come one behind the other need no engine
        given |= {"bucket_name": bucket, "source_key": key, "region_name": region}
        size = download_stdout(output, given, wanted=not no_progress)
        if output.style != "table":
            # stdout has the object.
            output.note(to_json(_done("download", key, STREAM, size)))
        return
    with progress(output, wanted=not no_progress, stays=True) as bar:
        given["on_slower"] = partial(tell_slower, bar)
        s3.download_file(fname, bucket, key, region, on_size=bar.grow, on_bytes=bar.move, **given)
    size = os.path.getsize(fname)
    path = os.fspath(fname)
    output.done(_done("download", key, path, size), source=format_address(bucket, key), target=path)


def _done(action: str, key: str, path: str, size: int) -> dict[str, Any]:
    return {"status": "done", "action": action, "key": key, "path": path, "bytes": size}


def _head_object(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: str,
    version_id: str | None,
    **options: Any,
) -> None:
    extra_args = flags.make_extra_args(options)
    output.answer(s3.head_object(bucket, key, region, version_id=version_id, extra_args=extra_args))


def _copy_object(
    output: Output,
    *,
    bucket: str,
    region: str | None,
    key: str,
    version_id: str | None,
    destination_bucket: str | None,
    destination_key: str,
    **options: Any,
) -> None:
    target = destination_bucket or bucket
    output.answer(
        s3.copy_object(
            bucket,
            key,
            target,
            destination_key,
            region,
            version_id=version_id,
            extra_args=flags.make_copy_args(options),
        )
    )
    output.tell("copy", format_address(bucket, key), format_address(target, destination_key))


def _presign(output: Output, *, bucket: str, region: str | None, key: str, **options: Any) -> None:
    link = s3.presign(bucket, key, region, **options)
    if link.shortened:
        output.note(f"The credentials end before that: the link lives until {link.expires_at}.")
    if output.style == "table":
        output.write(link.url)
    else:
        output.answer({"url": link.url, "expires_at": link.expires_at})


ACTIONS = (
    Action(
        name="upload_file",
        help="Upload one file.",
        example="aws_s3 upload_file --bucket my-bucket --fname report.pdf --key reports/1.pdf",
        method=_upload_file,
        flags=_upload_flags,
        positionals=("fname", "key"),
    ),
    Action(
        name="download_file",
        help="Download one object to a file.",
        example="aws_s3 download_file --bucket my-bucket --key reports/1.pdf --fname report.pdf",
        method=_download_file,
        flags=_download_flags,
        positionals=("key", "fname"),
    ),
    Action(
        name="head_object",
        help="Show what S3 knows of an object.",
        example="aws_s3 head_object --bucket my-bucket --key reports/1.pdf",
        method=_head_object,
        flags=_head_flags,
        positionals=("key",),
    ),
    Action(
        name="copy_object",
        help="Copy an object of any size within S3.",
        example="aws_s3 copy_object --bucket my-bucket --key 1.pdf --destination_key old/1.pdf",
        method=_copy_object,
        flags=_copy_flags,
        positionals=("key", "destination_key"),
    ),
    Action(
        name="presign",
        help="Print a link to an object that works without credentials until it ends.",
        example="aws_s3 presign --bucket my-bucket --key reports/1.pdf --expires_in 600",
        method=_presign,
        flags=_presign_flags,
        positionals=("key",),
    ),
)
