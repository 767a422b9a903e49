"""What commands are given as JSON: on the command line, in a file, or line by line on stdin."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..arguments import show
from ..aws_errors import translated
from ..exceptions import InvalidRequestError, UsageError

STDIN = "-"
FILE = "@"
_EXAMPLES = {
    "configuration": '--configuration \'{"Status": "Enabled"}\'',
    "attributes": "--attributes '{\"DelaySeconds\": 5}'",
    "entries": '--entries \'["one", "two"]\'',
    "message_attributes": '--message_attributes \'{"kind": "invoice"}\'',
    "tags": '--tags \'{"team": "web"}\'',
}


def read_object(flag: str, given: Any, *, exact: bool = False) -> dict[str, Any] | None:
    """Return the JSON object that ``--flag`` holds, or whose file it names by ``@file``.

    ``exact`` keeps every digit of a number, as :class:`~decimal.Decimal`.
    """
    if given is None or isinstance(given, Mapping):
        return None if given is None else dict(given)
    return _object_of(flag, _read(flag, given, exact=exact))


def read_document(flag: str, given: Any) -> dict[str, Any]:
    """Return the JSON object that ``--flag`` holds, in a file, on stdin by ``-``, or as it is.

    What begins with a brace is JSON, everything else names a file, also behind ``@``.
    """
    if given == STDIN:
        with translated(filename="standard input"):
            content = sys.stdin.buffer.read()
        return _object_of(flag, _parse("The standard input", content, exact=False))
    if isinstance(given, str) and not given.lstrip().startswith(("{", "[", FILE)):
        given = f"{FILE}{given}"
    return read_object(flag, given) or {}


def read_attributes(flag: str, given: Any) -> dict[str, Any] | None:
    """Return the message attributes that ``--flag`` holds; JSON has their bytes in base64."""
    found = read_object(flag, given, exact=True)
    return None if found is None else _with_bytes(found)


def read_entries(flag: str, given: Any) -> Iterable[Any]:
    """Return what ``--flag`` lists: JSON, ``@file`` with JSON, or ``-`` for JSON lines on stdin.

    A single object or string is a list of one. Lines of stdin are read as they are wanted.
    """
    if given == STDIN:
        return map(_entry, _lines())
    value = _read(flag, given, exact=True) if isinstance(given, str) else given
    if isinstance(value, Iterator):
        return map(_entry, value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [_entry(entry) for entry in value]
    return [_entry(value)]


def _object_of(flag: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f'--{flag} is no JSON object. Write \'{{"name": "value"}}\'.')
    return value


def _entry(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("MessageAttributes"), Mapping):
        return {**value, "MessageAttributes": _with_bytes(value["MessageAttributes"])}
    return value


def _with_bytes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _decoded(value) for name, value in attributes.items()}


def _decoded(attribute: Any) -> Any:
    text = attribute.get("BinaryValue") if isinstance(attribute, Mapping) else None
    if isinstance(text, str):
        # What is no base64 stays as it is: it is refused where all of the attribute is checked.
        with contextlib.suppress(ValueError):
            return {**attribute, "BinaryValue": base64.b64decode(text, validate=True)}
    return attribute


def _read(flag: str, given: Any, *, exact: bool) -> Any:
    source = f"--{flag}"
    if not isinstance(given, str):
        raise UsageError(f"{source} is {show(given)}. Give JSON as text, or a dict.")
    if not given.startswith(FILE):
        content = given.encode("utf-8", "surrogateescape")
        hint = f" Quote it for the shell: {_EXAMPLES[flag]}."
        return _parse(source, content, UsageError, hint=hint, exact=exact)
    with translated(filename=given[1:]):
        content = Path(given[1:]).read_bytes()
    return _parse(f"The file {given[1:]!r}", content, exact=exact)


def _lines() -> Iterator[Any]:
    with translated(filename="standard input"):
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                yield _parse(f"Line {number} of the standard input", line)


def _parse(
    source: str,
    content: bytes,
    wrong: type[InvalidRequestError] = InvalidRequestError,
    *,
    hint: str = "",
    exact: bool = True,
) -> Any:
    try:
        return json.loads(
            content.decode(),
            parse_float=Decimal if exact else None,
            parse_constant=_none,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise wrong(f"{source} is not UTF-8 (byte {error.start + 1}).") from None
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and source.startswith("The"):
            hint = " Give a file of JSON lines on the standard input, with - for the file."
        raise wrong(
            f"{source} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.{hint}"
        ) from None
    except RecursionError:
        raise wrong(f"{source} is nested too deeply.") from None
    except ValueError as error:  # _object, _none, or a number of thousands of digits
        raise wrong(f"{source} cannot be read: {error}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the name {show(twice)} twice")
    return found


def _none(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")
