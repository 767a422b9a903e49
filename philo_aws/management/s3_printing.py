"""How ``aws_s3`` prints what a listing finds: as a table, or as JSON while it comes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import TypeVar

from django.core.management.base import CommandError

from .output import Column, Output
from .process import NOTHING_MATCHED

_LINES = 1000

T = TypeVar("T")


def shown_time(written: str) -> str:
    """Return a time of a listing for people; one that is written in another way as it is."""
    try:
        return datetime.fromisoformat(written).isoformat(sep=" ", timespec="seconds")
    except ValueError:
        return written


def print_found(
    output: Output,
    found: Iterable[T],
    name: str,
    columns: Sequence[Column],
    lines: Callable[[Iterable[T]], Iterator[str]],
    *,
    narrowed: bool,
) -> None:
    """Print what a listing found: a table of numbered rows, each under ``name``, or JSON ``lines``.

    Raises :exc:`CommandError` with exit code 3 where nothing was found of what was ``narrowed``.
    """
    if output.style == "table":
        rows = [{"n": n, name: item} for n, item in enumerate(found, 1)]
        output.records(rows, columns)
        count = len(rows)
    else:
        count = print_lines(output, lines(found))
    check_found(count, narrowed=narrowed)


def check_found(count: int, *, narrowed: bool) -> None:
    """Raise :exc:`CommandError` with exit code 3 where nothing was found of what was narrowed."""
    if not count and narrowed:
        raise CommandError("No key matches.", returncode=NOTHING_MATCHED)


def print_lines(output: Output, every: Iterator[str]) -> int:
    """Print objects of JSON, a thousand with each write, none kept; return how many."""
    array = output.style == "json"
    count, begin = 0, "[\n  " if array else ""
    glue = ",\n  " if array else "\n"
    while lines := list(itertools.islice(every, _LINES)):
        output.write(begin + glue.join(lines), ending="" if array else "\n")
        count += len(lines)
        begin = glue if array else ""
    if array:
        output.write("\n]" if count else "[]")
    return count


def object_line(key: str, size: int, etag: str, modified: str, storage_class: str) -> str:
    """Return the JSON of an object, in boto's names."""
    # Put together by hand: a million objects should not take a minute.
    spelled = quoted(f'"{etag}"')
    return (
        f'{{"Key": {quoted(key)}, "LastModified": {quoted(modified)}, "ETag": {spelled}, '
        f'"Size": {size}, "StorageClass": {quoted(storage_class)}}}'
    )
