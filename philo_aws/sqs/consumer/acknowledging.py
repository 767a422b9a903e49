"""Deleting what was handled: in batches, again where SQS did not say that it did."""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import threading
import time

from ...exceptions import AWSError
from ..limits import MAX_BATCH_ENTRIES
from .figures import Figures
from .leases import Leases
from .message import Message
from .requests import Fate, delete
from .source import Source

logger = logging.getLogger("philo_aws.sqs.consumer")

LINGER = 0.05
"""Seconds that a deletion waits for others to go with it."""
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0
_now = time.monotonic


class Acknowledgements:
    """Deletions that are due, and the threads that send them.

    A deletion that failed is tried as long as the message's lease is kept: else work that is done
    would be done again. Of a FIFO queue each goes at once, as the next of its group waits for it.
    """

    def __init__(self, leases: Leases, figures: Figures, threads: int) -> None:
        self._leases = leases
        self._figures = figures
        self._due: dict[Source, list[tuple[float, int, int, Message]]] = {}
        self._numbers = itertools.count()
        self._in_flight = 0
        self._changed = threading.Condition()
        self._closing = self._ended = False
        self._threads = [
            threading.Thread(target=self._work, name=f"philo-aws-delete-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin to delete."""
        for thread in self._threads:
            thread.start()

    def add(self, message: Message) -> None:
        """Delete a message soon."""
        message.state = "settling"
        self._put(message, 0 if message.source.is_fifo else LINGER, 0)

    def _put(self, message: Message, after: float, tries: int) -> None:
        with self._changed:
            if self._ended:
                return
            due = self._due.setdefault(message.source, [])
            heapq.heappush(due, (_now() + after, next(self._numbers), tries, message))
            self._changed.notify()

    def due(self, source: Source) -> int:
        """Return how many of a queue wait for a request that deletes them."""
        with self._changed:
            return len(self._due.get(source, ()))

    @property
    def left(self) -> int:
        """How many were not deleted yet."""
        with self._changed:
            return self._in_flight + sum(map(len, self._due.values()))

    def flush(self, seconds: float) -> int:
        """Delete what is due without waiting for more; return what is left after ``seconds``.

        What is left then is not tried again: nobody keeps its lease any more.
        """
        end = _now() + seconds
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while self._in_flight or any(self._due.values()):
                rest = end - _now()
                if rest <= 0:
                    break
                self._changed.wait(rest)
            left = self.left
            self._ended = True
            self._due.clear()
            self._changed.notify_all()
            return left

    def _work(self) -> None:
        while True:
            found = self._next()
            if found is None:
                return
            source, batch = found
            try:
                self._delete(source, batch)
            except Exception:
                # Whatever it is: these are tried again, and the thread lives.
                logger.exception("Deletions of %s failed.", source.name)
                self._again(batch)
            finally:
                with self._changed:
                    self._in_flight -= len(batch)
                    self._changed.notify_all()

    def _next(self) -> tuple[Source, list[tuple[int, Message]]] | None:
        """Wait for a batch: ten of a queue, or fewer that have waited for long enough.

        Returns ``None`` when there will be no more.
        """
        with self._changed:
            while True:
                now = _now()
                ready = self._ready(now)
                if ready is not None:
                    due = self._due[ready]
                    batch: list[tuple[int, Message]] = []
                    while due and len(batch) < MAX_BATCH_ENTRIES and self._may_go(due[0], now):
                        _, _, tries, message = heapq.heappop(due)
                        batch.append((tries, message))
                    self._in_flight += len(batch)
                    return ready, batch
                if self._closing and not any(self._due.values()):
                    return None
                self._changed.wait(self._rest(now))

    def _may_go(self, one: tuple[float, int, int, Message], now: float) -> bool:
        # One that only waits for company may go with another; one that failed has its time.
        when, _, tries, _ = one
        return when <= now or not tries

    def _ready(self, now: float) -> Source | None:
        found, first = None, float("inf")
        for source, due in self._due.items():
            if not due:
                continue
            when, _, tries, _ = due[0]
            fresh = len(due) >= MAX_BATCH_ENTRIES and not tries
            if (when <= now or fresh or (self._closing and not tries)) and when < first:
                found, first = source, when
        return found

    def _rest(self, now: float) -> float | None:
        times = [due[0][0] for due in self._due.values() if due]
        return max(0.0, min(times) - now) if times else None

    def _delete(self, source: Source, batch: list[tuple[int, Message]]) -> None:
        handles = [message.receipt_handle for _, message in batch]
        fates: list[Fate] = ["unknown"] * len(batch)
        try:
            fates = delete(source.channel("ack"), handles)
        except AWSError as error:
            self._figures.add("delete_errors")
            logger.warning("Messages of %s were not deleted: %s", source.name, error)
        left = []
        for (tries, message), fate in zip(batch, fates, strict=True):
            if fate == "done":
                self._figures.add("acknowledged")
                self._leases.forget(message)
            elif fate == "refused" or message.lost.is_set():
                # The receipt is old: the message comes again, or is with another already.
                self._figures.add("acknowledgements_refused")
                self._leases.forget(message)
                logger.warning(
                    "%r was handled, but SQS did not delete it: it may be handled again.", message
                )
            else:
                left.append((tries, message))
        self._again(left)

    def _again(self, batch: list[tuple[int, Message]]) -> None:
        for tries, message in batch:
            if message.state == "gone":
                continue
            longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(tries, 16))
            self._put(message, random.uniform(LINGER, max(LINGER, longest)), tries + 1)  # noqa: S311
