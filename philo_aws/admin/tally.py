"""How far a job is, as its line in the history ends: in English to keep, and as people read it.

``Deleted 'd/': 2,000 objects, 3 failed, so far.`` is a sentence of :mod:`.entries`, what became of
how many, and whether more follows. The end can be read again, so that the next step adds to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext, gettext_noop, ngettext_lazy, override

from .numbers import grouped

KINDS: Mapping[str, Any] = {
    "objects": ngettext_lazy("%(number)s object", "%(number)s objects", "count"),
    "messages": ngettext_lazy("%(number)s message", "%(number)s messages", "count"),
    "files": ngettext_lazy("%(number)s file", "%(number)s files", "count"),
    "bytes": ngettext_lazy("%(number)s byte", "%(number)s bytes", "count"),
    "versions": ngettext_lazy(
        "%(number)s version or delete marker", "%(number)s versions and delete markers", "count"
    ),
    "uploads": ngettext_lazy(
        "%(number)s unfinished upload", "%(number)s unfinished uploads", "count"
    ),
    "deleted": ngettext_lazy("%(number)s deleted", "%(number)s deleted", "count"),
    "copied": ngettext_lazy(
        "%(number)s copied but not deleted", "%(number)s copied but not deleted", "count"
    ),
    "twice": ngettext_lazy(
        "%(number)s may be in both queues", "%(number)s may be in both queues", "count"
    ),
    "unknown": ngettext_lazy(
        "%(number)s without an answer", "%(number)s without an answer", "count"
    ),
    "failed": ngettext_lazy("%(number)s failed", "%(number)s failed", "count"),
    "skipped": ngettext_lazy("%(number)s skipped", "%(number)s skipped", "count"),
    "steps": ngettext_lazy(
        "%(number)s step without an answer", "%(number)s steps without an answer", "count"
    ),
}
"""What can be counted, in the order in which it is told."""
WITHOUT_EFFECT = frozenset({"bytes", "failed", "skipped"})
"""What changed nothing at AWS."""
NAMED_IN_HISTORY = 20
"""Keys or names of one job that an entry of the history gives."""
SO_FAR, GIVEN_UP = gettext_noop("so far"), gettext_noop("given up")


@dataclass(frozen=True)
class Line:
    """One line of the history: what is done, to how many, and whether that is all."""

    sentence: str
    """What is done, with its full stop."""
    counts: Mapping[str, int]
    """How many, by :data:`KINDS`."""
    state: str = ""
    """:data:`SO_FAR`, :data:`GIVEN_UP`, or empty once it is done."""

    def add(self, counts: Mapping[str, int], state: str) -> Line:
        """Return the line after another step."""
        # Done again by somebody who went back, it is as it was.
        if not self.state and not has_effect(counts):
            return self
        return Line(self.sentence, Counter(self.counts) + Counter(counts), state)

    def name(self, name: str) -> Line:
        """Return the line with another file named, or counted among those that are not."""
        files = self.counts.get("files", 0)
        if not name or not files:
            return self
        told = self.sentence[:-1]
        if files < NAMED_IN_HISTORY:
            told = f"{told}, {name}"
        else:
            rest = files - NAMED_IN_HISTORY
            told = f"{told.removesuffix(f' and {rest:,} more')} and {rest + 1:,} more"
        return Line(f"{told}.", self.counts, self.state)

    def __str__(self) -> str:
        """Return it as it is kept."""
        with override("en"):
            return self._joined(self.sentence, lambda number: f"{number:,}")

    def said(self, sentence: str) -> str:
        """Return it after ``sentence``, which is its own, in the language that is active."""
        return self._joined(sentence, grouped)

    def _joined(self, sentence: str, number: Any) -> str:
        told = [
            str(words % {"count": self.counts[kind], "number": number(self.counts[kind])})
            for kind, words in KINDS.items()
            if self.counts.get(kind)
        ]
        if self.state:
            told.append(gettext(self.state))
        return f"{sentence[:-1]}: {', '.join(told)}." if told else sentence


def has_effect(counts: Mapping[str, int]) -> bool:
    """Say whether something was changed at AWS, or may be."""
    return any(number for kind, number in counts.items() if kind not in WITHOUT_EFFECT)


def read_line(text: str) -> Line | None:
    """Return what :class:`Line` wrote; ``None`` for what has no such end."""
    sentence, colon, end = text.rpartition(": ")
    if not colon or not end.endswith("."):
        return None
    *told, last = end[:-1].split(", ")
    state = last if last in (SO_FAR, GIVEN_UP) else ""
    counts: dict[str, int] = {}
    for each in told if state else [*told, last]:
        number, _space, words = each.partition(" ")
        digits = number.replace(",", "")
        kind = _kinds().get(words)
        if kind is None or not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
            return None
        counts[kind] = int(digits)
    return Line(f"{sentence}.", counts, state)


@cache
def _kinds() -> dict[str, str]:
    """Return the kinds by their words in English, of one and of many."""
    with override("en"):
        return {
            str(words % {"count": count, "number": ""}).strip(): kind
            for kind, words in KINDS.items()
            for count in (1, 2)
        }
