"""Hostile text made fit to read: what cannot be seen, or turns the line around, is spelt out."""

from __future__ import annotations

import unicodedata

# Marks that reorder what stands beside them, so that "exe.jpg" can be a program.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Return ``text`` with control and direction characters as escapes such as ``\n``, ``\u202e``.

    For showing only: links and forms carry the text itself.
    """
    if text.isprintable():
        return text
    return "".join(
        _escape(character) if unicodedata.category(character) in _HIDDEN else character
        for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
