"""Receiving: one thread that waits for messages, and up to three more while they come in tens."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ...conf import ConsumerConfig
from ...exceptions import AccessDeniedError, AWSError, CredentialsError, QueueNotFoundError
from ..limits import MAX_BATCH_ENTRIES
from .figures import Figures
from .leases import Leases
from .message import Message
from .requests import receive
from .slots import Reservation, Slots
from .source import Source

logger = logging.getLogger("philo_aws.sqs.consumer")

MOST_POLLERS = 4
"""Threads that receive of one queue, at most."""
ANSWERED_WITHIN = 10.0
"""Seconds beyond its wait after which a receive without an answer has failed."""
LATE = 15.0
"""Seconds beyond its wait after which a receive is given up on: its connection's, and five."""
MOST_DUE = 100
"""Deletions of a queue that may be due while more of it is received."""
EMPTY_TO_END = 2
"""Receives without a message after which a consumer that ends with its queue ends."""
_LOUD = (1, 3, 10)
_SELDOM = 50
_PAUSE, _LONGEST_PAUSE = 0.2, 20.0
_PAUSE_OF_FATAL, _LONGEST_PAUSE_OF_FATAL = 5.0, 60.0
_BETWEEN_EMPTY = 0.2
_BETWEEN_LOOKS = 0.01
_FATAL = (AccessDeniedError, CredentialsError, QueueNotFoundError)
_now = time.monotonic


@dataclass(kw_only=True, eq=False)
class Poller:
    """One thread that receives."""

    is_extra: bool
    """Whether it ends when fewer messages come."""
    begun_at: float | None = None
    """When the receive in flight began, by the monotonic clock."""
    reservation: Reservation | None = None
    """The slots that its receive may fill."""
    is_replaced: bool = False
    """Whether another one stands in its place: it gives back what it may still get."""
    is_done: bool = False
    """Whether it ended because there is nothing more to do."""
    thread: threading.Thread = field(default_factory=threading.Thread)
    """The thread."""


