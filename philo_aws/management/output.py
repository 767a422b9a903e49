"""What commands print: tables and boto's answers for people, JSON for programs.

Results go to stdout, notes to stderr. Whatever came from a bucket or a queue is somebody else's
text: in tables every character that a terminal could take as a command is written as an escape.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .streams import spelled

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

Align = Literal["l", "c"]

FORMATS = ("table", "json", "jsonl")
LEFT: Align = "l"
CENTRE: Align = "c"


def escape(text: str) -> str:
    r"""Return ``text`` with all that does not print (``\n``, ESC, bidi marks) as escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else _escape_character(character) for character in text
    )


def _escape_character(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


class OutputError(Exception):
    """stdout takes no more; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table."""

    title: str
    """Its heading, always centred."""
    value: Callable[[Mapping[str, Any]], object]
    """Gives the cell of a record."""
    align: Align = CENTRE
    """``LEFT`` or ``CENTRE``."""
    width: int | None = None
    """Characters after which a cell goes on in the next line; ``None`` for never."""


class Output:
    """Prints results in one of :data:`FORMATS`."""

    def __init__(self, stdout: OutputWrapper, stderr: OutputWrapper, style: str) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.style = style

    def note(self, text: str) -> None:
        """Print a remark for people on stderr; one that cannot be printed stops nothing."""
        with contextlib.suppress(OSError):
            try:
                self.stderr.write(escape(text), style_func=str)
            except UnicodeEncodeError:
                self.stderr.write(spelled(escape(text), _encoding(self.stderr)), style_func=str)

    def write(self, text: str, *, ending: str = "\n") -> None:
        """Print ``text`` on stdout. Raises :exc:`OutputError`."""
        try:
            try:
                self.stdout.write(text, ending=ending)
            except UnicodeEncodeError:
                self.stdout.write(spelled(text, _encoding(self.stdout)), ending=ending)
        except OSError as error:
            raise unwritten(error) from error

    def flush(self) -> None:
        """Have all of it written. Raises :exc:`OutputError`."""
        try:
            self.stdout.flush()
        except OSError as error:
            raise unwritten(error) from error

    def records(self, records: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
        """Print ``records``: as a table of ``columns``, a JSON array, or an object on each line."""
        if self.style == "jsonl":
            for record in records:
                self.write(to_json(record))
        elif self.style == "json":
            self.write(to_json(list(records), indent=2))
        else:
            self.write(table(columns, records, _encoding(self.stdout)))

    def answer(self, answer: Mapping[str, Any]) -> None:
        """Print a dict that boto returned."""
        if self.style == "table":
            self.write(literal(answer))
        else:
            self.write(to_json(answer, indent=2 if self.style == "json" else None))


def _encoding(stream: OutputWrapper) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def unwritten(error: OSError) -> OutputError:
    """Return what is said where stdout takes no more."""
    if isinstance(error, BrokenPipeError):
        return OutputError("The reader of the output went away.")
    return OutputError(f"The output cannot be written: {error.strerror or error}.")


def table(
    columns: Sequence[Column], records: Iterable[Mapping[str, Any]], encoding: str = "utf-8"
) -> str:
    """Return an ASCII table with a row for each of ``records``.

    What ``encoding`` does not have is written as escapes.
    """
    from prettytable import PrettyTable

    rows = [
        [spelled(escape(str(column.value(record))), encoding) for column in columns]
        for record in records
    ]
    titles = [
        _centred(column.title, [row[index][: column.width] for row in rows])
        for index, column in enumerate(columns)
    ]
    drawn = PrettyTable(titles)
    for title, column in zip(titles, columns, strict=True):
        drawn.align[title] = column.align
        if column.width:
            drawn.max_width[title] = column.width
    drawn.add_rows(rows)
    return drawn.get_string()


def _centred(title: str, cells: Iterable[str]) -> str:
    # PrettyTable aligns a heading as its column; ours are centred above columns of either kind.
    from wcwidth import wcswidth

    room = max((wcswidth(cell) for cell in cells), default=0) - len(title)
    left = room // 2 if len(title) % 2 or room % 2 == 0 else room // 2 + 1
    return f"{' ' * left}{title}{' ' * (room - left)}" if room > 0 else title


def to_json(value: object, indent: int | None = None) -> str:
    """Return ``value`` as JSON in ASCII; times as ISO 8601, bytes in base64."""
    return json.dumps(value, indent=indent, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def literal(value: object, indent: int = 0) -> str:
    """Return ``value`` as a Python literal over several lines, dicts and lists indented by two."""
    inside, end = " " * (indent + 2), " " * indent
    if isinstance(value, Mapping) and value:
        lines = (f"{inside}{key!r}: {literal(item, indent + 2)}" for key, item in value.items())
        return "{\n" + ",\n".join(lines) + f"\n{end}}}"
    if isinstance(value, list | tuple) and value:
        lines = (f"{inside}{literal(item, indent + 2)}" for item in value)
        return "[\n" + ",\n".join(lines) + f"\n{end}]"
    return str(value) if isinstance(value, datetime.datetime) else repr(value)
