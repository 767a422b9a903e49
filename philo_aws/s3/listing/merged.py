"""The segments of a listing put together: in order, nothing twice, and nothing left out.

The last page of a segment reaches into the next one, so both show which key comes first there.
Where they do not say the same, the store reads ``StartAfter`` in a way of its own, and only what it
lists page by page is given.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, NamedTuple

from .segments import Arrival, Segment, SegmentPlan


class Piece(NamedTuple):
    """Those keys of a page that belong to a segment."""

    content: Any
    """The page's :attr:`~philo_aws.s3.listing.segments.Arrival.content`."""
    part: slice
    """Which they are; ``slice(None)`` for all."""


class Merger:
    """Gives the pages of a plan in the order of their keys."""

    def __init__(self, plan: SegmentPlan) -> None:
        self._plan = plan
        self._last = ""
        self._seams = 0
        self._rest: tuple[Arrival, list[str], int] | None = None

    @property
    def is_ended(self) -> bool:
        """Whether everything was given."""
        return self._rest is None and self._plan.is_ended

    def rest(self) -> Piece | None:
        """Return keys that came for the second segment, and are the first's since it is no more."""
        if self._rest is None:
            return None
        arrival, keys, begin = self._rest
        return self._cut(self._plan.segments[0], arrival, keys, begin)

    def read(self, segment: Segment, arrival: Arrival, keys: list[str]) -> Piece | None:
        """Return what is to be given of a page that the plan gave; ``None`` for nothing yet."""
        plan = self._plan
        if keys and not self._is_in_order(arrival, keys):
            plan.give_up()
        if not self._last and len(keys) < plan.fewest:
            plan.splits = False
        if keys and segment in plan.segments[1:]:
            if self._fits(keys):
                plan.advance(self._repeated())
                self._rest = None
                self._seams += 1
            else:
                plan.give_up()
        if segment not in plan.segments:
            return None  # the segment before lists its keys
        return self._cut(segment, arrival, keys, 0) if keys else Piece(arrival.content, slice(None))

    def _cut(self, segment: Segment, arrival: Arrival, keys: list[str], begin: int) -> Piece | None:
        end = len(keys) if segment.end is None else bisect_right(keys, segment.end, begin)
        self._rest = (arrival, keys, end) if end < len(keys) else None
        if begin == end:
            return None
        self._last = keys[end - 1]
        is_whole = end - begin == len(keys)
        return Piece(arrival.content, slice(None) if is_whole else slice(begin, end))

    def _is_in_order(self, arrival: Arrival, keys: list[str]) -> bool:
        return (
            arrival.first == keys[0] > self._last
            and arrival.last == keys[-1]
            and keys == sorted(keys)
        )

    def _fits(self, keys: list[str]) -> bool:
        """Return whether the next segment begins as the end of the last page tells."""
        if self._rest is None:
            return False
        _arrival, told, begin = self._rest
        if self._seams == 0:
            return keys[0] == told[begin]
        # Once it has fitted, another first key is one that was written or deleted meanwhile.
        return not set(keys).isdisjoint(told[begin:])

    def _repeated(self) -> float:
        if self._rest is None:
            return 0.0
        _arrival, keys, begin = self._rest
        return 1 - begin / len(keys)
