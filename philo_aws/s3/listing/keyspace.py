"""Keys as numbers: which key lies about so many pages after another, from the keys that were seen.

The characters that a position can hold are learnt from keys and widened to their kind, such as 0 to
9; between such keys the distance is counted as between numbers. What is found is a guess: any key
between two others splits a listing rightly, only not always evenly.
"""

from __future__ import annotations

import string
import sys
from typing import NamedTuple

from ...limits import MAX_KEY_BYTES

DEPTH = 8
"""Characters looked at beyond those that the ends of a sample have in common."""

_DIGITS = frozenset(string.digits)
_KINDS = (_DIGITS, frozenset(string.ascii_uppercase), frozenset(string.ascii_lowercase))
_HEX = (frozenset("0123456789abcdef"), frozenset("0123456789ABCDEF"))
_SURROGATES = (0xD800, 0xDFFF)


class Sample(NamedTuple):
    """A stretch of keys of which it is known how many pages they fill."""

    first: str
    last: str
    pages: int


class KeySpace:
    """What the keys of a listing are made of, as far as they were seen."""

    def __init__(self) -> None:
        self._seen: list[set[str]] = []
        self._alphabets: list[_Alphabet | None] = []

    def learn(self, key: str) -> None:
        """Take a key that is listed."""
        while len(self._seen) < len(key):
            self._seen.append(set())
            self._alphabets.append(None)
        for place, character in enumerate(key):
            if character not in self._seen[place]:
                self._seen[place].add(character)
                self._alphabets[place] = None

    def after(self, position: str, pages: float, sample: Sample) -> str | None:
        """Return a key about ``pages`` after ``position``, where keys are as dense as in a sample.

        ``None`` where none can be told: beyond the last key that there can be, too.
        """
        depth = self._depth(sample)
        width = self._width(sample, depth)
        if width <= 0:
            return None
        # Whole numbers alone: those of long keys are larger than any float.
        distance = width * round(pages * 16) // (16 * sample.pages)
        found = self._key(self._number(position, depth) + max(distance, 1), depth)
        if found is None or found <= position or len(found.encode()) > MAX_KEY_BYTES:
            return None
        return found

    def pages(self, low: str, high: str, sample: Sample) -> float:
        """Return about how many pages lie between two keys, 0 where it cannot be told."""
        depth = self._depth(sample)
        width = self._width(sample, depth)
        if width <= 0 or high <= low:
            return 0.0
        distance = self._number(high, depth) - self._number(low, depth)
        return min(16 * distance * sample.pages // width, 1 << 20) / 16

    def is_sparser(self, sample: Sample, other: Sample) -> bool:
        """Return whether a page reaches farther in one sample than in the other."""
        depth = max(self._depth(sample), self._depth(other))
        return self._width(sample, depth) * other.pages > self._width(other, depth) * sample.pages

    def _depth(self, sample: Sample) -> int:
        same = 0
        for mine, yours in zip(sample.first, sample.last, strict=False):
            if mine != yours:
                break
            same += 1
        return min(same + DEPTH, len(self._seen))

    def _width(self, sample: Sample, depth: int) -> int:
        return self._number(sample.last, depth) - self._number(sample.first, depth)

    def _number(self, key: str, depth: int) -> int:
        number = 0
        for place in range(depth):
            alphabet = self._alphabet(place)
            number *= alphabet.size
            if place < len(key):
                number += alphabet.index(key[place])
        return number

    def _key(self, number: int, depth: int) -> str | None:
        characters = []
        for place in range(depth - 1, -1, -1):
            alphabet = self._alphabet(place)
            number, index = divmod(number, alphabet.size)
            characters.append(alphabet.character(index))
        return None if number else "".join(reversed(characters))

    def _alphabet(self, place: int) -> _Alphabet:
        found = self._alphabets[place]
        if found is None:
            found = self._alphabets[place] = _Alphabet(self._seen[place])
        return found


class _Alphabet:
    """The characters of a position, in order, as ranges of code points."""

    def __init__(self, seen: set[str]) -> None:
        self._ranges = _ranges(frozenset(seen))
        self.size = sum(high - low + 1 for low, high in self._ranges)

    def index(self, character: str) -> int:
        """Return how many characters come before this one; of those that are none, the nearest."""
        code, before = ord(character), 0
        for low, high in self._ranges:
            if code < low:
                break
            if code <= high:
                return before + code - low
            before += high - low + 1
        return min(before, self.size - 1)

    def character(self, index: int) -> str:
        """Return the character before which ``index`` others come."""
        for low, high in self._ranges:
            if index <= high - low:
                return chr(low + index)
            index -= high - low + 1
        raise IndexError(index)


def _ranges(seen: frozenset[str]) -> list[tuple[int, int]]:
    plain = {character for character in seen if character.isascii()}
    known = {character for character in plain if character.isalnum()}
    for hexes in _HEX:
        if known <= hexes and not known.isdisjoint(_DIGITS) and known - _DIGITS:
            plain |= hexes
            break
    else:
        for kind in _KINDS:
            if not known.isdisjoint(kind):
                plain |= kind
    found = [(ord(character), ord(character)) for character in sorted(plain)]
    if others := sorted(seen - plain):
        # How far a script reaches is not looked up. No UTF-8 has the surrogates.
        low = ord(others[0])
        if low < _SURROGATES[0]:
            found.append((low, _SURROGATES[0] - 1))
            low = _SURROGATES[1] + 1
        found.append((low, sys.maxunicode))
    return found
