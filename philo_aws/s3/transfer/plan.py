"""What is to be done, from two streams in key order: pure, without a store or a file system.

Both streams are read side by side, so the first step comes before either has ended, and memory
holds one item of each.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ...exceptions import AWSError, ServiceError
from ..files.tree import File, Obstacle
from ..listing.xml import Object

NEW = "new"
UNCHANGED = "unchanged"
UNDECIDED = "?"

Item = File | Object
Side = Iterable[File | Obstacle | Object]
Differs = Callable[[Any, Any], str]


class Verdict(enum.Enum):
    """What the plan says of a key."""

    MOVE = "move"
    """The source's item is to be brought to the target."""
    CHECK = "check"
    """Both sides have it and only their content can tell whether they are equal."""
    SAME = "same"
    """Both sides are equal."""
    EXTRA = "extra"
    """Only the target has it."""
    LEFT = "left"
    """The source has something there that is left out on purpose."""
    BROKEN = "broken"
    """The source has something there that cannot be read."""
    HIDDEN = "hidden"
    """The target has something there that cannot be read, and the source nothing."""


class PlanStep(NamedTuple):
    """One key and what is to be done with it."""

    verdict: Verdict
    """What is to be done."""
    key: str
    """The key, relative to both roots."""
    source: Any = None
    """The source's :class:`~philo_aws.s3.files.tree.File`, or
    :class:`~philo_aws.s3.listing.xml.Object`."""
    target: Any = None
    """The target's."""
    reason: str = ""
    """Why."""
    error: AWSError | None = None
    """What is wrong there."""
    path: str = ""
    """The local path of what is left out or wrong."""


def compare(source: Side, target: Side, differs: Differs) -> Iterator[PlanStep]:
    """Yield a step for every key of either side, in key order.

    ``differs(source item, target item)`` returns why a pair must be moved, an empty string for
    equal ones, or :data:`UNDECIDED`. Extra keys at or below a place that the source leaves out
    are not yielded: what is there is not known to be gone. Raises
    :exc:`~philo_aws.exceptions.ServiceError` for a stream that is not in key order.
    """
    return _Merge(source, target, differs).steps()


class _Merge:
    def __init__(self, source: Side, target: Side, differs: Differs) -> None:
        self._source = iter(source)
        self._target = iter(target)
        self._differs = differs
        self._left: set[str] = set()
        self._aside: list[PlanStep] = []
        self._hidden: deque[PlanStep] = deque()

    def steps(self) -> Iterator[PlanStep]:
        differs, aside, hidden = self._differs, self._aside, self._hidden
        mine, other = self._next_source(""), self._next_target("")
        while mine is not None or other is not None:
            if aside:
                yield from aside
                aside.clear()
            if hidden:
                yield from self._passed(mine)
            if mine is not None and (other is None or mine.key < other.key):
                yield PlanStep(Verdict.MOVE, mine.key, mine, None, NEW)
                mine = self._next_source(mine.key)
            elif other is not None and (mine is None or other.key < mine.key):
                if not self._is_left_out(other.key):
                    yield PlanStep(Verdict.EXTRA, other.key, None, other)
                other = self._next_target(other.key)
            elif mine is not None and other is not None:
                key, reason = mine.key, differs(mine, other)
                verdict = Verdict.MOVE if reason else Verdict.SAME
                if reason == UNDECIDED:
                    verdict = Verdict.CHECK
                yield PlanStep(verdict, key, mine, other, reason or UNCHANGED)
                mine, other = self._next_source(key), self._next_target(key)
        yield from aside
        yield from hidden

    def _passed(self, mine: Item | None) -> Iterator[PlanStep]:
        """Yield what is hidden before ``mine``; what is in its own place, its move will meet."""
        hidden = self._hidden
        while hidden and (mine is None or hidden[0].key <= mine.key):
            step = hidden.popleft()
            if mine is None or step.key != mine.key:
                yield step

    def _next_source(self, last: str) -> Item | None:
        for found in self._source:
            if not isinstance(found, Obstacle):
                return _in_order(found, last)
            if found.error is None:
                self._left.add(found.key)
            verdict = Verdict.BROKEN if found.error else Verdict.LEFT
            self._aside.append(_aside(verdict, found))
        return None

    def _next_target(self, last: str) -> Item | None:
        for found in self._target:
            if not isinstance(found, Obstacle):
                return _in_order(found, last)
            if found.error is not None:
                self._hidden.append(_aside(Verdict.HIDDEN, found))
        return None

    def _is_left_out(self, key: str) -> bool:
        left = self._left
        if not left:
            return False
        if key in left:
            return True
        end = key.find("/")
        while end >= 0:
            if key[: end + 1] in left:
                return True
            end = key.find("/", end + 1)
        return False


def _aside(verdict: Verdict, found: Obstacle) -> PlanStep:
    return PlanStep(verdict, found.key, None, None, found.reason, found.error, found.path)


def _in_order(item: Item, last: str) -> Item:
    if last and item.key <= last:
        raise ServiceError(
            f"The listing is not in key order: {item.key!r} comes after {last!r}. "
            "Directory buckets and some S3-compatible stores list so; sync needs the order."
        )
    return item
