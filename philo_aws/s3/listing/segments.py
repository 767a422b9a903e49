"""What to ask for next in a listing that is read at several places at once: no I/O, and no clock.

The keys are cut into segments, each listed from its start by tokens as any listing is. They are
short and close ahead of the reader, who gets them in order, so that little has to be held. The
first page of a new segment is asked for by ``StartAfter``, at a key that is a guess. No guess is
believed: see :mod:`philo_aws.s3.listing.merged`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .keyspace import KeySpace, Sample

EXTRA_REQUESTS = 16
"""Requests that a listing may take beyond those that it takes page by page, and ..."""
PAGES_PER_EXTRA = 8
"""... one more for so many pages read."""
MOST_PAGES = 96
"""Pages that may wait for the reader or be on their way."""
MOST_BYTES = 20 * 1024**2
"""Bytes of pages that may wait for the reader."""
SHORTEST, LONGEST = 4, 8
"""Pages that a segment is to have: the first ones fewer, as the reader waits for them."""
_HISTORY = 8


@dataclass(eq=False)
class Arrival:
    """A page as it came, or why it did not."""

    first: str = ""
    """The first key on it; empty where it has none."""
    last: str = ""
    """The last key on it."""
    asked: str = ""
    """The token that it was asked for with."""
    token: str = ""
    """The token of the page after it; empty on the last."""
    size: int = 0
    """Its bytes."""
    error: BaseException | None = None
    """Why there is no next page, or no page at all."""
    content: Any = None
    """What the caller makes of it."""


@dataclass(eq=False)
class Segment:
    """A stretch of keys that is listed by requests one after another."""

    start: str = ""
    """The key after which it begins; empty for the beginning of the listing."""
    end: str | None = None
    """The last key that may belong to it; ``None`` for the end of the listing."""
    token: str = ""
    """The token of the page that is to be asked for next."""
    position: str = ""
    """The last key that came, at first the start."""
    is_asked: bool = False
    """Whether a page is on its way."""
    is_proven: bool = False
    """Whether a page with keys came."""
    is_done: bool = False
    """Whether nothing more is to be asked for."""
    waiting: deque[Arrival] = field(default_factory=deque)
    """The pages that the reader did not take yet."""
    firsts: deque[str] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    """The first keys of the last pages."""
    pages: int = 0
    """The pages that came."""
    reach: str | None = None
    """A key after which it is known to hold no other."""
    guess: str | None = None
    """Where to split it, if anywhere."""
    is_guessed: bool = False
    """Whether ``guess`` was made since the last page came."""
    failed: BaseException | None = None
    """Why it does not go on."""

    def settle(self) -> None:
        """Find out anew whether something more is to be asked for."""
        beyond = self.end is not None and self.position > self.end
        at_end = self.pages > 0 and not self.token
        self.is_done = beyond or at_end or self.failed is not None
        self.is_guessed = False


class SegmentPlan:
    """The segments of a listing, in order; the first is the one that is read."""

    def __init__(self, *, splits: bool, prefix: str = "", fewest: int = 0) -> None:
        self._prefix = prefix
        self.fewest = fewest
        """Keys that the first page must hold for segments to be split."""
        self._space = KeySpace()
        self.splits = splits
        """Whether segments may be split."""
        self.segments = [Segment()]
        self.read_pages = 0
        """Pages that the reader took."""
        self._proven = 0
        self._spent = 0.0
        self._typical: Sample | None = None
        self._in_flight = 0
        self._bytes = 0
        self._largest = 0

    # ------------------------------------------------------------------- for those who ask

    def next(self, side_by_side: int) -> Segment | None:
        """Return the segment whose next page is to be asked for now, if any; it counts as asked.

        ``side_by_side`` is how many pages may be on their way; with 1 nothing is split.
        """
        found = self._next(side_by_side)
        if found is not None:
            found.is_asked = True
            self._in_flight += 1
        return found

    def _next(self, side_by_side: int) -> Segment | None:
        room = self._has_room()
        is_split = len(self.segments) > 1 or side_by_side > 1
        current = self._current()
        # It may always go on: the others wait for the reader, and the reader for it.
        is_wanted = not current.waiting or (is_split and self.splits and room)
        if is_wanted and not current.is_done and not current.is_asked:
            return current
        if self._in_flight >= side_by_side or not room:
            return None
        for segment in self.segments:
            if not segment.is_done and not segment.is_asked and segment is not current:
                return segment
        return self._split() if self.splits and side_by_side > 1 else None

    def _current(self) -> Segment:
        """Return the segment whose next page the reader waits for."""
        first = self.segments[0]
        is_read = first.is_done and not first.waiting and len(self.segments) > 1
        return self.segments[1] if is_read else first

    def _has_room(self) -> bool:
        held = self._in_flight + sum(len(segment.waiting) for segment in self.segments)
        # Who stops early caused about as many requests for nothing as there were others.
        most = min(MOST_PAGES, 16 + self.read_pages)
        return held < most and self._bytes + self._in_flight * self._largest < MOST_BYTES

    def _split(self) -> Segment | None:
        if self.read_pages < 2 or not self._may_probe():
            return None
        for index, segment in enumerate(self.segments):
            if segment.is_done:
                continue
            if not segment.is_guessed:
                segment.guess, segment.is_guessed = self._guess(segment), True
            if segment.guess is not None:
                made = Segment(
                    start=segment.guess,
                    end=segment.end,
                    reach=segment.reach,
                    position=segment.guess,
                )
                segment.end, segment.reach, segment.is_guessed = segment.guess, None, False
                self.segments.insert(index + 1, made)
                return made
        return None

    def _may_probe(self) -> bool:
        # Each split costs a request at most: the page of one segment that reaches into the next.
        ahead = len(self.segments)
        if self._spent + ahead > EXTRA_REQUESTS + self.read_pages // PAGES_PER_EXTRA:
            return False
        unknown = sum(not segment.is_proven for segment in self.segments)
        return unknown <= self._proven

    def _guess(self, segment: Segment) -> str | None:
        density = self._density(segment)
        if density is None or not segment.position:
            return None
        end = segment.end if segment.reach is None else segment.reach
        if (
            end is not None
            and self._space.pages(segment.position, end, density) < 2 * self._length()
        ):
            return None
        found = self._space.after(segment.position, self._length(), density)
        if found is None or not found.startswith(self._prefix):
            return None
        return None if end is not None and found >= end else found

    def _length(self) -> int:
        return max(SHORTEST, min(LONGEST, self.read_pages // 4))

    def _density(self, segment: Segment) -> Sample | None:
        firsts = segment.firsts
        if len(firsts) > 2:
            return Sample(firsts[0], firsts[-1], len(firsts) - 1)
        if not firsts:
            return self._typical
        # Of a single page the gap to the next one is not known yet.
        own = Sample(firsts[0], segment.position, len(firsts))
        if self._typical is None or self._space.is_sparser(own, self._typical):
            return own
        return self._typical

    # ---------------------------------------------------------------------- for what comes

    def took(self, segment: Segment, arrival: Arrival) -> None:
        """Take what came for a segment."""
        self._in_flight -= 1
        segment.is_asked = False
        if segment not in self.segments:
            return  # dropped meanwhile
        if not segment.is_proven and segment is not self.segments[0]:
            if arrival.error is not None:
                # Whether there is an error, the segment before finds out.
                self.splits = False
                self._drop(segment)
                return
            if not arrival.first and not arrival.token:
                self._drop(*self.segments[self.segments.index(segment) :])
                return
            if arrival.first and arrival.first <= segment.start:
                self.give_up()
                return
            if segment.end is not None and arrival.first > segment.end:
                self._drop(segment)
                return
            self._proven += bool(arrival.first)
        self._append(segment, arrival)

    def _append(self, segment: Segment, arrival: Arrival) -> None:
        segment.waiting.append(arrival)
        segment.pages += 1
        self._bytes += arrival.size
        self._largest = max(self._largest, arrival.size)
        segment.token, segment.failed = arrival.token, arrival.error
        if arrival.first:
            segment.is_proven = True
            segment.position = arrival.last
            segment.firsts.append(arrival.first)
            if len(segment.firsts) > 2:
                self._typical = self._density(segment)
            self._space.learn(arrival.first)
            self._space.learn(arrival.last)
        segment.settle()
        following = self.segments[self.segments.index(segment) + 1 :]
        if following and not arrival.token and arrival.error is None:
            self._drop(*following)

    def _drop(self, *dropped: Segment) -> None:
        """Leave the keys of segments that follow each other to the one before them."""
        before = self.segments[self.segments.index(dropped[0]) - 1]
        before.end = dropped[-1].end
        if before.reach is None:
            before.reach = dropped[0].start
        before.settle()
        for segment in dropped:
            self.segments.remove(segment)
            self._bytes -= sum(arrival.size for arrival in segment.waiting)
            self._spent += 1

    def give_up(self) -> None:
        """Go on page by page from where the reader is, for good."""
        self.splits = False
        if len(self.segments) > 1:
            self._drop(*self.segments[1:])

    # ------------------------------------------------------------------------ for the reader

    def take(self) -> tuple[Segment, Arrival] | None:
        """Return the page that is to be read next, and its segment; ``None`` while it is to come.

        What it holds is then given to :meth:`~philo_aws.s3.listing.merged.Merger.read`.
        """
        for segment in self.segments[:2]:
            if segment.waiting:
                arrival = segment.waiting.popleft()
                self._bytes -= arrival.size
                self.read_pages += 1
                return segment, arrival
            if not segment.is_done:
                return None
        return None

    @property
    def is_ended(self) -> bool:
        """Whether everything that is to come was taken."""
        return all(segment.is_done and not segment.waiting for segment in self.segments)

    def advance(self, repeated: float) -> None:
        """Go to the second segment; ``repeated`` is how much of a page came twice, 0 to 1."""
        del self.segments[0]
        self._spent += repeated
