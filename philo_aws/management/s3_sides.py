"""The two sides of a copy or a sync, as ``--source`` and ``--target`` name them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import s3
from ..exceptions import UsageError
from ..s3.request.addresses import parse_address
from . import s3_flags as flags
from .streams import as_utf8

if TYPE_CHECKING:
    from ..s3 import Report

_ADDRESSES = ("s3://", "arn:aws")
# Of sync's flags those for files, with the value that stands for not given.
_OF_FILES: dict[str, Any] = {
    "direction": "up",
    "prefix": "",
    "follow_symlinks": False,
    "headers": None,
    "checksum": None,
}

Call = tuple[Callable[..., "Report"], dict[str, Any]]
"""A service, and its keywords."""


def between(
    service: Callable[..., Report], source: str, target: str, options: dict[str, Any]
) -> Call:
    """Return the call of a service of two folders of buckets.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    source_bucket, source_prefix = parse_address(source)
    bucket, prefix = parse_address(target)
    region = options.pop("region")
    given: dict[str, Any] = {
        "source_prefix": source_prefix,
        "prefix": prefix,
        "rules": flags.make_rules(
            *(options.pop(name) for name in ("include", "exclude", "filter_from"))
        ),
        "transfer": flags.make_transfer(options),
        "extra_args": flags.make_copy_args(options),
    }
    return partial(service, source_bucket, bucket, region), given | options


def are_both_addresses(source: str, target: str) -> bool:
    """Say whether a sync is one of two buckets."""
    return _is_address(source) and _is_address(target)


def sync_of(source: str, target: str, options: dict[str, Any]) -> Call:
    """Return the call of a sync of two buckets.

    Raises :exc:`~philo_aws.exceptions.UsageError` for what is for files.
    """
    options = dict(options)
    for name in ("bucket", "root_folder"):
        options.pop(name)
    for name, value in _OF_FILES.items():
        if options.pop(name) != value:
            raise UsageError(f"--{name} is for files, and here both sides are in S3. Leave it out.")
    return between(s3.sync_buckets, as_utf8(source), as_utf8(target), options)


def sides_of(source: str, target: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the flags of a sync of a folder and a bucket that ``source`` and ``target`` mean.

    Raises :exc:`~philo_aws.exceptions.UsageError` where neither is in S3.
    """
    up = _is_address(target)
    if not up and not _is_address(source):
        raise UsageError(
            "Neither --source nor --target is in S3. Write one of them as s3://bucket/folder."
        )
    if options["prefix"] or options["direction"] != "up":
        raise UsageError("--source and --target say it all: leave --prefix and --direction out.")
    folder, address = (source, target) if up else (target, source)
    bucket, prefix = parse_address(as_utf8(address))
    return {
        "bucket": bucket,
        "prefix": prefix,
        "root_folder": folder,
        "direction": "up" if up else "down",
    }


def _is_address(text: str) -> bool:
    return text.lower().startswith(_ADDRESSES)
