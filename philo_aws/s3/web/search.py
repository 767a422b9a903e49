"""Names that contain a text, found by looking through keys, as far as there is time.

S3 itself searches by the beginning of a key alone, so this lists everything below a prefix:
a thousand keys by each request. Where it stopped it can be gone on with.
"""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...arguments import number, text, whole_number
from .page import ListedObject, pages
from .usage import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...conf import Purpose

SECONDS = 5.0
MOST_KEYS = 10_000
MOST_FOUND = 100


@dataclass(frozen=True, kw_only=True)
class SearchStep:
    """What one step found."""

    prefixes: tuple[str, ...] = ()
    """The folders of such a name: whole prefixes."""
    entries: tuple[ListedObject, ...] = ()
    """The objects of such a name; not those that only lie in such a folder."""
    seen: int = 0
    """Objects looked at."""
    after: str = ""
    """The last key looked at; empty where all were."""

    @property
    def found(self) -> int:
        """How many folders and objects are in it."""
        return len(self.prefixes) + len(self.entries)


def search_step(
    bucket_name: str,
    wanted: str,
    region_name: str | None = None,
    *,
    prefix: str = "",
    after: str = "",
    limit: int = MOST_KEYS,
    most: int = MOST_FOUND,
    seconds: float = SECONDS,
    purpose: Purpose = "web",
) -> SearchStep:
    """Return the folders and objects below ``prefix`` whose names contain ``wanted``.

    It looks at what comes after the key ``after``, until it has looked at ``limit`` objects
    (10,000, ten requests), found ``most`` (100), or ``seconds`` are over, whichever is first.
    Capitals and small letters are one, and so are the two ways in which Unicode writes an accented
    letter. With a slash in ``wanted`` the whole of what comes after ``prefix`` is looked at instead
    of names.

    Raises what :func:`~philo_aws.s3.web.page.pages` raises.
    """
    whole_number("limit", limit, 1)
    whole_number("most", most, 1)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    names = _Names(folded(text("wanted", wanted)), text("prefix", prefix), after)
    prefixes: list[str] = []
    entries: list[ListedObject] = []
    seen, last = 0, after
    for page in pages(bucket_name, region_name, prefix=prefix, after=after, purpose=purpose):
        for entry in page.entries:
            if len(prefixes) + len(entries) >= most or seen >= limit:
                return SearchStep(
                    prefixes=tuple(prefixes), entries=tuple(entries), seen=seen, after=last
                )
            seen += 1
            last = entry.key
            prefixes += names.folders(entry.key)
            if names.has(entry.key):
                entries.append(entry)
        if page.next_token and seen and (seen >= limit or time.monotonic() > deadline):
            break
    else:
        last = ""
    return SearchStep(prefixes=tuple(prefixes), entries=tuple(entries), seen=seen, after=last)


def folded(given: str) -> str:
    """Return ``given`` as it is compared: without case, and each letter written in one way."""
    if given.isascii():
        return given.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", given).casefold())


class _Names:
    """Says which names of a listing contain a text; each folder is told once."""

    def __init__(self, wanted: str, prefix: str, after: str) -> None:
        self._wanted = wanted
        self._prefix = prefix
        self._by_path = "/" in wanted
        # The folders that the step before has told are on the way to where it ended.
        self._open = after[len(prefix) :].split("/")[:-1] if after.startswith(prefix) else []

    def has(self, key: str) -> bool:
        """Say whether the name of this object contains it."""
        rest = key[len(self._prefix) :]
        if not self._by_path:
            # The object that keeps an empty folder is the folder.
            rest = rest.rpartition("/")[2]
        return bool(rest) and self._wanted in folded(rest)

    def folders(self, key: str) -> Iterator[str]:
        """Yield the folders of such a name that the listing comes into with this key."""
        rest = key[len(self._prefix) :]
        if self._by_path:
            return
        parts = rest.split("/")[:-1]
        if parts == self._open:
            return
        same = 0
        for mine, known in zip(parts, self._open, strict=False):
            if mine != known:
                break
            same += 1
        self._open = parts
        for depth in range(same, len(parts)):
            if parts[depth] and self._wanted in folded(parts[depth]):
                yield self._prefix + "".join(f"{part}/" for part in parts[: depth + 1])
