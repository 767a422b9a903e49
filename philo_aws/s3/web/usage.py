"""How much lies below each child of a prefix, by a scan that ends in time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...arguments import number, text, whole_number
from ...limits import MAX_KEYS
from ..listing.stream import objects
from ..listing.usage import Child, Usage

if TYPE_CHECKING:
    from ...conf import Purpose

PAGE = MAX_KEYS
LONGEST = 86_400.0
"""Seconds for which any of it may work."""


def scan_usage(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    limit: int = 50_000,
    seconds: float = 8.0,
    purpose: Purpose = "web",
) -> Usage:
    """Add up objects and bytes by child of ``prefix``, until ``limit`` objects or ``seconds``.

    Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    whole_number("limit", limit, 1)
    text("prefix", prefix)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    found: dict[str, list[int]] = {}
    last, seen, complete = "", 0, True
    for item in objects(bucket_name, region_name, prefix=prefix, purpose=purpose):
        if seen >= limit or (seen and not seen % PAGE and time.monotonic() > deadline):
            complete = False
            break
        folder, slash, _rest = item.key[len(prefix) :].partition("/")
        totals = found.setdefault(f"{prefix}{folder}/" if slash else "", [0, 0])
        totals[0] += 1
        totals[1] += item.size
        seen += 1
        last = item.key
    children = [Child(prefix=name, objects=n, bytes=size) for name, (n, size) in found.items()]
    return Usage(
        children=tuple(sorted(children, key=lambda child: (-child.bytes, child.prefix))),
        objects=seen,
        bytes=sum(child.bytes for child in children),
        complete=complete,
        stopped_at="" if complete else last,
    )
