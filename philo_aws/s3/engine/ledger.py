"""The books of a run: what waits, what flies, what is tried again, and when nothing is left.

Pure bookkeeping: it starts no thread, moves no byte and calls nobody. Every method may be called
from any thread; the lanes' ``ready`` may be appended to without asking.
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
from .size_class import Lane, Transfer, Transport

READ_AHEAD = 2048
"""Tasks that wait at most; the planner pauses meanwhile. Four for each request that may fly are
enough: at first it would only keep this process from the first answers."""
REFILL = 4
"""The part of them, as a divisor, at which the planner goes on."""
TICK = 0.25
"""Seconds after which a thread that waits looks for itself."""
RENEWALS = 3
"""Renewals of one kind that are tried one after the other, without a success in between."""

_now = time.monotonic


class Verdict(enum.Enum):
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
        self.lanes = list(transport.lanes())
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
        return min(READ_AHEAD, 4 * sum(lane.window.size for lane in self.lanes))

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
        return sum(len(lane.ready) for lane in self.lanes)

    # ---------------------------------------------------------------------- one attempt

    def take(self, lane: Lane) -> Transfer | None:
        """Take the next transfer of ``lane`` that may fly now, for one attempt."""
        with self._lock:
            active = lane.active
            if len(active) >= lane.window.size or self.stopped or self.renewal:
                return None
            now = _now()
            if lane.window.resume_at > now:
                return None
            if lane.due:
                transfer = lane.due[0]
                if active and lane.held + transfer.weight > lane.budget:
                    return None
                lane.due.popleft()
            elif lane.ready:
                transfer = Transfer(lane.ready[0], lane)
                if active and lane.held + transfer.weight > lane.budget:
                    return None
                lane.ready.popleft()
                self._unsettled += 1
                if self._wants_room and self._has_room(len(lane.ready)):
                    self._room.set()
            else:
                return None
            lane.held += transfer.weight
            active[transfer] = None
            transfer.attempts += 1
            transfer.started = now
            transfer.generation = self._transport.generation
            return transfer

    def succeeded(self, transfer: Transfer) -> bool:
        """Book that an attempt did it; false where the attempt had ended before."""
        lane = transfer.lane
        with self._lock:
            if lane.active.pop(transfer, self) is self:
                return False
            lane.held -= transfer.weight
            now = _now()
            lane.window.succeeded(now, len(lane.active) + 1, now - transfer.started)
            self._succeeded = self.reached = True
            self._silent_since = 0.0
            self._renewals = 0
            return True

    def moved(self) -> None:
        """Book that some bytes got through."""
        self.reached = True
        self._silent_since = 0.0

    def failed(self, transfer: Transfer, failure: Failure, *, unheard: bool = False) -> Verdict:
        """Book that an attempt failed, or that it is no longer waited for and was ``unheard`` of.

        What is heard of it later is not taken for the next attempt.
        """
        lane, now = transfer.lane, _now()
        with self._lock:
            if lane.active.pop(transfer, self) is self:
                return Verdict.KNOWN
            lane.held -= transfer.weight
            if failure.kind is Kind.THROTTLED:
                lane.window.throttled(now)
            elif failure.kind in RETRIED:
                lane.window.failed(now)
            if self.stopped or not self._may_try_again(transfer, failure, now):
                return Verdict.OVER
            due = max(now + delay(transfer.attempts), lane.window.resume_at)
            if failure.kind is Kind.UNREACHABLE and not self._succeeded:
                # The last attempt comes when the patience ends, and not long after.
                due = min(due, max(now, transfer.begun + self._patience.unreachable))
            transfer = transfer.without_attempt() if unheard else transfer
            heapq.heappush(self._later, (due, next(self._order), transfer))
            return Verdict.AGAIN

    def fit(self, rate: float) -> None:
        """Book how many bytes a second get through."""
        with self._lock:
            for lane in self.lanes:
                lane.fit(rate)

    def stalled(self, transfers: Sequence[Transfer]) -> None:
        """Book that attempts stand still: where it is many of a lane, fewer fly from now on."""
        with self._lock:
            for lane in self.lanes:
                late = sum(transfer.lane is lane for transfer in transfers)
                if late > 1 and 2 * late >= len(lane.active):
                    lane.window.stalled(_now())

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
        """Book that the result of a task was given; true where it was the last."""
        with self._lock:
            self._unsettled -= 1
            return self._has_ended()

    # ------------------------------------------------------------------- from the keeper

    def pause(self) -> float:
        """Return the seconds after which something may be due, :data:`TICK` at most."""
        with self._lock:
            times = [self._later[0][0]] if self._later else []
            times += [lane.window.resume_at for lane in self.lanes if lane.window.resume_at]
        now = _now()
        return min([TICK, *(time - now for time in times if time > now)])

    def promote(self) -> None:
        """Let what is due be taken again."""
        now = _now()
        with self._lock:
            while self._later and self._later[0][0] <= now:
                transfer = heapq.heappop(self._later)[2]
                transfer.lane.due.append(transfer)

    def renewed(self, error: AWSError | None) -> None:
        """Book that :attr:`renewal` was tried, and what came of it."""
        with self._lock:
            if error is not None:
                self.fatal = error
            self._renewals += 1
            self.renewal = None

    def flying(self) -> list[Transfer]:
        """Return the transfers that are on their way."""
        with self._lock:
            return [transfer for lane in self.lanes for transfer in lane.active]

    def withdraw(self) -> Transfer | None:
        """Take a transfer that waits, to give it up; ``None`` when there is none left."""
        with self._lock:
            for lane in self.lanes:
                if lane.ready:
                    self._unsettled += 1
                    return Transfer(lane.ready.popleft(), lane)
                if lane.due:
                    return lane.due.popleft()
            return self._later.pop()[2] if self._later else None
