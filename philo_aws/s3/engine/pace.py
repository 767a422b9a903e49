"""How slow an attempt may be before it is given up: one rule for both engines, ways and sizes.

An attempt may stand still for as long as the timeouts say. Time takes from that, and what moves
gives it back at :data:`SLOWEST`: the bytes it is seen to move itself, and, while it is not its own
master, those that all who share the link get through. So a slow link is borne as long as it moves
that much in all, whatever is sent over it at once, and a drip is not.

Nobody is given up for what others do. But what others move is lent only up to :data:`SHARES` times
what the attempt itself may have on its way unseen: when so much has come to each of those in
flight, and this one has still not got on, then it is not the link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from .base import Copy, Upload
from .size_class import Transfer

SLOWEST = 16 * 1024
"""Bytes a second, of all that a run has on its way, below which it counts as standing still."""
COMPLETING = 300
"""Seconds in which a store may put together what was sent in parts, or copy, without a word:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html."""
SHARES = 2
"""How often an attempt's share may pass before it is late for reasons of its own."""


SPAN = 2.0
"""Seconds over which the rate of a link is taken: what comes at once may only fill a buffer."""


class Rate:
    """How many bytes a second get through."""

    def __init__(self) -> None:
        self._moved: deque[tuple[float, int]] = deque()

    def of(self, count: int, now: float) -> float:
        """Return the rate, when ``count`` bytes more got through."""
        moved = self._moved
        moved.append((now, count))
        while moved[0][0] <= now - SPAN:
            moved.popleft()
        return sum(each for _, each in moved) / SPAN


class Measured(Protocol):
    """What a transport tells of its attempts."""

    def silence(self) -> float:
        """Return the seconds for which an attempt may stand still."""

    def unseen(self, transfer: Transfer) -> int:
        """Return the bytes of an attempt that may be on their way without being seen to move."""


class Pace:
    """See the module."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._wire_is_seen = False

    @staticmethod
    def begun(transfer: Transfer, now: float) -> None:
        """Note that an attempt begins."""
        transfer.moved = now
        transfer.lent = 0.0

    @staticmethod
    def moved(transfer: Transfer, count: int, now: float) -> None:
        """Note that an attempt was seen to move ``count`` bytes."""
        if count > 0:
            transfer.moved = max(transfer.moved, min(now, transfer.moved + count / SLOWEST))
            transfer.lent = 0.0

    def on_wire(self, in_flight: Sequence[Transfer], count: int | None, now: float) -> None:
        """Note that of all ``in_flight`` so many bytes got through; ``None``: not known."""
        self._wire_is_seen = count is not None
        if not count or not in_flight:
            return
        share, seconds = count / len(in_flight), count / SLOWEST
        for transfer in in_flight:
            if transfer.lent + share <= SHARES * self._measured.unseen(transfer):
                transfer.lent += share
                transfer.moved = max(transfer.moved, min(now, transfer.moved + seconds))

    def late(self, in_flight: Sequence[Transfer], now: float) -> list[tuple[Transfer, float]]:
        """Return those that have stood still for too long, and by how many seconds."""
        allowed = self._measured.silence()
        if not self._wire_is_seen:
            # Then the slowest link, with all of them on it, has to be taken for what is there.
            allowed += sum(map(self._measured.unseen, in_flight)) / SLOWEST
        found = ((each, now - each.moved - allowed - _extra(each)) for each in in_flight)
        return [(transfer, seconds) for transfer, seconds in found if seconds > 0]


def _extra(transfer: Transfer) -> float:
    """Return the seconds more for an upload of which everything is at the store, and a copy."""
    task = transfer.task
    if type(task) is Copy:
        return COMPLETING
    return COMPLETING if type(task) is Upload and 0 < task.size <= transfer.seen else 0.0
