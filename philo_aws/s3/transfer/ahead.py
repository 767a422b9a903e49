"""Work on steps in threads, ahead of the order that the steps keep."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

from ...side_by_side import SideBySide
from .plan import PlanStep

# Threads that read files and ask about objects, at first and at most: botocore does not get more
# answers with more of them.
FIRST_WORKERS, WORKERS = 8, 64
AHEAD = 512
"""Steps that are looked at ahead, at most."""

Begin = Callable[[SideBySide, PlanStep], PlanStep | Future[PlanStep]]
"""Returns a step as it is to be, or has that found out in a pool."""


def in_order(steps: Iterable[PlanStep], begin: Begin) -> Iterator[PlanStep]:
    """Yield what becomes of the steps, in their order; raises what the work on one raises."""
    waiting: deque[PlanStep | Future[PlanStep]] = deque()
    with SideBySide(WORKERS, FIRST_WORKERS, "philo-aws-check") as pool:
        try:
            for step in steps:
                begun = begin(pool, step)
                if not waiting and isinstance(begun, PlanStep):
                    yield begun
                    continue
                waiting.append(begun)
                while waiting and (len(waiting) > AHEAD or _ready(waiting[0])):
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        finally:
            for left in waiting:
                if isinstance(left, Future):
                    left.cancel()


def _ready(begun: PlanStep | Future[PlanStep]) -> bool:
    return isinstance(begun, PlanStep) or begun.done()


def _result(begun: PlanStep | Future[PlanStep]) -> PlanStep:
    return begun if isinstance(begun, PlanStep) else begun.result()
