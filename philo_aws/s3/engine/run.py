"""One run of an engine: its threads, and what each of them does.

Tasks go from the calling thread, which only appends them, to the class of their size. A request
that ends starts the next one of its size class in its own thread: a hand-over between threads would
cost more than the request. One further thread, the keeper, begins requests where a size class
idles, tries again what is due, ends what stands still, and winds up after an interrupt. What there
is to do and what is done stands in the :mod:`ledger <philo_aws.s3.engine.ledger>`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable

from ...conf import Purpose
from ...exceptions import RETRIED, AWSError, Kind, NetworkError
from .base import INTERRUPTED, Callbacks, Result, Task
from .failure import Failure
from .ledger import TICK, AfterFailure, Ledger
from .pace import SLOWEST, Pace, Rate
from .size_class import SizeClass, Transfer
from .transport import Transport

SOME = 16
"""Requests that may be added to those in flight, from where on the keeper begins them."""
GRACE = 3.0
"""Seconds after an interrupt in which requests may still end by themselves."""
ASK_AFTER = 2.0
"""Seconds without anything that got through after which the transport is asked for the reason."""
LAST_GRACE = 8.0
"""Seconds that aborted requests get to end."""

_now = time.monotonic


class Run:
    """See the module."""

    def __init__(self, transport: Transport, callbacks: Callbacks, *, purpose: Purpose) -> None:
        self._transport = transport
        self._on_result = callbacks.on_result
        self._on_bytes = callbacks.on_bytes
        self._ledger = Ledger(transport, purpose=purpose)
        self._pace = Pace(transport)
        self._asks_at = _now() + ASK_AFTER
        self._rate = Rate()
        self._measured_until = _now() + TICK
        """When it is to be seen again what got through."""
        self.size_classes = self._ledger.size_classes
        self._telling = threading.Lock()
        self._kick = threading.Event()
        self._over = threading.Event()
        self._broken: BaseException | None = None
        self._tuned_until = 0.0
        """When the transport is to look for new connections again."""

    # ------------------------------------------------------------ in the calling thread

    def do_all(self, tasks: Iterable[Task]) -> None:
        """Do all ``tasks``; see :meth:`philo_aws.s3.engine.base.Engine.run`."""
        keeper = threading.Thread(target=self._keep, name="philo-aws-transfers", daemon=True)
        keeper.start()
        try:
            try:
                self._pull(tasks)
            finally:
                self._ledger.close()
                self._kick.set()
            self._wait()
        except Exception as error:
            # The planner failed: what it gave before is still done.
            if self._wait_out():
                raise KeyboardInterrupt from error
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
        ledger, size_classes, kick = self._ledger, self.size_classes, self._kick
        size_class_of = self._transport.size_class_of
        for count, task in enumerate(tasks):
            size_class = size_classes[size_class_of(task)]
            size_class.ready.append(task)
            if len(size_class.active) < size_class.window.size and not kick.is_set():
                kick.set()
            if not count % 64:
                ledger.wait_for_room()
            if ledger.stopped:
                return

    def _wait(self) -> None:
        # In slices: some platforms deliver a signal only between two waits.
        while not self._over.wait(1.0):
            pass

    def _wait_out(self) -> bool:
        """Wait for the last result, whatever the user presses; true if anything was pressed."""
        interrupted = False
        while True:
            try:
                self._wait()
            except KeyboardInterrupt:
                interrupted = True
                self._stop(2)
            else:
                return interrupted

    def _stop(self, level: int = 1) -> None:
        self._ledger.stop(level)
        self._kick.set()

    # ------------------------------------------------- in the threads of the transport

    def succeeded(self, transfer: Transfer, size: int) -> None:
        """Take note that an attempt did it."""
        ledger = self._ledger
        if not ledger.succeeded(transfer):
            return
        size_class = transfer.size_class
        following = ledger.take(size_class)
        if following is not None:
            self._start(following)
            if len(size_class.active) < size_class.window.size:
                # The window has grown.
                following = ledger.take(size_class)
                if following is not None:
                    self._start(following)
                    if len(size_class.active) + SOME < size_class.window.size:
                        self._kick.set()
        self._tell(transfer, size, None)

    def failed(self, transfer: Transfer, failure: Failure) -> None:
        """Take note that an attempt failed."""
        if failure.kind is Kind.CANCELLED and not self._ledger.stopped:
            failure = Failure(kind=Kind.TRANSIENT, error=_stalled(transfer))
        if self._settle(transfer, failure):
            self._fill(transfer.size_class)

    def progress(self, transfer: Transfer, count: int) -> None:
        """Take note that an attempt moved ``count`` bytes."""
        self.moving(transfer, count)
        self._ledger.moved()
        if transfer in transfer.size_class.active:
            transfer.seen += count
            self._tell_bytes(count)

    def moving(self, transfer: Transfer, count: int) -> None:
        """Take note that an attempt moved ``count`` bytes that nobody is told of yet.

        They are on their way; whether they get through the answer says.
        """
        Pace.moved(transfer, count, _now())
        self._ledger.reached = True

    # ------------------------------------------------------------------ in any of them

    def _start(self, transfer: Transfer) -> None:
        """Begin an attempt, or the next one where it cannot be begun."""
        failure = self._begin(transfer)
        if failure is not None and self._settle(transfer, failure):
            self._fill(transfer.size_class)

    def _fill(self, size_class: SizeClass) -> None:
        """Begin as many attempts as the size class allows."""
        while (transfer := self._ledger.take(size_class)) is not None:
            failure = self._begin(transfer)
            if failure is not None:
                self._settle(transfer, failure)

    def _begin(self, transfer: Transfer) -> Failure | None:
        fatal = self._ledger.fatal
        if fatal is not None:
            transfer.attempts -= 1
            return Failure(kind=Kind.PERMANENT, error=_again(fatal))
        now = _now()
        Pace.begun(transfer, now)
        transfer.begun = transfer.begun or now
        try:
            self._transport.start(self, transfer)
        except Exception as error:  # noqa: BLE001 - one task's error must not stop the others
            return self._transport.failure_of(error, transfer.task)
        return None

    def _settle(self, transfer: Transfer, failure: Failure, *, unheard: bool = False) -> bool:
        """Put a failed transfer aside for later, or give it up; false if it was settled before."""
        after = self._ledger.failed(transfer, failure, unheard=unheard)
        if after is AfterFailure.KNOWN:
            return False
        if transfer.seen:
            self._tell_bytes(-transfer.seen)
            transfer.seen = 0
        if after is AfterFailure.AGAIN:
            self._kick.set()
        else:
            stopped = failure.kind is Kind.CANCELLED or (
                self._ledger.stopped and failure.kind in RETRIED
            )
            self._tell(transfer, 0, interrupted() if stopped else failure.error)
        return True

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
            except BaseException as broken:  # noqa: BLE001 - raised again by do_all()
                self._broken = broken
                self._stop()
        if self._ledger.settled():
            self._over.set()

    def _tell_bytes(self, count: int) -> None:
        if self._on_bytes is None:
            return
        with self._telling:
            try:
                if self._broken is None:
                    self._on_bytes(count)
            except BaseException as broken:  # noqa: BLE001 - raised again by do_all()
                self._broken = broken
                self._stop()

    # --------------------------------------------------------------------- the keeper

    def _keep(self) -> None:
        ledger, stopped_at = self._ledger, 0.0
        while not self._over.is_set():
            self._kick.wait(min(ledger.pause(), max(0.0, self._tuned_until - _now())))
            self._kick.clear()
            if ledger.stopped:
                stopped_at = stopped_at or _now()
            try:
                self._look(_now() - stopped_at)
            except BaseException as broken:  # noqa: BLE001 - raised again by do_all()
                self._broken = self._broken or broken
                self._stop()
                if stopped_at and _now() - stopped_at > GRACE + LAST_GRACE:
                    self._over.set()
            if ledger.has_ended():
                self._over.set()

    def _look(self, seconds: float) -> None:
        """Do what is due; the run was told to stop so many ``seconds`` ago, if it was."""
        if self._ledger.stopped:
            self._wind_up(seconds)
            return
        if _now() >= self._tuned_until:
            self._tuned_until = _now() + self._transport.tune_connections()
        self._renew()
        self._ledger.promote()
        for size_class in self.size_classes:
            self._fill(size_class)
        self._watch()
        if _now() >= self._asks_at:
            self._asks_at = math.inf
            if not self._ledger.reached:
                threading.Thread(target=self._ask, name="philo-aws-why", daemon=True).start()

    def _ask(self) -> None:
        """Give all up where nothing can ever get through."""
        error = self._transport.trouble()
        if error is None or self._ledger.reached or self._over.is_set():
            return
        self._ledger.fatal = error
        for transfer in self._ledger.in_flight():
            failure = Failure(kind=Kind.FOR_ALL, error=_again(error))
            if self._settle(transfer, failure, unheard=True):
                transfer.discard()
        self._kick.set()

    def _renew(self) -> None:
        failure = self._ledger.renewal
        if failure is None:
            return
        fatal = None
        try:
            self._transport.renew(failure)
        except Exception as error:  # noqa: BLE001 - ends the run with this error
            fatal = error if isinstance(error, AWSError) else failure.error
        self._ledger.renewed(fatal)

    def _watch(self) -> None:
        """End the attempts that stand still."""
        now = _now()
        if now < self._measured_until:
            return
        self._measured_until = now + TICK
        in_flight = self._ledger.in_flight()
        count = self._transport.through()
        self._pace.on_wire(in_flight, count, now)
        if count is not None:
            self._ledger.fit(self._rate.of(count, now))
        late = self._pace.late(in_flight, now)
        self._ledger.stalled([transfer for transfer, _ in late])
        for transfer, seconds in late:
            if seconds > LAST_GRACE:
                self._abandon(transfer, _stalled(transfer))
            else:
                transfer.cancel()

    def _abandon(self, transfer: Transfer, error: AWSError) -> None:
        """Give up an attempt that not even cancelling has ended."""
        failure = Failure(kind=Kind.TRANSIENT, error=error)
        if self._settle(transfer, failure, unheard=True):
            transfer.discard()

    def _wind_up(self, seconds: float) -> None:
        """After an interrupt: give results to what waits, then to what is in flight."""
        ledger = self._ledger
        while (transfer := ledger.withdraw()) is not None:
            self._tell(transfer, 0, interrupted(begun=transfer.attempts > 0))
        if seconds > GRACE + LAST_GRACE:
            for transfer in ledger.in_flight():
                self._abandon(transfer, interrupted())
        elif seconds > GRACE or ledger.stopped > 1:
            for transfer in ledger.in_flight():
                transfer.cancel()


def interrupted(*, begun: bool = True) -> AWSError:
    """Return the error of a task that an interrupt stopped."""
    state = "was stopped" if begun else "was not begun"
    return AWSError(f"The transfer {state}: the run was interrupted.", code=INTERRUPTED)


def _stalled(transfer: Transfer) -> AWSError:
    return NetworkError(
        f"The transfer of {transfer.task.key!r} stood still, or moved less than {SLOWEST:,} bytes "
        "a second with all that shared its link, and was given up. Check the network, "
        'or raise settings.AWS["timeouts"].'
    )


def _again(error: AWSError) -> AWSError:
    """Return a copy, as one exception object must not be the error of many tasks."""
    return type(error)(error.message, code=error.code, kind=error.kind)
