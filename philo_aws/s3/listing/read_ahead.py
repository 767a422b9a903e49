"""The threads of a listing: pages are fetched ahead of the reader, side by side where that pays."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from ...daemons import Daemons
from ...exceptions import ServiceError
from .merged import Merger, Piece
from .segments import Arrival, Segment, SegmentPlan

MOST_SIDE_BY_SIDE = 16
"""Requests of one listing that are on their way at once."""
_LATEST = 8
_WORTH = 1.25
_SOON = 0.01
"""Seconds; what takes less is this process's own work, more than waiting."""

Fetch = Callable[[str, str], Arrival]
"""Asks for the page of a token, or without one for the first after a key."""
KeysOf = Callable[[Arrival], list[str]]
"""Reads the keys of a page, and raises for what is none."""


def side_by_side(fetched: Sequence[float], read: Sequence[float]) -> int:
    """Return how many requests pay, from the seconds that pages took to come and to be read.

    It is 1 where pages come at once, or about as fast as they are read.
    """
    if not fetched or not read:
        return 1
    # Many requests at once make each of them and the reading slower. The fastest tells what one
    # takes; among those that are read there are parts of pages, too.
    seconds = min(fetched)
    times = seconds / max(sorted(read)[len(read) // 4], 1e-6)
    if seconds < _SOON or times < _WORTH:
        return 1
    # Twice as many as are read meanwhile: the reader waits for the nearest segment alone.
    return min(MOST_SIDE_BY_SIDE, int(2 * times) + 1)


class Ahead:
    """Fetches the pages of a listing in daemon threads, for as long as its block lasts."""

    def __init__(self, plan: SegmentPlan, fetch: Fetch) -> None:
        self._plan = plan
        self._merger = Merger(plan)
        self._fetch = fetch
        self._changed = threading.Condition()
        self._is_closed = False
        self._one = Daemons(1, "philo-aws-list")
        self._many: Daemons | None = None
        self._fetched: deque[float] = deque(maxlen=_LATEST)
        self._read: deque[float] = deque(maxlen=_LATEST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._is_closed = True
        for pool in (self._one, self._many):
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)

    def pieces(self, keys_of: KeysOf) -> Iterator[Piece]:
        """Yield the pages in the order of their keys, or those keys of them that were not yet.

        Raises what a page raised, once all before it was given.
        """
        # Most listings are one page, and need no thread.
        if (segment := self._plan.next(1)) is not None:
            self._plan.took(segment, self._answer("", ""))
        while (found := self._next()) is not None:
            begun = time.monotonic()
            piece = found if isinstance(found, Piece) else self._piece(*found, keys_of)
            if piece is not None:
                yield piece
                self._read.append(time.monotonic() - begun)

    def _next(self) -> Piece | tuple[Segment, Arrival] | None:
        with self._changed:
            while True:
                found = self._merger.rest() or self._plan.take()
                self._send()
                if found is not None or self._merger.is_ended:
                    return found
                self._changed.wait()

    def _piece(self, segment: Segment, arrival: Arrival, keys_of: KeysOf) -> Piece | None:
        try:
            if arrival.error is not None:
                raise arrival.error
            keys = keys_of(arrival)
        except ServiceError:
            with self._changed:
                if segment is self._plan.segments[0]:
                    raise
                # Whether there is an error, the segment before finds out.
                self._plan.give_up()
                return None
        with self._changed:
            return self._merger.read(segment, arrival, keys)

    def _send(self) -> None:
        most = side_by_side(self._fetched, self._read) if self._plan.splits else 1
        while (segment := self._plan.next(most)) is not None:
            if self._many is None and len(self._plan.segments) > 1:
                self._many = Daemons(MOST_SIDE_BY_SIDE, "philo-aws-list")
            (self._many or self._one).submit(self._work, segment, segment.token, segment.start)

    def _work(self, segment: Segment, token: str, start: str) -> None:
        begun = time.monotonic()
        arrival = self._answer(token, start)
        seconds = time.monotonic() - begun
        with self._changed:
            if self._is_closed:
                return
            if arrival.error is None:
                self._fetched.append(seconds)
            self._plan.took(segment, arrival)
            self._send()
            self._changed.notify_all()

    def _answer(self, token: str, start: str) -> Arrival:
        try:
            return self._fetch(token, start)
        except BaseException as error:  # noqa: BLE001 - the reader raises it when it gets there
            return Arrival(asked=token, error=error)
