"""How much lies below each child of a prefix, by a scan that ends in time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .browse import MAX_PAGE, list_page

if TYPE_CHECKING:
    from ..conf import Purpose


@dataclass(frozen=True, kw_only=True)
class Child:
    """A folder directly below the prefix, or all of its objects together."""

    prefix: str
    """The whole prefix; empty for the objects that lie directly below."""
    objects: int
    """Objects seen."""
    bytes: int
    """Their bytes."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a scan found."""

    children: tuple[Child, ...]
    """By bytes, most first."""
    objects: int
    """Objects seen in all."""
    bytes: int
    """Their bytes."""
    complete: bool
    """Whether the scan saw everything."""
    stopped_at: str = ""
    """The last key seen when it did not."""


def scan_usage(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    limit: int = 50_000,
    seconds: float = 8.0,
    purpose: Purpose = "commands",
) -> Usage:
    """Add up objects and bytes by child of ``prefix``, until ``limit`` objects or ``seconds``.

    Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    deadline = time.monotonic() + seconds
    found: dict[str, list[int]] = {}
    token, last, seen = "", "", 0
    while True:
        page = list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            token=token,
            limit=min(limit, MAX_PAGE),
            purpose=purpose,
        )
        for entry in page.entries:
            folder, slash, _rest = entry.key[len(prefix) :].partition("/")
            child = f"{prefix}{folder}/" if slash else ""
            totals = found.setdefault(child, [0, 0])
            totals[0] += 1
            totals[1] += entry.size
        seen += len(page.entries)
        last = page.entries[-1].key if page.entries else last
        token = page.next_token
        if not token or seen >= limit or time.monotonic() > deadline:
            break
    children = [Child(prefix=name, objects=n, bytes=size) for name, (n, size) in found.items()]
    return Usage(
        children=tuple(sorted(children, key=lambda child: (-child.bytes, child.prefix))),
        objects=seen,
        bytes=sum(child.bytes for child in children),
        complete=not token,
        stopped_at=last if token else "",
    )
