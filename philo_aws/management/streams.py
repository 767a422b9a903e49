"""Standard streams that take less than they are given: closed, full, without a reader, or ASCII."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Any

from django.core.management.base import OutputWrapper


class Remarks(OutputWrapper):
    """stderr: what cannot be written there stops nothing and changes no exit code."""

    def write(self, *given: Any, **options: Any) -> None:  # type: ignore[override]
        """Write, if it can be."""
        with contextlib.suppress(OSError, ValueError):
            super().write(*given, **options)


class Closed(io.StringIO):
    """stdout, where the process was started with none."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def make_tolerant(stream: Any) -> None:
    """Have escapes written for what the encoding of ``stream`` does not have."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def spelled(text: str, encoding: str) -> str:
    """Return ``text`` with escapes for what ``encoding`` does not have."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def escape(text: str) -> str:
    r"""Return ``text`` with all that does not print (``\n``, ESC, bidi marks) as escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else _escape_character(character) for character in text
    )


def _escape_character(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def settle(stream: Any) -> None:
    """Have all written that ``stream`` holds, or give it up.

    Python would try once more at its end, complain there, and end with a code of its own.
    """
    try:
        stream.flush()
    except OSError:
        _drop(stream)
    except (AttributeError, ValueError):
        return  # there is none, or it is closed


def _drop(stream: Any) -> None:
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def as_utf8(text: str) -> str:
    """Return a word of the command line that Python read in another encoding than it is in.

    In the locale C, and without its UTF-8 mode, Python takes all words for ASCII.
    """
    if text.isascii() or sys.getfilesystemencoding() == "utf-8":
        return text
    try:
        return text.encode(sys.getfilesystemencoding(), "surrogateescape").decode("utf-8")
    except UnicodeError:
        return text
