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
    is what most text without either is; what is none is taken for Windows-1252. A character that is
    cut at the end is left out.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return _read(start, encoding)
    if declared := _declared(content_type):
        found = _read(start, declared)
        if found:
            return found
    if any(byte in start for byte in _NEVER):
        return None
    return _read(start, "utf-8") or _read(start, "cp1252", errors="replace")


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
