r"""Text in forms that a person edits, and back, without a character of it changed.

A line is ``name=value``; spaces around both do not count. What a line cannot hold like that is
written as in JSON, in double quotes: ``" padded "="two\nlines"``, ``"a=b"=c``. So is a key with a
line feed, which no field of one line can hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

# A name or value in quotes, at the beginning of a line or of what is left of it.
_QUOTED = re.compile(r'\s*("(?:[^"\\]|\\.)*+")\s*')


class PairError(ValueError):
    """A line that is no pair."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


def written(pairs: Mapping[str, str]) -> str:
    """Return a line for each pair."""
    return "\n".join(f"{_part(name, name=True)}={_part(value)}" for name, value in pairs.items())


def read(text: str) -> list[tuple[str, str]]:
    """Return the pairs of :func:`written`, or of what a person typed; empty lines do not count.

    Raises :exc:`PairError`.
    """
    # Browsers send a line feed as two characters. Other ends of lines are part of a value.
    found = text.replace("\r\n", "\n").split("\n")
    return [_pair(line) for line in found if line.strip()]


def one_line(text: str) -> str:
    """Return text as a field of one line can hold it; most text stays as it is."""
    return json.dumps(text, ensure_ascii=False) if _needs_quotes(text) else text


def from_one_line(text: str) -> str:
    """Return the text that :func:`one_line` wrote; what it would not have written stays."""
    if not _QUOTED.fullmatch(text):
        return text
    try:
        found = str(json.loads(text))
    except ValueError:
        return text
    return found if _needs_quotes(found) else text


def _needs_quotes(text: str) -> bool:
    return "\n" in text or "\r" in text or from_one_line(text) != text


def _part(text: str, *, name: bool = False) -> str:
    plain = text == text.strip() and text.isprintable() and not text.startswith('"')
    if plain and not (name and ("=" in text or not text)):
        return text
    # Above all a line feed, and what some browser or editor may take for one.
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _pair(line: str) -> tuple[str, str]:
    if quoted := _QUOTED.match(line):
        name, rest = _unquoted(quoted[1], line), line[quoted.end() :]
        sign, rest = rest[:1], rest[1:]
    else:
        name, sign, rest = line.partition("=")
        name = name.strip()
    if sign != "=" or (not quoted and (not name or name.startswith('"'))):
        raise PairError(line)
    value = rest.strip()
    if value.startswith('"'):
        found = _QUOTED.fullmatch(rest)
        if not found:
            raise PairError(line)
        value = _unquoted(found[1], line)
    return name, value


def _unquoted(literal: str, line: str) -> str:
    try:
        return str(json.loads(literal))
    except ValueError:
        raise PairError(line) from None
