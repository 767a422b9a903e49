"""boto's answers for people: a line for each name with its value, nested ones indented."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from .streams import escape

# How the request went is nothing that was asked for.
_OF_THE_REQUEST = "ResponseMetadata"
_SIZES = ("ContentLength", "Size", "ObjectSize")
_UNITS = ("kB", "MB", "GB", "TB")
# Longer names do not push the values of the others away.
_LONGEST_NAME = 28


def readable(answer: Mapping[str, Any]) -> str:
    """Return ``answer`` in lines of ``Name: value``, or nothing where it says nothing.

    Values of a level begin in one column; items of a list begin with ``-``. What does not print is
    written as escapes, so that every value is one line, whoever wrote it.
    """
    told = {name: value for name, value in answer.items() if name != _OF_THE_REQUEST}
    return "\n".join(_lines(told))


def _lines(value: Mapping[str, Any]) -> Iterator[str]:
    column = max(
        (len(_name(name)) for name, item in value.items() if not _is_nested(item)), default=0
    )
    for name, item in value.items():
        if _is_nested(item):
            yield f"{_name(name)}:"
            yield from (f"  {line}" for line in _nested(item))
        else:
            shown = _sized(item) if name in _SIZES else _shown(item)
            yield f"{_name(name) + ':':{min(column, _LONGEST_NAME) + 1}} {shown}"


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple) and bool(value)


def _nested(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _lines(value)
        return
    for item in value:
        lines = _nested(item) if _is_nested(item) else iter((_shown(item),))
        yield f"- {next(lines)}"
        yield from (f"  {line}" for line in lines)


def _name(name: object) -> str:
    return escape(str(name))


def _sized(value: Any) -> str:
    shown = _shown(value)
    return f"{shown} ({human_size(value)})" if type(value) is int and value >= 1000 else shown


def _shown(value: Any) -> str:
    if value is None or isinstance(value, Mapping | list | tuple):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, bytes | bytearray):
        return _text_of(bytes(value))
    return escape(str(value)) or '""'


def _text_of(value: bytes) -> str:
    try:
        return escape(value.decode())
    except UnicodeDecodeError:
        return f"base64 {base64.b64encode(value).decode()}"


def human_size(size: int) -> str:
    """Return a number of bytes as people write it, by powers of 1000: ``13 bytes``, ``1.2 MB``."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    unit, value = 0, size / 1000
    while round(value, 1) >= 1000 and unit < len(_UNITS) - 1:
        unit, value = unit + 1, value / 1000
    return f"{value:,.1f} {_UNITS[unit]}"
