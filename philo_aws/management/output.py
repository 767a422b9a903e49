"""What commands print: tables and boto's answers for people, JSON for programs.

Results go to stdout, notes to stderr. Whatever came from a bucket or a queue is somebody else's
text: in tables every character that a terminal could take as a command is written as an escape.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .readable import human_size, readable
from .streams import as_utf8, escape, spelled
from .tables import CENTRE, LEFT, Align, Column, table

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

__all__ = [
    "CENTRE",
    "FORMATS",
    "LEFT",
    "Align",
    "Column",
    "Output",
    "OutputError",
    "escape",
    "literal",
    "table",
    "to_json",
    "unwritten",
]

FORMATS = ("table", "json", "jsonl")

_VERBS = {"upload": "Uploaded", "download": "Downloaded", "copy": "Copied", "move": "Moved"}


class OutputError(Exception):
    """stdout takes no more; the sentence says why."""


class Output:
    """Prints results in one of :data:`FORMATS`."""

    def __init__(
        self,
        stdout: OutputWrapper,
        stderr: OutputWrapper,
        style: str,
        *,
        quiet: bool = False,
        wide: bool = False,
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.style = style
        self.quiet = quiet
        """Whether there are only data and errors."""
        self.wide = wide
        """Whether tables are whole, however narrow the terminal is."""
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """Print a remark for people on stderr, unless it is to be quiet."""
        if not self.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Print what failed on stderr; what cannot be printed stops nothing."""
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
            self.write(table(columns, records, _encoding(self.stdout), self._width()))

    def _width(self) -> int | None:
        """Return how many characters a line of the terminal has, if tables are to fit there."""
        if self.wide or not self.stdout.isatty():
            return None
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or None
        except (OSError, ValueError):
            return None

    def answer(self, answer: Mapping[str, Any], *, as_literal: bool = False) -> None:
        """Print a dict that boto returned: for people what it says, for programs all of it.

        With ``as_literal`` people get all of it too, as Python writes a dict.
        """
        if self.style != "table":
            self.write(to_json(answer, indent=2 if self.style == "json" else None))
        elif as_literal:
            self.write(literal(answer))
        elif lines := readable(answer):
            self.write(lines)
        else:
            self.note("Done.")

    def done(self, record: Mapping[str, Any], *, source: str, target: str) -> None:
        """Tell that one object was moved: people by a line on stderr, programs by ``record``.

        It has ``action``, one of those of a report's outcomes or ``move``, and ``bytes``.
        """
        if self.style != "table":
            self.answer(record)
            return
        self.tell(record["action"], source, target, record["bytes"])

    def tell(self, action: str, source: str, target: str, size: int | None = None) -> None:
        """Tell people in a line on stderr what one object went through; programs are not told."""
        if self.style != "table":
            return
        seconds = time.monotonic() - self._began
        took = f"{seconds:.1f} s." if size is None else f"{human_size(size)} in {seconds:.1f} s."
        glue = " in" if size is None else ":"
        self.note(f"{_VERBS[action]} {as_utf8(source)} to {as_utf8(target)}{glue} {took}")


def _encoding(stream: OutputWrapper) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def unwritten(error: OSError) -> OutputError:
    """Return what is said where stdout takes no more."""
    if isinstance(error, BrokenPipeError):
        return OutputError("The reader of the output went away.")
    return OutputError(f"The output cannot be written: {error.strerror or error}.")


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
