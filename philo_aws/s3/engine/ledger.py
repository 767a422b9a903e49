"""The ledger of a run: what waits, what is in flight, what is tried again, and when all is done.

It only keeps count: it starts no thread, moves no byte and calls nobody. Every method may be called
from any thread; the size classes' ``ready`` may be appended to without asking.
"""

from __future__ import annotations

import enum
import heapq
import itertools
import threading
import time
from collections.abc import Sequence

from ...conf import Purpose
from ...exceptions import RENEWED, RETRIED, AWSError, Kind
from ...patience import delay, patience_for
from .failure import Failure
from .size_class import SizeClass, Transfer
from .transport import Transport

READ_AHEAD = 2048
"""Tasks that wait at most; the planner pauses meanwhile. Four for each request that may be in
flight are enough: at first it would only keep this process from the first answers."""
REFILL = 4
"""The part of them, as a divisor, at which the planner goes on."""
TICK = 0.25
"""Seconds after which a thread that waits looks for itself."""
RENEWALS = 3
"""Renewals of one kind that are tried one after the other, without a success in between."""

_now = time.monotonic


class AfterFailure(enum.Enum):
    """What becomes of a transfer whose attempt failed."""

    KNOWN = enum.auto()
    """Nothing more: the attempt had ended before."""
    AGAIN = enum.auto()
    """It is tried again when its time has come."""
    OVER = enum.auto()
    """It is given up."""


