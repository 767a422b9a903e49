"""Remarks of one cause told once, with an example and how many there were."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# The first of a cause waits so many seconds at most for others like it.
_TOGETHER = 1.0
# A shorter name may be a part of any word of a sentence.
_SHORTEST = 4
_ENDS = "\"' .,"


@dataclass
class _Cause:
    example: str
    same: bool = True
    """Whether all of them are in the same words."""
    told: bool = False
    count: int = 0
    """How many there were since it was told."""


class Alike:
    """Collects what is said of objects; ``tell`` is called with a line for each cause.

    Sentences are of one cause where they differ in the object's name alone. Of more than ``most``
    causes the others are told as they come.
    """

    def __init__(self, tell: Callable[[str, str], None], most: int) -> None:
        self._tell = tell
        self._most = most
        self._causes: dict[tuple[str, str], _Cause] = {}
        self._told_at = 0.0

    def add(self, kind: str, sentence: str, names: Iterable[str]) -> None:
        """Add a sentence on an object that has ``names``; ``kind`` is the word before it."""
        place = kind, _without(sentence, names)
        cause = self._causes.get(place)
        if cause is None:
            if len(self._causes) >= self._most:
                self._tell(kind, f"{kind}: {sentence}")
                return
            cause = self._causes[place] = _Cause(sentence)
            self._told_at = self._told_at or time.monotonic() + _TOGETHER
        cause.count += 1
        cause.same = cause.same and sentence == cause.example

    def tell(self, *, last: bool = False) -> None:
        """Tell what came so far, each cause once, when it is time for it."""
        if not last and (not self._told_at or time.monotonic() < self._told_at):
            return
        self._told_at = 0.0
        for (kind, _), cause in self._causes.items():
            if cause.count:
                self._tell(kind, _line(kind, cause))
            # Known from now on, and told once more, with their number, at the end.
            cause.told, cause.count = cause.told or bool(cause.count), 0


def _line(kind: str, cause: _Cause) -> str:
    count, others = cause.count, cause.count - 1
    if cause.same:
        return f"{kind}{f' ({count:,} objects)' if count > 1 else ''}: {cause.example}"
    if cause.told:
        more = f"{count:,} more object{'' if count == 1 else 's'}"
        return f"{kind}, {more} for the same reason as: {cause.example}"
    objects = f"{others:,} other object{'' if others == 1 else 's'}"
    return f"{kind}: {cause.example} (The same with {objects}.)"


def _without(sentence: str, names: Iterable[str]) -> str:
    """Return ``sentence`` with a sign in the place of each of ``names``."""
    for name in names:
        if not name:
            continue
        sentence = sentence.replace(repr(name), "*")
        if len(name) >= _SHORTEST:
            sentence = sentence.replace(name, "*")
        else:
            for end in _ENDS:
                # As the end of an ARN.
                sentence = sentence.replace(f"/{name}{end}", f"/*{end}")
    return sentence
