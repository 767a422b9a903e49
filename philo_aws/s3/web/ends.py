"""The last page of a long listing, found although S3 lists forwards only.

A listing can begin after any key (``StartAfter``). So the largest key is looked for as in a
dictionary: is there anything after ``2026-11``? Each answer is a page of keys, which are taken for
the next guess; most guesses are about one character, and about those that its kind can be.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...arguments import number, text, whole_number
from ...limits import MAX_KEYS
from .page import ContentsPage, list_page
from .usage import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...conf import Purpose

SECONDS = 6.0
MOST_REQUESTS = 40

_LAST = "\U0010ffff"
"""No character comes after it."""
_KINDS = ("09", "AZ", "az", " ~")
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, kw_only=True)
class End:
    """Where the last page begins, or as near to it as was come."""

    after: str
    """The position after which it begins; empty for the beginning of the listing."""
    found: bool
    """Whether nothing comes after that page."""
    requests: int
    """How many were made."""


def find_end(
    bucket_name: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    delimiter: str = "/",
    after: str = "",
    rows: int = 100,
    most: int = MOST_REQUESTS,
    seconds: float = SECONDS,
    purpose: Purpose = "web",
) -> End:
    """Return where the last ``rows`` objects and folders below ``prefix`` begin.

    It asks for pages of 1,000, the first of them ``after`` a key, until it has the last one, has
    made ``most`` requests, or ``seconds`` are over. Then it returns how far it came, to be gone on
    with from there. Raises what :func:`~philo_aws.s3.web.page.list_page` raises.
    """
    search = _Search(
        lambda position: list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter=delimiter,
            start_after=position,
            purpose=purpose,
        ),
        prefix=text("prefix", prefix),
        delimiter=text("delimiter", delimiter),
        rows=whole_number("rows", rows, 1, MAX_KEYS),
        most=whole_number("most", most, 1),
        deadline=time.monotonic() + number("seconds", seconds, 0, LONGEST),
    )
    search.run(text("after", after))
    return End(after=search.after, found=search.found, requests=search.requests)


class _OverError(Exception):
    """No request is left, or none is needed any more."""


class _Search:
    """A search for the last page.

    ``low`` is an item of which it is known that more come after it, and ``known`` how many of its
    characters the last item has too.
    """

    def __init__(
        self,
        ask: Callable[[str], ContentsPage],
        *,
        prefix: str,
        delimiter: str,
        rows: int,
        most: int,
        deadline: float,
    ) -> None:
        self._ask = ask
        self._prefix = prefix
        self._delimiter = delimiter
        self._rows = rows
        self._most = most
        self._deadline = deadline
        self.requests = 0
        self.after = ""
        self.found = False
        self._low = ""
        self._known = len(prefix)
        self._before = ""
        self._items: list[str] = []

    def run(self, after: str) -> None:
        """Search, until the last page is found or the bounds are reached."""
        try:
            if not self._is_more(after):
                # Nothing comes after it: what is there is before.
                self._is_more("")
            self._go()
        except _OverError:
            return

    def _go(self) -> None:
        step, fails = 1, 0
        while True:
            if fails == self._known + 1:
                self._climb()
                step, fails = 1, 0
                continue
            if self._known >= len(self._low):
                # All that comes after it begins with it.
                self._is_more(self._low)
                continue
            depth = (self._known + fails) // 2 if fails else self._known + step
            depth = min(depth, len(self._low))
            if self._is_more(self._low[:depth] + _LAST):
                fails = depth
            else:
                self._known = depth
                step *= 2

    def _climb(self) -> None:
        """Find the largest character after those that are known, of its kind."""
        place = self._known
        low = ord(self._low[place])
        top = next((ord(kind[1]) for kind in _KINDS if kind[0] <= chr(low) <= kind[1]), ord(_LAST))
        is_sure = False
        while low < top:
            guess = _sound((low + top) // 2)
            if self._is_more(self._low[:place] + chr(guess) + _LAST):
                low = ord(self._low[place])
            else:
                top, is_sure = guess, True
        if is_sure and low == top:
            self._known = place + 1

    def _is_more(self, position: str) -> bool:
        """Say whether anything comes after ``position``; remember how far that goes.

        Raises :exc:`_OverError` where it is the last page, and where the bounds are reached.
        """
        over = time.monotonic() > self._deadline
        if self.requests >= self._most or (over and self.requests):
            raise _OverError
        self.requests += 1
        page = self._ask(position)
        items = sorted([*page.prefixes, *(entry.key for entry in page.entries)])
        if not items:
            self.found = not position
            if self.found:
                raise _OverError
            return bool(page.next_token)
        if not page.next_token:
            self._finish(position, items)
        self._before, self._items, self._low = position, items, items[-1]
        self.after = self._position(items[-1])
        return True

    def _finish(self, position: str, items: list[str]) -> None:
        self.found = True
        if self._items and position in (self._low, self._position(self._low)):
            # The page before this one is known too.
            position, items = self._before, [*self._items, *items]
        more = len(items) - self._rows
        self.after = self._position(items[more - 1]) if more > 0 else position
        raise _OverError

    def _position(self, item: str) -> str:
        """Return what a listing begins after that is to begin behind an item."""
        # All that is in a folder is behind it. What keeps this folder itself is no folder in it.
        is_folder = item.endswith(self._delimiter or _LAST) and item != self._prefix
        return item + _LAST if is_folder else item


def _sound(code: int) -> int:
    """Return the code of a character that UTF-8 has."""
    return _SURROGATES.start - 1 if code in _SURROGATES else code
