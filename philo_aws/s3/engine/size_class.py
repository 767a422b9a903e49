"""What is moved by a run: transfers, each in the class of its size.

Many small objects at once fill a link, and so do a few large ones in parts: each class has a window
of its own, and bytes that it may have in flight.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Protocol

from ...window import FIRST, Window
from .base import Task


class Attempt(Protocol):
    """One attempt at a transfer, as its transport makes it."""

    def cancel(self) -> None:
        """Make it end soon; it still calls ``run.failed``."""

    def discard(self) -> None:
        """Remove what it left, if it will never be heard of again."""


class Transfer:
    """One task on its way."""

    __slots__ = (
        "attempt",
        "attempts",
        "begun",
        "damages",
        "digest",
        "etag",
        "generation",
        "lent",
        "moved",
        "request_id",
        "seen",
        "size_class",
        "started",
        "task",
        "weight",
    )

    def __init__(self, task: Task, size_class: SizeClass) -> None:
        self.task = task
        self.size_class = size_class
        self.weight = min(size_class.heaviest, task.size)
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
        self.attempt: Attempt | None = None
        """The attempt that is being made, until its end."""

    def cancel(self) -> None:
        """Make the attempt end soon, if there is one."""
        attempt = self.attempt
        if attempt is not None:
            attempt.cancel()

    def discard(self) -> None:
        """Remove what the attempt left, if there is one."""
        attempt = self.attempt
        if attempt is not None:
            attempt.discard()

    def without_attempt(self) -> Transfer:
        """Return a copy that nothing which is still heard of the last attempt can reach."""
        copy = Transfer(self.task, self.size_class)
        copy.attempts = self.attempts
        copy.begun = self.begun
        copy.digest = self.digest
        copy.damages = self.damages
        return copy


class SizeClass:
    """The tasks of one class of size, waiting and in flight."""

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
        """Bytes in flight at most; one task may exceed it when it is in flight alone."""
        self.least = self.budget // 16
        self.within = within
        """Seconds in which what is in flight is to get through, where it is seen how fast that
        goes; 0 for any time."""
        self.heaviest = budget
        self.held = 0
        self.ready: deque[Task] = deque()
        self.due: deque[Transfer] = deque()
        """Those to be tried again now."""
        self.active: dict[Transfer, None] = {}

    def fit(self, rate: float) -> None:
        """Have no more in flight than gets through in time: ``rate`` bytes a second did just now.

        That says nothing of a link that has less to do than it may.
        """
        fitting = int(min(self.most, rate * self.within))
        if self.within and (fitting > self.budget or 2 * self.held > self.budget):
            self.budget = max(fitting, self.least)