class Polling:
    """The receives of one queue."""

    def __init__(
        self,
        source: Source,
        config: ConsumerConfig,
        slots: Slots,
        leases: Leases,
        figures: Figures,
        *,
        until_empty: bool = False,
        on_end: Callable[[], None] = lambda: None,
        due: Callable[[Source], int] = lambda _: 0,
    ) -> None:
        """``until_empty`` ends it when the queue is; ``on_end`` is told.

        ``due`` says how many of its messages are handled and not deleted.
        """
        self.source = source
        """The queue."""
        self._config = config
        self._slots = slots
        self._leases = leases
        self._figures = figures
        self._until_empty = until_empty
        self._on_end = on_end
        self._due = due
        self._wait = 0 if until_empty else config.wait_time_seconds
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._pollers: list[Poller] = []
        self._empty = 0
        self._knows = False
        self.is_given_up = False
        """Whether it ended because the queue cannot be consumed."""

    def start(self) -> None:
        """Begin to receive."""
        self._add(is_extra=False)

    def stop(self) -> None:
        """Begin no further receive."""
        self._stopped.set()

    def join(self, until: float) -> None:
        """Wait for the receives in flight until a moment of the monotonic clock."""
        for poller in self._those():
            if not poller.is_replaced:
                poller.thread.join(max(0.0, until - _now()))

    @property
    def is_done(self) -> bool:
        """Whether the queue was empty, and that was to be the end."""
        pollers = self._those()
        return bool(pollers) and all(one.is_done or one.is_replaced for one in pollers)

    def late(self) -> float:
        """Return how many seconds ago a receive was answered, beyond those that it may wait."""
        return _now() - self.source.answered_at - self._wait

    def watch(self) -> int:
        """Replace pollers that are stuck or gone, and return how many were."""
        replaced = 0
        for poller in self._those():
            if poller.is_done or poller.is_replaced or self._stopped.is_set():
                continue
            begun = poller.begun_at
            stuck = begun is not None and _now() - begun > self._wait + LATE
            if not stuck and poller.thread.is_alive():
                continue
            poller.is_replaced = True
            if poller.reservation is not None:
                # It fills them no more, and the one in its place needs them.
                self._slots.give_back(poller.reservation)
            logger.error(
                "A receive of %s %s: another thread takes its place.",
                self.source.name,
                "does not end" if stuck else "ended its thread",
            )
            self._figures.add("pollers_replaced")
            self._add(is_extra=poller.is_extra)
            replaced += 1
        with self._lock:
            self._pollers = [
                one for one in self._pollers if one.thread.is_alive() or not one.is_extra
            ]
        return replaced

    def _those(self) -> list[Poller]:
        with self._lock:
            return list(self._pollers)

    def _add(self, *, is_extra: bool) -> None:
        poller = Poller(is_extra=is_extra)
        poller.thread = threading.Thread(
            target=self._poll,
            args=(poller,),
            name=f"philo-aws-poll-{self.source.name.rpartition('/')[2]}",
            daemon=True,
        )
        with self._lock:
            self._pollers.append(poller)
        poller.thread.start()

    def _add_extra(self) -> None:
        with self._lock:
            alive = sum(one.thread.is_alive() and not one.is_replaced for one in self._pollers)
        if alive < MOST_POLLERS:
            self._add(is_extra=True)

    def _poll(self, poller: Poller) -> None:
        while self._may_receive(poller):
            with self._slots.reserved(fifo=self.source.is_fifo) as reservation:
                if not reservation.number:
                    break
                poller.reservation = reservation
                try:
                    came = self._receive(poller, reservation)
                except Exception as error:  # noqa: BLE001 - a thread that polls ends for nothing
                    came = None
                    pause = self._failed(error)
                finally:
                    poller.begun_at = None
            if came is None and self.is_given_up:
                break
            if came is None:
                self._stopped.wait(pause)
            elif self._is_over(poller, came, reservation.number):
                break
        poller.is_done = True
        self._on_end()

    def _may_receive(self, poller: Poller) -> bool:
        """Say whether there is to be another receive, once deletions have kept up.

        Each message that is handled and not deleted is handled again where the process dies, and
        held in memory until then.
        """
        while not self._stopped.is_set() and not poller.is_replaced:
            if self._due(self.source) < MOST_DUE:
                return True
            self._stopped.wait(_BETWEEN_LOOKS)
        return False

    def _receive(self, poller: Poller, reservation: Reservation) -> int:
        """Receive once, and return how many messages came."""
        source, lease = self.source, self._config.visibility_timeout
        if not self._knows:
            self._learn()
        channel = source.channel("poll")
        # Before the request: the lease begins when SQS gives a message, which is later.
        begun = poller.begun_at = _now()
        answer = receive(
            channel,
            most=reservation.number,
            wait=self._wait,
            visibility=lease,
            silence=self._wait + ANSWERED_WITHIN,
        )
        took = _now() - begun
        poller.begun_at = None
        if source.failures:
            logger.warning("Receiving from %s works again.", source.name)
        source.answered()
        self._figures.add("receives")
        self._figures.add("damaged", len(answer.damaged))
        messages = [Message(source, raw, begun=begun, lease=lease) for raw in answer.messages]
        self._figures.add("received", len(messages))
        self._leases.hold(messages)
        if poller.is_replaced or not self._slots.fill(reservation, messages, took):
            # They came when nobody was to take them any more.
            self._figures.add("released", len(messages))
            self._leases.let_go(messages)
        return len(messages)

    def _is_over(self, poller: Poller, came: int, asked: int) -> bool:
        """Say whether a poller has no more to do, and begin another one where there is more."""
        self._empty = 0 if came else self._empty + 1
        if poller.is_extra and came < asked:
            return True
        if came == asked and (self.source.is_fifo or asked == MAX_BATCH_ENTRIES):
            self._add_extra()
        if self._until_empty and not came:
            if self._empty >= EMPTY_TO_END and not self._holds():
                return True
            self._stopped.wait(_BETWEEN_EMPTY)
        return False

    def _holds(self) -> bool:
        return any(message.source is self.source for message in self._leases.held())

    def _learn(self) -> None:
        """Ask what the queue's own settings are, which the identity may not be allowed to."""
        try:
            self.source.learn()
        except QueueNotFoundError:
            raise
        except AWSError as error:
            logger.warning(
                "The attributes of %s are not known, and so neither is its dead-letter queue: "
                "messages that fail for good are not parked in it. %s",
                self.source.name,
                error,
            )
        else:
            for sentence in warnings_of(self.source, self._config):
                logger.warning("%s: %s", self.source.name, sentence)
        self._knows = True

    def _failed(self, error: Exception) -> float:
        """Note what a receive failed by, and return the seconds until the next one."""
        source = self.source
        self._figures.add("receive_errors")
        number = source.failed(f"{type(error).__name__}: {error}")
        first, longest = _PAUSE, _LONGEST_PAUSE
        if isinstance(error, _FATAL) and self._until_empty:
            self.is_given_up = True  # nobody waits for it to come to be
        if isinstance(error, _FATAL):
            # Somebody has to do something; meanwhile the queue may come to be under its name.
            first, longest = _PAUSE_OF_FATAL, _LONGEST_PAUSE_OF_FATAL
            source.forget_url()
            self._knows = False
        pause = random.uniform(0.5, 1) * min(longest, first * 2.0 ** min(number - 1, 32))  # noqa: S311
        if number in _LOUD or not number % _SELDOM:
            is_known = isinstance(error, AWSError)
            logger.warning(
                "Receiving from %s failed, %d times in a row; again in %.1f s: %s",
                source.name,
                number,
                pause,
                error if is_known else source.fault,
                exc_info=None if is_known else error,
            )
        return pause


def warnings_of(source: Source, config: ConsumerConfig) -> list[str]:
    """Return what in a queue's settings will surprise, as sentences."""
    found = []
    most = source.handler.max_attempts or config.max_attempts
    if not source.max_receives and not config.dead_letter:
        found.append(
            "It has no dead-letter queue: what fails for good stays in it. Give it a RedrivePolicy."
        )
    elif 0 < source.max_receives < 3:
        found.append(
            f"Its maxReceiveCount is {source.max_receives}: each deployment may cost a message one "
            "receive. Use 5 or more."
        )
    if source.max_receives and most > source.max_receives:
        found.append(
            f"SQS gives a message out {source.max_receives} times at most, so its {most} attempts "
            "are never reached. Raise its maxReceiveCount."
        )
    if source.is_fifo and source.max_receives:
        found.append(
            "It keeps an order, and has a dead-letter queue: behind what is moved there its group "
            "goes on."
        )
    return found
