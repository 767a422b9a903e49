"""Hostile text made fit to read: what cannot be seen, or turns the line around, is spelt out."""

from __future__ import annotations

import unicodedata

from django.utils.translation import ngettext

from ..sentences import localized
from .numbers import grouped

LONGEST = 5000
"""Characters shown of one value: of a key, a tag, a header, an attribute, an error of a store."""

# Marks that reorder what stands beside them, so that "exe.jpg" can be a program.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Persian, the languages of India and many emoji are written with these two.
_JOINERS = "\u200c\u200d"


def visible(text: str, *, most: int = LONGEST) -> str:
    r"""Return ``text`` with control and direction characters as escapes such as ``\n``, ``\u202e``.

    Of more than ``most`` characters the beginning is returned, and how many more there are. For
    showing only: links and forms carry the text itself. Sentences of the services are said in the
    language of the page.
    """
    text = localized(text)
    beginning = text[:most]
    shown = beginning if beginning.isprintable() else "".join(map(_spelt, beginning))
    rest = len(text) - len(beginning)
    if not rest:
        return shown
    more = ngettext("… (%(count)s more character)", "… (%(count)s more characters)", rest)
    return shown + more % {"count": grouped(rest)}


def lines(text: str) -> str:
    """Return text of many lines with everything else that cannot be seen spelt out.

    Line feeds, tabs and the joiners of letters are left; what comes out is at most ten times as
    long.
    """
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or c in _JOINERS else _spelt(c) for c in text)


def _spelt(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
