"""How many messages may be held: those that run, those that wait, those that are asked for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence

from ..limits import MAX_BATCH_ENTRIES
from .message import Message

MOST_AHEAD = 4 * MAX_BATCH_ENTRIES
"""Messages that may wait beyond those that run, however short the work is."""
_SMOOTHING = 0.1
_FIRST_ROUND_TRIP = 0.02


class Reservation:
    """Slots that a receive may fill; those it did not are given back at its end."""

    def __init__(self, number: int) -> None:
        self.number = number
        """Messages to ask for; 0 where nothing is to be received any more."""
        self.left = number
        """Slots that are not filled yet."""


class Slots:
    """The work of a consumer between those who receive it and those who do it.

    A message is fetched only when a thread is free for it, or will be within ``ahead`` seconds of
    work: what waits here is hidden from other consumers. There are two conditions on one lock, so
    that a message wakes one thread that works and none that polls.
    """

    def __init__(self, concurrency: int, ahead: float, most: int = 0) -> None:
        """``most`` messages are received in all; 0 for no end."""
        lock = threading.Lock()
        self._work = threading.Condition(lock)
        self._room = threading.Condition(lock)
        self._concurrency = concurrency
        self._ahead = ahead
        self._most = most
        self._waiting: deque[Message] = deque()
        self._reserved = 0
        self._busy = 0
        self._received = 0
        self._seconds = 0.0
        self._round_trip = _FIRST_ROUND_TRIP
        self._is_stopped = False
        self._is_closed = False

    @contextlib.contextmanager
    def reserved(self, *, fifo: bool) -> Iterator[Reservation]:
        """Wait for room and yield what was reserved of it; none where the consumer stops.

        Of a FIFO queue one message is asked for: SQS counts a receive of each that it gives, also
        of those behind one of their group that fails.
        """
        made = Reservation(self._take(fifo=fifo))
        try:
            yield made
        finally:
            # Whatever happened: a slot that is never given back is a consumer that goes deaf.
            self.give_back(made)

    def give_back(self, reservation: Reservation) -> None:
        """Give back the slots of a reservation that are not filled."""
        with self._room:
            if reservation.left:
                self._reserved -= reservation.left
                reservation.left = 0
                self._room.notify_all()

    def _take(self, *, fifo: bool) -> int:
        with self._room:
            while not self._is_stopped and (room := self._free(fifo=fifo)) < 1:
                if self._is_exhausted():
                    return 0
                self._room.wait()
            while not self._is_stopped and not fifo and self._may_wait_for_more(room):
                self._room.wait(self._round_trip)
                room = max(1, self._free(fifo=fifo))
            if self._is_stopped:
                return 0
            number = 1 if fifo else min(MAX_BATCH_ENTRIES, room)
            if self._most:
                number = min(number, self._most - self._received - self._reserved)
            self._reserved += number
            return number

    def _is_exhausted(self) -> bool:
        return bool(self._most) and self._received >= self._most

    def _free(self, *, fifo: bool) -> int:
        free = self._concurrency - self._busy - len(self._waiting) - self._reserved
        if not fifo and self._seconds:
            ahead = self._ahead * self._concurrency / max(self._seconds, 1e-6)
            free += min(MOST_AHEAD, int(ahead))
        if self._most:
            free = min(free, self._most - self._received - self._reserved)
        return free

    def _may_wait_for_more(self, room: int) -> bool:
        """Say whether what waits lasts longer than two receives: then ten are worth waiting for."""
        lasts = len(self._waiting) * self._seconds / self._concurrency
        return room < MAX_BATCH_ENTRIES and lasts > 2 * self._round_trip

    def fill(self, reservation: Reservation, messages: Sequence[Message], took: float) -> bool:
        """Put what was received where threads take it; ``False`` where they take nothing any more.

        ``took`` are the seconds that the receive took.
        """
        with self._work:
            if self._is_stopped:
                return False
            if messages:
                self._round_trip += 0.2 * (min(1.0, took) - self._round_trip)
            number = min(len(messages), reservation.left)
            reservation.left -= number
            self._reserved -= number
            self._received += len(messages)
            self._waiting.extend(messages)
            self._work.notify(len(messages))
            return True

    def next(self) -> Message | None:
        """Wait for a message and return it, running; ``None`` when there will be no more."""
        with self._work:
            while not self._waiting or self._busy >= self._concurrency:
                if self._is_closed:
                    return None
                self._work.wait()
            message = self._waiting.popleft()
            message.state = "running"
            self._busy += 1
            self._room.notify()
            return message

    def finished(self, seconds: float) -> None:
        """Note that a message that ran is done, ``seconds`` after it began."""
        with self._work:
            self._busy -= 1
            step = _SMOOTHING if self._seconds else 1.0
            self._seconds += step * (max(seconds, 1e-6) - self._seconds)
            self._room.notify()
            if self._waiting:
                self._work.notify()

    def drop(self, message: Message) -> bool:
        """Take out a message that waits; ``False`` where it does not wait any more."""
        with self._work:
            try:
                self._waiting.remove(message)
            except ValueError:
                return False
            self._room.notify()
            return True

    def stop(self) -> list[Message]:
        """Receive nothing more, and return what waits and will not be begun."""
        with self._work:
            self._is_stopped = self._is_closed = True
            waiting = list(self._waiting)
            self._waiting.clear()
            self._room.notify_all()
            self._work.notify_all()
            return waiting

    def wait_until_idle(self, until: float) -> bool:
        """Wait until nothing runs, ``until`` a moment of the monotonic clock; say whether it is."""
        with self._room:
            while self._busy:
                seconds = until - time.monotonic()
                if seconds <= 0:
                    return False
                self._room.wait(seconds)
            return True

    @property
    def busy(self) -> int:
        """How many run."""
        with self._work:
            return self._busy

    @property
    def waiting(self) -> int:
        """How many wait for a thread."""
        with self._work:
            return len(self._waiting)

    @property
    def is_exhausted(self) -> bool:
        """Whether as many were received as were to be."""
        with self._work:
            return self._is_exhausted()
