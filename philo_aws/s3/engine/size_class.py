"""What is moved by a run: transfers in their lanes, and what carries them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...exceptions import AWSError
from ...window import FIRST, Window
from .base import OnBytes, OnResult, Task
from .failure import Failure

if TYPE_CHECKING:
    from .run import Run


class Transfer:
    """One task on its way."""

    __slots__ = (
        "attempts",
        "begun",
        "damages",
        "digest",
        "etag",
        "generation",
        "lane",
        "lent",
        "moved",
        "request",
        "request_id",
        "seen",
        "started",
        "state",
        "task",
        "weight",
    )

    def __init__(self, task: Task, lane: Lane) -> None:
        self.task = task
        self.lane = lane
        self.weight = min(lane.heaviest, task.size)
        self.attempts = 0
        self.damages = 0
        self.begun = 0.0
        """When its first attempt began."""
        self.started = 0.0
        """When this attempt began."""
        self.generation = 0
        self.moved = 0.0
        """Until when its time is paid for; see :mod:`philo_aws.s3.engine.pace`."""
        self.lent = 0.0
        """Bytes of the others that were taken for its own since it was last seen to move."""
        self.seen = 0
        """Bytes of this attempt that were told to ``on_bytes``."""
        self.etag = ""
        self.digest = ""
        """That of the attempt before, where it was not the right one."""
        self.request_id = ""
        self.request: Any = None
        """The transport's handle of what is flying."""
        self.state: Any = None
        """What the transport keeps for this attempt."""

    def without_attempt(self) -> Transfer:
        """Return a copy that nothing which is still heard of the last attempt can reach."""
        copy = Transfer(self.task, self.lane)
        copy.attempts = self.attempts
        copy.begun = self.begun
        copy.digest = self.digest
        copy.damages = self.damages
        return copy


class Lane:
    """The tasks of one class of size."""

    __slots__ = (
        "active",
        "budget",
        "due",
        "heaviest",
        "held",
        "least",
        "most",
        "ready",
        "window",
        "within",
    )

    def __init__(
        self,
        *,
        limit: int,
        budget: int,
        at_first: int = FIRST,
        first_budget: int | None = None,
        within: float = 0.0,
    ) -> None:
        self.window = Window(limit, at_first, spent=time.process_time)
        self.most = budget
        self.budget = budget if first_budget is None else min(first_budget, budget)
        """Bytes in flight at most; one task may exceed it when it flies alone."""
        self.least = self.budget // 16
        self.within = within
        """Seconds in which what flies is to get through, where it is seen how fast that goes; 0
        for any time."""
        self.heaviest = budget
        self.held = 0
        self.ready: deque[Task] = deque()
        self.due: deque[Transfer] = deque()
        """Those to be tried again now."""
        self.active: dict[Transfer, None] = {}

    def fit(self, rate: float) -> None:
        """Let no more fly than gets through in time, of which ``rate`` bytes a second did just now.

        That says nothing of a link that has less to do than it may.
        """
        fitting = int(min(self.most, rate * self.within))
        if self.within and (fitting > self.budget or 2 * self.held > self.budget):
            self.budget = max(fitting, self.least)


class Transport(Protocol):
    """What carries the bytes: awscrt, or boto3 in threads."""

    generation: int

    def lanes(self) -> Sequence[Lane]:
        """Return fresh lanes for one run."""

    def lane_of(self, task: Task) -> int:
        """Return the number of the lane for ``task``."""

    def start(self, run: Run, transfer: Transfer) -> None:
        """Begin one attempt; its end calls ``run.succeeded`` or ``run.failed``, or this raises."""

    def cancel(self, transfer: Transfer) -> None:
        """Make the attempt end soon; it still calls ``run.failed``."""

    def discard(self, transfer: Transfer) -> None:
        """Remove what an attempt left that will never be heard of again."""

    def failure_of(self, error: BaseException, task: Task) -> Failure:
        """Return what an exception of :meth:`start` means."""

    def renew(self, failure: Failure) -> None:
        """Fetch new credentials, or turn to the region that the failure names."""

    def trouble(self) -> AWSError | None:
        """Return why nothing can ever get through, where that can be found out; may take long."""

    def silence(self) -> float:
        """Return the seconds for which an attempt may stand still."""

    def unseen(self, transfer: Transfer) -> int:
        """Return the bytes of an attempt that may be on their way without being seen to move."""

    def through(self) -> int | None:
        """Return the bytes that got through since the last call; ``None`` where nobody knows."""

    def tend(self) -> float:
        """Look after the connections, and return the seconds after which to do so again."""


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """Whom to tell."""

    on_result: OnResult
    """Called once for each task."""
    on_bytes: OnBytes | None
    """Called with the bytes moved."""
