"""Keys set aside for later, in a temporary file once they are many."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

from ..closing import Closing


class Spool(Closing):
    """A list of pairs of texts, and what goes with each, that takes no memory to speak of."""

    _IN_MEMORY = 1024 * 1024

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - see close()
            max_size=self._IN_MEMORY, mode="w+", encoding="ascii", newline="\n"
        )
        self._count = 0

    def close(self) -> None:
        """Forget the list."""
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def add(self, first: str, second: str = "", *more: Any) -> None:
        """Put a pair at the end, and what JSON can hold."""
        # JSON keeps line breaks in keys and bytes that are no text (as escapes) on one line.
        self._file.write(json.dumps([first, second, *more]) + "\n")
        self._count += 1

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for first, second, *_ in self.rows():
            yield first, second

    def rows(self) -> Iterator[list[Any]]:
        """Yield the pairs with what goes with each."""
        self._file.seek(0)
        return map(json.loads, self._file)
