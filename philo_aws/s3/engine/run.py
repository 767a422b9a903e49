"""One run of an engine: what waits, what flies, what is tried again, and when it is over.

Tasks go from the calling thread, which only appends them, to the lane of their size. A request that
ends starts the next one of its lane in its own thread: a hand-over between threads would cost more
than the request. One further thread, the keeper, begins requests where a lane idles, tries again
what is due, ends what stands still, and winds up after an interrupt.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Iterable

from ...conf import Purpose
from ...exceptions import AWSError, NetworkError
from . import retry
from .base import INTERRUPTED, Result, Task
from .lanes import Callbacks, Lane, Transfer, Transport
from .retry import RENEWED, RETRIED, Failure, Kind

READ_AHEAD = 2048
"""Tasks that wait at most; the planner pauses meanwhile."""
REFILL = 512
"""Tasks waiting at which the planner goes on."""
TICK = 0.25
"""Seconds between two looks of the keeper."""
GRACE = 3.0
"""Seconds after an interrupt in which requests may still end by themselves."""
LAST_GRACE = 10.0
"""Seconds that aborted requests get to end."""
RENEWALS = 3
"""Renewals of one kind that are tried one after the other, without a success in between."""

_now = time.monotonic


class Run:
    """See the module."""

    def __init__(self, transport: Transport, callbacks: Callbacks, *, purpose: Purpose) -> None:
        self._transport = transport
        self._on_result = callbacks.on_result
        self._on_bytes = callbacks.on_bytes
        self._patience = retry.PATIENCE[purpose]
        self.lanes = list(transport.lanes())
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._kick = threading.Event()
        self._room = threading.Event()
        self._over = threading.Event()
        self._unsettled = 0
        self._later: list[tuple[float, int, Transfer]] = []
        self._order = itertools.count()
        self._closed = False
        self._waiting = False
        self._stopped = 0
        """How often the run was told to stop: 1 lets requests end, 2 aborts them at once."""
        self._fatal: AWSError | None = None
        self._renewal: Failure | None = None
        self._renewals = 0
        self._succeeded = False
        self._broken: BaseException | None = None

    # ------------------------------------------------------------ in the calling thread

    def drive(self, tasks: Iterable[Task]) -> None:
        """Do all ``tasks``; see :meth:`philo_aws.s3.engine.base.Engine.run`."""
        keeper = threading.Thread(target=self._keep, name="philo-aws-transfers", daemon=True)
        keeper.start()
        try:
            try:
                self._pull(tasks)
            finally:
                self._closed = True
                self._kick.set()
            self._wait()
        except Exception:
            # The planner failed: what it gave before is still done.
            self._wait_out()
            raise
        except BaseException:
            self._stop()
            self._wait_out()
            raise
        finally:
            self._stop(2)
            keeper.join(TICK)
        if self._broken is not None:
            raise self._broken

    def _pull(self, tasks: Iterable[Task]) -> None:
        lane_of, lanes, kick = self._transport.lane_of, self.lanes, self._kick
        for count, task in enumerate(tasks):
            lane = lanes[lane_of(task)]
            lane.ready.append(task)
            if len(lane.active) < lane.window.size and not kick.is_set():
                kick.set()
            if not count % 64 and self._waits() >= READ_AHEAD:
                self._wait_for_room()
            if self._stopped:
                return

    def _waits(self) -> int:
        return sum(len(lane.ready) for lane in self.lanes)

    def _wait_for_room(self) -> None:
        self._waiting = True
        while self._waits() > REFILL and not self._stopped:
            self._room.clear()
            if self._waits() > REFILL:
                self._room.wait(TICK)
        self._waiting = False

    def _wait(self) -> None:
        # In slices: some platforms deliver a signal only between two waits.
        while not self._over.wait(1.0):
            pass

    def _wait_out(self) -> None:
        """Wait for the last result, whatever the user presses."""
        while True:
            try:
                self._wait()
            except KeyboardInterrupt:
                self._stop(2)
            else:
                return

    def _stop(self, level: int = 1) -> None:
        self._stopped = max(self._stopped, level)
        self._closed = True
        self._kick.set()

    # ------------------------------------------------- in the threads of the transport

    def succeeded(self, transfer: Transfer, size: int) -> None:
        """Take note that an attempt did it."""
        lane = transfer.lane
        with self._lock:
            if lane.active.pop(transfer, self) is self:
                return
            lane.held -= transfer.weight
            lane.window.succeeded()
            self._succeeded = True
            self._renewals = 0
            following = self._next(lane)
        if following is not None:
            self._start(following)
        self._tell(transfer, size, None)

    def failed(self, transfer: Transfer, failure: Failure) -> None:
        """Take note that an attempt failed."""
        if failure.kind is Kind.CANCELLED and not self._stopped:
            failure = Failure(kind=Kind.TRANSIENT, error=_stalled(transfer))
        if self._settle(transfer, failure):
            self._fill(transfer.lane)

    def progress(self, transfer: Transfer, count: int) -> None:
        """Take note that an attempt moved ``count`` bytes."""
        transfer.moved = _now()
        if transfer in transfer.lane.active:
            transfer.seen += count
            self._tell_bytes(count)

    # ------------------------------------------------------------------ in any of them

    def _next(self, lane: Lane) -> Transfer | None:
        """Take the next transfer of ``lane`` that may fly now; needs the lock."""
        active = lane.active
        if len(active) >= lane.window.size or self._stopped or self._renewal:
            return None
        if lane.window.resume_at and lane.window.resume_at > _now():
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
            if self._waiting and len(lane.ready) <= REFILL:
                self._room.set()
        else:
            return None
        lane.held += transfer.weight
        active[transfer] = None
        transfer.attempts += 1
        transfer.generation = self._transport.generation
        return transfer

    def _start(self, transfer: Transfer) -> None:
        """Begin an attempt, or the next one where it cannot be begun."""
        failure = self._begin(transfer)
        if failure is not None and self._settle(transfer, failure):
            self._fill(transfer.lane)

    def _fill(self, lane: Lane) -> None:
        """Begin as many attempts as the lane allows."""
        while True:
            with self._lock:
                transfer = self._next(lane)
            if transfer is None:
                return
            failure = self._begin(transfer)
            if failure is not None:
                self._settle(transfer, failure)

    def _begin(self, transfer: Transfer) -> Failure | None:
        if self._fatal is not None:
            transfer.attempts -= 1
            return Failure(kind=Kind.PERMANENT, error=_again(self._fatal))
        transfer.moved = _now()
        transfer.begun = transfer.begun or transfer.moved
        try:
            self._transport.start(self, transfer)
        except Exception as error:  # noqa: BLE001 - one task's error must not stop the others
            return self._transport.failure_of(error, transfer.task)
        return None

    def _settle(self, transfer: Transfer, failure: Failure) -> bool:
        """Put a failed transfer aside for later, or give it up; false if it was settled before."""
        lane, now = transfer.lane, _now()
        with self._lock:
            if lane.active.pop(transfer, self) is self:
                return False
            lane.held -= transfer.weight
            if failure.kind is Kind.THROTTLED:
                lane.window.throttled(now)
            elif failure.kind in RETRIED:
                lane.window.failed(now)
            again = not self._stopped and self._may_try_again(transfer, failure, now)
            if again:
                due = max(now + retry.delay(transfer.attempts), lane.window.resume_at)
                heapq.heappush(self._later, (due, next(self._order), transfer))
                self._kick.set()
        if transfer.seen:
            self._tell_bytes(-transfer.seen)
            transfer.seen = 0
        if not again:
            stopped = failure.kind is Kind.CANCELLED or (self._stopped and failure.kind in RETRIED)
            self._tell(transfer, 0, interrupted() if stopped else failure.error)
        return True

    def _may_try_again(self, transfer: Transfer, failure: Failure, now: float) -> bool:
        """Decide whether the task is tried again; needs the lock."""
        kind = failure.kind
        if kind in RENEWED and transfer.generation == self._transport.generation:
            if self._renewals >= RENEWALS:
                kind = Kind.FOR_ALL
            elif self._renewal is None:
                self._renewal = failure
        if kind in RETRIED:
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
            self._fatal = self._fatal or failure.error
        return False

    def _tell(self, transfer: Transfer, size: int, error: AWSError | None) -> None:
        """Give the result of a task, and see whether it was the last."""
        moved = size - transfer.seen if error is None else 0
        result = Result(
            task=transfer.task,
            error=error,
            bytes=size,
            attempts=transfer.attempts,
            etag=transfer.etag,
            request_id=transfer.request_id or (error.request_id if error else ""),
        )
        with self._telling:
            try:
                if self._broken is None:
                    if moved and self._on_bytes is not None:
                        self._on_bytes(moved)
                    self._on_result(result)
            except BaseException as broken:  # noqa: BLE001 - raised again by drive()
                self._broken = broken
                self._stop()
        with self._lock:
            self._unsettled -= 1
            ended = self._has_ended()
        if ended:
            self._over.set()

    def _tell_bytes(self, count: int) -> None:
        if self._on_bytes is None:
            return
        with self._telling:
            try:
                if self._broken is None:
                    self._on_bytes(count)
            except BaseException as broken:  # noqa: BLE001 - raised again by drive()
                self._broken = broken
                self._stop()

    def _has_ended(self) -> bool:
        return self._closed and not self._unsettled and not self._waits()

    # --------------------------------------------------------------------- the keeper

    def _keep(self) -> None:
        stopped_at = 0.0
        while not self._over.is_set():
            self._kick.wait(self._pause())
            self._kick.clear()
            if self._stopped:
                stopped_at = stopped_at or _now()
                self._wind_up(_now() - stopped_at)
            else:
                self._renew()
                self._promote()
                for lane in self.lanes:
                    self._fill(lane)
                self._watch()
            with self._lock:
                ended = self._has_ended()
            if ended:
                self._over.set()

    def _pause(self) -> float:
        with self._lock:
            times = [self._later[0][0]] if self._later else []
            times += [lane.window.resume_at for lane in self.lanes if lane.window.resume_at]
        now = _now()
        return min([TICK, *(time - now for time in times if time > now)])

    def _promote(self) -> None:
        now = _now()
        with self._lock:
            while self._later and self._later[0][0] <= now:
                transfer = heapq.heappop(self._later)[2]
                transfer.lane.due.append(transfer)

    def _renew(self) -> None:
        failure = self._renewal
        if failure is None:
            return
        try:
            self._transport.renew(failure)
        except Exception as error:  # noqa: BLE001 - ends the run with this error
            self._fatal = error if isinstance(error, AWSError) else failure.error
        with self._lock:
            self._renewals += 1
            self._renewal = None

    def _watch(self) -> None:
        """End the attempts that stand still."""
        now = _now()
        with self._lock:
            active = [transfer for lane in self.lanes for transfer in lane.active]
        for transfer in active:
            still = now - transfer.moved - self._transport.allowance(transfer)
            if still > LAST_GRACE:
                self._abandon(transfer, _stalled(transfer))
            elif still > 0:
                self._transport.cancel(transfer)

    def _abandon(self, transfer: Transfer, error: AWSError) -> None:
        """Give up an attempt that not even cancelling has ended."""
        if self._settle(transfer, Failure(kind=Kind.TRANSIENT, error=error)):
            self._transport.discard(transfer)

    def _wind_up(self, seconds: float) -> None:
        """After an interrupt: give results to what waits, then to what flies."""
        self._room.set()
        for lane in self.lanes:
            self._drop_waiting(lane)
        with self._lock:
            active = [transfer for lane in self.lanes for transfer in lane.active]
        if seconds > GRACE + LAST_GRACE:
            for transfer in active:
                self._abandon(transfer, interrupted())
        elif seconds > GRACE or self._stopped > 1:
            for transfer in active:
                self._transport.cancel(transfer)

    def _drop_waiting(self, lane: Lane) -> None:
        while True:
            with self._lock:
                if lane.ready:
                    transfer = Transfer(lane.ready.popleft(), lane)
                    self._unsettled += 1
                elif lane.due:
                    transfer = lane.due.popleft()
                elif self._later:
                    transfer = self._later.pop()[2]
                else:
                    return
            self._tell(transfer, 0, interrupted(begun=transfer.attempts > 0))


def interrupted(*, begun: bool = True) -> AWSError:
    """Return the error of a task that an interrupt stopped."""
    state = "was stopped" if begun else "was not begun"
    return AWSError(f"The transfer {state}: the run was interrupted.", code=INTERRUPTED)


def _stalled(transfer: Transfer) -> AWSError:
    return NetworkError(
        f"The transfer of {transfer.task.key!r} stood still and was given up. Check the network, "
        'or raise settings.AWS["timeouts"].'
    )


def _again(error: AWSError) -> AWSError:
    """Return a copy, as one exception object must not be the error of many tasks."""
    return type(error)(error.message, code=error.code)