class Ledger:
    """See the module."""

    def __init__(self, transport: Transport, *, purpose: Purpose) -> None:
        self.size_classes = list(transport.size_classes())
        self.stopped = 0
        """How often the run was told to stop: 1 lets requests end, 2 aborts them at once."""
        self.fatal: AWSError | None = None
        """What ends every task that is begun from now on."""
        self.renewal: Failure | None = None
        """What calls for new credentials or another region; nothing is begun meanwhile."""
        self._transport = transport
        self._patience = patience_for(purpose)
        self._lock = threading.Lock()
        self._room = threading.Event()
        self._wants_room = False
        self._later: list[tuple[float, int, Transfer]] = []
        self._order = itertools.count()
        self._closed = False
        self._unsettled = 0
        self._renewals = 0
        self._succeeded = False
        self.reached = False
        """Whether anything ever got through."""
        self._silent_since = 0.0
        """When the first failure came after which nothing got through; 0 for none."""

    # ------------------------------------------------------------------ from the planner

    def wait_for_room(self) -> None:
        """Return when few enough tasks wait that more may be read."""
        if self._waiting() < self._read_ahead():
            return
        self._wants_room = True
        while self._waiting() > self._read_ahead() // REFILL and not self.stopped:
            self._room.clear()
            if self._waiting() > self._read_ahead() // REFILL:
                self._room.wait(TICK)
        self._wants_room = False

    def _read_ahead(self) -> int:
        return min(READ_AHEAD, 4 * sum(size_class.window.size for size_class in self.size_classes))

    def _has_room(self, waiting: int) -> bool:
        # The first is cheap, and says no for most.
        return waiting <= READ_AHEAD // REFILL and waiting <= self._read_ahead() // REFILL

    def close(self) -> None:
        """Take note that no task will come any more."""
        self._closed = True

    def stop(self, level: int) -> None:
        """Begin nothing more; see :attr:`stopped`."""
        self.stopped = max(self.stopped, level)
        self._closed = True
        self._room.set()

    def has_ended(self) -> bool:
        """Say whether every task was settled and none will come."""
        with self._lock:
            return self._has_ended()

    def _has_ended(self) -> bool:
        """Say so; needs the lock."""
        return self._closed and not self._unsettled and not self._waiting()

    def _waiting(self) -> int:
        return sum(len(size_class.ready) for size_class in self.size_classes)

    # ---------------------------------------------------------------------- one attempt

    def take(self, size_class: SizeClass) -> Transfer | None:
        """Take the next transfer of ``size_class`` that may begin now, for one attempt."""
        with self._lock:
            active = size_class.active
            if len(active) >= size_class.window.size or self.stopped or self.renewal:
                return None
            now = _now()
            if size_class.window.resume_at > now:
                return None
            if size_class.due:
                transfer = size_class.due[0]
                if active and size_class.held + transfer.weight > size_class.budget:
                    return None
                size_class.due.popleft()
            elif size_class.ready:
                transfer = Transfer(size_class.ready[0], size_class)
                if active and size_class.held + transfer.weight > size_class.budget:
                    return None
                size_class.ready.popleft()
                self._unsettled += 1
                if self._wants_room and self._has_room(len(size_class.ready)):
                    self._room.set()
            else:
                return None
            size_class.held += transfer.weight
            active[transfer] = None
            transfer.attempts += 1
            transfer.started = now
            transfer.generation = self._transport.generation
            return transfer

    def succeeded(self, transfer: Transfer) -> bool:
        """Note that an attempt did it; false where the attempt had ended before."""
        size_class = transfer.size_class
        with self._lock:
            if size_class.active.pop(transfer, self) is self:
                return False
            size_class.held -= transfer.weight
            now = _now()
            size_class.window.succeeded(now, len(size_class.active) + 1, now - transfer.started)
            self._succeeded = self.reached = True
            self._silent_since = 0.0
            self._renewals = 0
            return True

    def moved(self) -> None:
        """Note that some bytes got through."""
        self.reached = True
        self._silent_since = 0.0

    def failed(
        self, transfer: Transfer, failure: Failure, *, unheard: bool = False
    ) -> AfterFailure:
        """Note that an attempt failed, or that it is no longer waited for and was ``unheard`` of.

        What is heard of it later is not taken for the next attempt.
        """
        size_class, now = transfer.size_class, _now()
        with self._lock:
            if size_class.active.pop(transfer, self) is self:
                return AfterFailure.KNOWN
            size_class.held -= transfer.weight
            if failure.kind is Kind.THROTTLED:
                size_class.window.throttled(now)
            elif failure.kind in RETRIED:
                size_class.window.failed(now)
            if self.stopped or not self._may_try_again(transfer, failure, now):
                return AfterFailure.OVER
            due = max(now + delay(transfer.attempts), size_class.window.resume_at)
            if failure.kind is Kind.UNREACHABLE and not self._succeeded:
                # The last attempt comes when the patience ends, and not long after.
                due = min(due, max(now, transfer.begun + self._patience.unreachable))
            transfer = transfer.without_attempt() if unheard else transfer
            heapq.heappush(self._later, (due, next(self._order), transfer))
            return AfterFailure.AGAIN

    def fit(self, rate: float) -> None:
        """Note how many bytes a second get through."""
        with self._lock:
            for size_class in self.size_classes:
                size_class.fit(rate)

    def stalled(self, transfers: Sequence[Transfer]) -> None:
        """Note that attempts stand still; many of one size class at once halve its window."""
        with self._lock:
            for size_class in self.size_classes:
                late = sum(transfer.size_class is size_class for transfer in transfers)
                if late > 1 and 2 * late >= len(size_class.active):
                    size_class.window.stalled(_now())

    def _may_try_again(self, transfer: Transfer, failure: Failure, now: float) -> bool:
        """Decide whether the task is tried again; needs the lock."""
        kind = failure.kind
        if kind in RENEWED and transfer.generation == self._transport.generation:
            if self._renewals >= RENEWALS:
                kind = Kind.FOR_ALL
            elif self.renewal is None:
                self.renewal = failure
        if kind in RETRIED:
            self._silent_since = self._silent_since or now
            if now - self._silent_since >= self._patience.silence:
                self.fatal = self.fatal or failure.error
                return False
            over = self._patience.is_over(
                attempts=transfer.attempts,
                seconds=now - transfer.begun,
                kind=kind,
                reached=self._succeeded,
            )
            if not over:
                return True
            if kind is Kind.UNREACHABLE:
                kind = Kind.FOR_ALL
        if kind is Kind.FOR_ALL and not self._succeeded:
            self.fatal = self.fatal or failure.error
        return False

    def settled(self) -> bool:
        """Note that the result of a task was given; true where it was the last."""
        with self._lock:
            self._unsettled -= 1
            return self._has_ended()

    # ------------------------------------------------------------------- from the keeper

    def pause(self) -> float:
        """Return the seconds after which something may be due, :data:`TICK` at most."""
        with self._lock:
            times = [self._later[0][0]] if self._later else []
            pauses = [size_class.window.resume_at for size_class in self.size_classes]
            times += filter(None, pauses)
        now = _now()
        return min([TICK, *(time - now for time in times if time > now)])

    def promote(self) -> None:
        """Let what is due be taken again."""
        now = _now()
        with self._lock:
            while self._later and self._later[0][0] <= now:
                transfer = heapq.heappop(self._later)[2]
                transfer.size_class.due.append(transfer)

    def renewed(self, error: AWSError | None) -> None:
        """Note that :attr:`renewal` was tried, and what came of it."""
        with self._lock:
            if error is not None:
                self.fatal = error
            self._renewals += 1
            self.renewal = None

    def in_flight(self) -> list[Transfer]:
        """Return the transfers that are on their way."""
        with self._lock:
            return [transfer for size_class in self.size_classes for transfer in size_class.active]

    def withdraw(self) -> Transfer | None:
        """Take a transfer that waits, to give it up; ``None`` when there is none left."""
        with self._lock:
            for size_class in self.size_classes:
                if size_class.ready:
                    self._unsettled += 1
                    return Transfer(size_class.ready.popleft(), size_class)
                if size_class.due:
                    return size_class.due.popleft()
            return self._later.pop()[2] if self._later else None
