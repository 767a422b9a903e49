r"""JSON made fit to read: indented, and not a token of it changed.

The text is never parsed into values: a number of a thousand digits, ``1e400``, a key that is there
twice and ``\u0041`` stay as they were written. What comes out is bounded whatever went in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_INPUT = 100_000
"""Characters of JSON that are indented."""
MAX_DEPTH = 100
"""Lists and objects within each other."""
MAX_OUTPUT = 300_000
"""Characters that come out; what needs more is shown as it is."""

_INDENT = "  "
# RFC 8259. Nothing here can be matched in two ways, so that no text makes it try again and again.
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
        (?P<value>
            "(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"
            | -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![0-9A-Za-z.+-])
            | true(?!\w) | false(?!\w) | null(?!\w)
        )
        | (?P<mark>[\[\]{},:])
        | (?P<end>\Z)
    )""",
    re.VERBOSE,
)


class _NotShownError(Exception):
    """No JSON, or more of it than is shown."""


def indented(text: str, *, most: int = MAX_OUTPUT) -> str:
    """Return JSON with a line for each value, its tokens as they were written.

    Empty for what is no JSON object or list, for more than :data:`MAX_INPUT` characters, for lists
    and objects deeper than :data:`MAX_DEPTH`, and where more than ``most`` characters would come
    out: all of these are to be shown as they are.
    """
    if len(text) > MAX_INPUT:
        return ""
    pieces: list[str] = []
    left = most
    try:
        for piece in _pieces(text):
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                return ""
    except _NotShownError:
        return ""
    return "".join(pieces)


def _pieces(text: str) -> Iterator[str]:
    layout = _Layout()
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        if match["mark"]:
            yield layout.mark(match["mark"])
        elif match["value"]:
            yield layout.value(match["value"])
        else:
            break
    if not match or layout.is_open():
        raise _NotShownError


class _Layout:
    """Where in the text we are, and so what may come next and on which line."""

    def __init__(self) -> None:
        self._open: list[str] = []
        # "value" or "key", each also as the "first" after a bracket; ":" after a key; "," after a
        # value.
        self._next = "value"

    def is_open(self) -> bool:
        """Say whether more has to come."""
        return bool(self._open) or self._next != ","

    def mark(self, mark: str) -> str:
        """Return what is written for a bracket, a comma or a colon."""
        if mark in "[{":
            line = self._begin("value")
            self._open.append(mark)
            if len(self._open) > MAX_DEPTH:
                raise _NotShownError
            self._next = "first value" if mark == "[" else "first key"
            return line + mark
        if mark in "]}":
            if not self._open or self._open.pop() + mark not in ("[]", "{}"):
                raise _NotShownError
            if self._next not in (",", "first value", "first key"):
                raise _NotShownError
            line = self._line() if self._next == "," else ""
            self._next = ","
            return line + mark
        if mark != self._next or not self._open:
            raise _NotShownError
        if mark == ":":
            self._next = "value"
            return ": "
        self._next = "key" if self._open[-1] == "{" else "value"
        return f",{self._line()}"

    def value(self, token: str) -> str:
        """Return what is written for a string, number or word."""
        if not self._open:
            raise _NotShownError
        if self._next.endswith("key"):
            if not token.startswith('"'):
                raise _NotShownError
            line = self._begin("key")
            self._next = ":"
        else:
            line = self._begin("value")
            self._next = ","
        return line + token

    def _begin(self, kind: str) -> str:
        if not self._next.endswith(kind):
            raise _NotShownError
        return self._line() if self._next.startswith("first") else ""

    def _line(self) -> str:
        return "\n" + _INDENT * len(self._open)
