"""What a consumer has done, counted."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Literal

Figure = Literal[
    "received",
    "done",
    "retried",
    "failed",
    "rejected",
    "parked",
    "deleted_unparked",
    "left",
    "released",
    "abandoned",
    "lost",
    "duplicates",
    "acknowledged",
    "acknowledgements_refused",
    "extended",
    "receives",
    "receive_errors",
    "delete_errors",
    "visibility_errors",
    "damaged",
    "pollers_replaced",
    "workers_replaced",
]
"""What is counted: messages received and what became of them, requests, and what went wrong."""


class Figures:
    """Counts from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, figure: Figure, number: int = 1) -> None:
        """Count ``number`` more."""
        if number:
            with self._lock:
                self._counts[figure] += number

    def __getitem__(self, figure: Figure) -> int:
        with self._lock:
            return self._counts[figure]

    def all(self) -> dict[str, int]:
        """Return what is not zero, by name."""
        with self._lock:
            return {name: number for name, number in sorted(self._counts.items()) if number}
