"""What commands are given as JSON: on the command line, in a file, or line by line on stdin."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..exceptions import InvalidRequestError, UsageError, translated

STDIN = "-"
FILE = "@"


def read_object(flag: str, given: Any) -> dict[str, Any] | None:
    """Return the JSON object that ``--flag`` holds, or whose file it names by ``@file``."""
    if given is None or isinstance(given, dict):
        return given
    value = _read(flag, given)
    if not isinstance(value, dict):
        raise UsageError(f'--{flag} is no JSON object. Write \'{{"name": "value"}}\'.')
    return value


def read_entries(flag: str, given: Any) -> Iterable[Any]:
    """Return what ``--flag`` lists: JSON, ``@file`` with JSON, or ``-`` for JSON lines on stdin.

    A single object or string is a list of one. Lines of stdin are read as they are wanted.
    """
    if given == STDIN:
        return _lines()
    if not isinstance(given, str):
        return list(given)
    value = _read(flag, given)
    return value if isinstance(value, list) else [value]


def _read(flag: str, given: str) -> Any:
    source = f"--{flag}"
    wrong: type[InvalidRequestError] = UsageError
    if given.startswith(FILE):
        source = f"The file {given[1:]!r}"
        wrong = InvalidRequestError
        with translated(filename=given[1:]):
            content = Path(given[1:]).read_bytes()
    else:
        content = given.encode("utf-8", "surrogateescape")
    return _parse(source, content, wrong)


def _lines() -> Iterator[Any]:
    with translated(filename="standard input"):
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                yield _parse(f"Line {number} of the standard input", line)


def _parse(
    source: str, content: bytes, wrong: type[InvalidRequestError] = InvalidRequestError
) -> Any:
    try:
        return json.loads(content.decode())
    except UnicodeDecodeError as error:
        raise wrong(f"{source} is not UTF-8 (byte {error.start + 1}).") from None
    except json.JSONDecodeError as error:
        hint = ' Quote it for the shell: --entries \'["one", "two"]\'.'
        if source.startswith(("The", "Line")):
            hint = ""
        if error.msg == "Extra data" and source.startswith("The"):
            hint = " Give a file of JSON lines on the standard input, with - for the file."
        raise wrong(
            f"{source} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.{hint}"
        ) from None
    except RecursionError:
        raise wrong(f"{source} is nested too deeply.") from None
