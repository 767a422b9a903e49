"""How many objects and bytes there are, by folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...arguments import text, whole_number
from ...conf import Purpose
from ..filters import Filter, Rule
from .stream import objects


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


def du(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    depth: int = 1,
    rules: Sequence[Rule] = (),
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> Usage:
    """Add up the objects under ``prefix`` by folder, ``depth`` levels of folders deep.

    An object counts for the last of these folders that it is in; every object is looked at.
    Children come in key order. ``extra_args`` are further parameters of the listing in boto's
    names. Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`.
    """
    whole_number("depth", depth, 1)
    chosen = Filter(rules)
    sums: dict[str, list[int]] = {}
    cut = len(text("prefix", prefix))
    for item in objects(
        bucket_name, region_name, prefix=prefix, purpose=purpose, extra_args=extra_args
    ):
        key = item.key
        if chosen and not chosen.keeps(key[cut:]):
            continue
        end = cut
        for _ in range(depth):
            slash = key.find("/", end)
            if slash < 0:
                break
            end = slash + 1
        sum_ = sums.setdefault(key[:end], [0, 0])
        sum_[0] += 1
        sum_[1] += item.size
    children = tuple(
        Child(prefix=name, objects=count, bytes=size)
        for name, (count, size) in sorted(sums.items())
    )
    return Usage(
        children=children,
        objects=sum(child.objects for child in children),
        bytes=sum(child.bytes for child in children),
        complete=True,
    )
