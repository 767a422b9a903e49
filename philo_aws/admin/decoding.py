"""Bytes of text made characters: by what was declared, by a mark at the start, or by a guess."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# Of Python's codecs those that are encodings of text and cost no more than the text is long.
_KNOWN = re.compile(
    r"ascii|utf-8|utf-8-sig|utf-16|utf-16-le|utf-16-be|utf-32|utf-32-le|utf-32-be|iso8859-\d+|"
    r"cp\d{3,4}|koi8-[ru]|mac-\w+|shift_jis|euc_jp|euc_jp|iso2022_jp|euc_kr|gb2312|gbk|gb18030|"
    r"big5|tis-620"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:+-]{1,40})""", re.IGNORECASE)
# What stands in no text: control characters, without those that files of terminals have.
_NEVER = bytes({*range(32), 127} - {7, 8, 9, 10, 12, 13, 27})

_WRITTEN = "\a\b\t\n\f\r\x1b"
_LEAST = 4
"""Bytes by whose zeros UTF-16 can be told."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """Text, and how it was read."""

    text: str
    """The characters; line ends are line feeds."""
    encoding: str = ""
    """The encoding, where it is another than UTF-8."""


def decoded(start: bytes, content_type: str = "") -> Decoded | None:
    """Return the beginning of a text; ``None`` where it is no text.

    A mark at the start counts before the charset of ``content_type``, and that before UTF-8, which
    is what most text without either is; what is none is taken for Windows-1252, and for UTF-16
    without its mark where that shows. A character that is cut at the end is left out.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return _read(start, encoding)
    if declared := _declared(content_type):
        found = _read(start, declared)
        if found:
            return found
    if any(byte in start for byte in _NEVER):
        return _unmarked(start)
    return _read(start, "utf-8") or _read(start, "cp1252", errors="replace")


def decoded_end(part: bytes, content_type: str = "") -> Decoded | None:
    """Return the end of a text, without the line that began before it; ``None`` for no text.

    ``part`` begins at a multiple of four bytes of the object, so that no character of UTF-16 or
    UTF-32 is cut in two there.
    """
    if 0 in part:
        # The mark, if there was one, is at the beginning of the object.
        found = _unmarked(part) or decoded(part, content_type)
        if found is None:
            return None
        return Decoded(text=_behind_the_first_line(found.text), encoding=found.encoding)
    _, mark, rest = part.partition(b"\n")
    # One line alone: at least not the rest of a character, which is three bytes of UTF-8 at most.
    return decoded(rest if mark and rest else _whole(part), content_type)


def _behind_the_first_line(text: str) -> str:
    _, mark, rest = text.partition("\n")
    return rest if mark and rest else text


def _whole(part: bytes) -> bytes:
    cut = 0
    while cut < min(3, len(part)) and part[cut] & 0xC0 == 0x80:
        cut += 1
    return part[cut:]


def _unmarked(part: bytes) -> Decoded | None:
    """Read UTF-16 without a mark, as Windows writes it, by its zeros; ``None`` for all else.

    Most text has characters below U+0100 in it, if only spaces and line ends.
    """
    if len(part) < _LEAST or len(part) % 2:
        return None
    first, second = part[::2].count(0), part[1::2].count(0)
    few, many = sorted((first, second))
    if many * 4 < len(part) // 2 or few * 20 > many:
        return None
    found = _read(part, "utf-16-le" if second > first else "utf-16-be")
    if found is None or any(ord(c) < 32 and c not in _WRITTEN for c in found.text):
        return None
    return found


def _declared(content_type: str) -> str:
    match = _CHARSET.search(content_type)
    if not match:
        return ""
    try:
        name = codecs.lookup(match[1]).name
    except LookupError:
        return ""
    return name if _KNOWN.fullmatch(name) and name != "ascii" else ""


def _read(start: bytes, encoding: str, *, errors: str = "strict") -> Decoded | None:
    try:
        text = codecs.getincrementaldecoder(encoding)(errors).decode(start)
    except UnicodeError:
        return None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\0" in text:
        return None
    return Decoded(text=text, encoding="" if encoding == "utf-8" else encoding)
