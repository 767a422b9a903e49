"""A listing that is read at several places, without sockets and threads: who is next is drawn."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from philo_aws.s3.listing.merged import Merger
from philo_aws.s3.listing.segments import Arrival, Segment, SegmentPlan

Answerer = Callable[[Segment], Arrival]
"""Answers the next request of a segment."""
StartAfter = Callable[[Sequence[str], str], int]
"""The number of the first key that a store lists for a StartAfter."""

STARTS: dict[str, StartAfter] = {
    "as S3 does": bisect_right,
    "ignored": lambda keys, start: 0,
    "inclusive": bisect_left,
    "one too late": lambda keys, start: bisect_right(keys, start) + 1,
    "a page too late": lambda keys, start: bisect_right(keys, start) + 10,
    "two too early": lambda keys, start: max(0, bisect_right(keys, start) - 2),
    "only of keys that are there": lambda keys, start: (
        bisect_right(keys, start) if start in keys else len(keys)
    ),
    "always the end": lambda keys, start: len(keys),
}


@dataclass
class Simulation:
    """What came of it."""

    plan: SegmentPlan
    given: list[str] = field(default_factory=list)
    """The keys that the reader got."""
    requests: int = 0
    most_waiting: int = 0
    """Pages that waited for the reader, at most."""
    most_in_flight: int = 0
    """Requests that were on their way, at most."""


def listed(
    keys: Sequence[str], size: int, start: StartAfter = bisect_right, *, empties: bool = False
) -> Answerer:
    """Return what answers as a store of `keys` with pages of `size`.

    With `empties` an empty page comes before every other one, as where much was deleted.
    """

    def answer(segment: Segment) -> Arrival:
        begin = int(segment.token or "0")
        if segment.start and not segment.token:
            begin = start(keys, segment.start)
        if empties and not segment.token.startswith("+"):
            return Arrival(asked=segment.token, token=f"+{begin}", content=[])
        return arrival(segment, keys[begin : begin + size], begin + size, len(keys))

    return answer


def arrival(segment: Segment, page: Sequence[str], following: int, count: int) -> Arrival:
    """Return a page, of a listing that goes on with the key of this number."""
    return Arrival(
        first=page[0] if page else "",
        last=page[-1] if page else "",
        asked=segment.token,
        token=str(following) if following < count else "",
        size=1,
        content=list(page),
    )


def simulate(
    answer: Answerer, *, chance: random.Random, side_by_side: int = 16, prefix: str = ""
) -> Simulation:
    """List to the end; in which order answers come, and when the reader reads, is drawn."""
    plan = SegmentPlan(splits=True, prefix=prefix)
    merger, done = Merger(plan), Simulation(plan)
    in_flight: list[tuple[Segment, Arrival]] = []
    while not merger.is_ended:
        while (segment := plan.next(side_by_side)) is not None:
            done.requests += 1
            in_flight.append((segment, answer(segment)))
        done.most_in_flight = max(done.most_in_flight, len(in_flight))
        waiting = sum(len(segment.waiting) for segment in plan.segments)
        done.most_waiting = max(done.most_waiting, waiting)
        taken, piece = None, None
        if not in_flight or chance.random() < 0.5:
            piece = merger.rest()
            taken = plan.take() if piece is None else None
        if taken is not None:
            piece = merger.read(*taken, taken[1].content)
        if piece is not None:
            done.given += piece.content[piece.part]
        elif taken is None and in_flight:
            plan.took(*in_flight.pop(chance.randrange(len(in_flight))))
    return done
