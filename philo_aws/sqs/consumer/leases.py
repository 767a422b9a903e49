"""The leases of all messages that are held: renewed as long as they are, let go, or lost."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from ...exceptions import AWSError
from ...limits import MAX_VISIBILITY_TIMEOUT
from ..limits import MAX_BATCH_ENTRIES
from .figures import Figures
from .message import Message
from .requests import change_visibility
from .source import Source

logger = logging.getLogger("philo_aws.sqs.consumer")

RENEWED_BELOW = 0.6
"""The part of a lease that is left when it is renewed."""
_OFTEN, _SELDOM = 4, 15.0
_now = time.monotonic
T = TypeVar("T")


class Leases:
    """Every message that is held here, whether it waits, runs or has an answer due.

    One thread renews their leases, so that none comes back while its handler runs, however long
    that takes; 12 hours are SQS's end of it.
    """

    def __init__(
        self, seconds: int, figures: Figures, drop: Callable[[Message], bool] = lambda _: False
    ) -> None:
        """``seconds`` is a lease's; ``drop`` takes out a message that waits for its handler."""
        self.seconds = seconds
        """Seconds of a lease."""
        self._figures = figures
        self._drop = drop
        self._held: set[Message] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="philo-aws-leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more."""
        self._closed.set()

    @property
    def is_alive(self) -> bool:
        """Whether leases are renewed."""
        return self._thread.is_alive()

    def hold(self, messages: Iterable[Message]) -> None:
        """Hold what was received."""
        with self._lock:
            self._held.update(messages)

    def forget(self, message: Message) -> None:
        """Hold a message no more."""
        with self._lock:
            self._held.discard(message)
            message.state = "gone"

    def held(self, *states: str) -> list[Message]:
        """Return what is held, or what of it is in one of these states."""
        with self._lock:
            return [one for one in self._held if not states or one.state in states]

    def let_go(self, messages: Sequence[Message], seconds: int = 0) -> None:
        """Have messages come again after ``seconds``, and hold them no more.

        Where SQS does not answer they come again when their lease ends.
        """
        self._change(messages, seconds)
        for message in messages:
            self.forget(message)

    def renew(self) -> None:
        """Renew what is due, and note what was lost."""
        now = _now()
        due = []
        for message in self.held():
            if message.lost.is_set():
                continue
            if now >= message.deadline:
                self._lose(message, "its lease ended before SQS renewed it")
            elif message.deadline - now >= RENEWED_BELOW * self.seconds:
                continue
            elif self._may_be_renewed(message, now):
                due.append(message)
        self._figures.add("extended", self._change(due, self.seconds))
        for message in due:
            for note in list(message.renewals):
                # What others keep beside the lease must not end it.
                with contextlib.suppress(Exception):
                    note()

    def _may_be_renewed(self, message: Message, now: float) -> bool:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
        if now - message.received_at + self.seconds <= MAX_VISIBILITY_TIMEOUT:
            return True
        if not message.is_at_its_end:
            message.is_at_its_end = True
            logger.warning(
                "%r has been here for 12 hours, longer than SQS keeps a message hidden: another "
                "consumer gets it soon.",
                message,
            )
        return False

    def _keep(self) -> None:
        period = min(_SELDOM, self.seconds / _OFTEN)
        while not self._closed.wait(period):
            try:
                self.renew()
            except Exception:
                logger.exception("The leases were not renewed; they will be in %.1f s.", period)

    def _change(self, messages: Sequence[Message], seconds: int) -> int:
        """Ask for another end of leases, and return how many SQS changed."""
        changed = 0
        for source, some in by_queue(messages):
            # Before the request: SQS counts from when it gets it, which is later.
            begun = _now()
            try:
                pairs = [(message.receipt_handle, seconds) for message in some]
                fates = change_visibility(source.channel("ack"), pairs)
            except AWSError as error:
                self._figures.add("visibility_errors")
                logger.warning("Leases of %s were not changed: %s", source.name, error)
                continue
            for message, fate in zip(some, fates, strict=True):
                if fate == "done":
                    message.deadline = begun + seconds
                    changed += 1
                elif fate == "refused":
                    self._lose(message, "SQS does not know this receive any more")
        return changed

    def _lose(self, message: Message, reason: str) -> None:
        if message.lost.is_set() or message.state == "gone":
            return
        message.lost.set()
        self._figures.add("lost")
        logger.warning(
            "The lease of %r was lost, as %s: another consumer may have it.", message, reason
        )
        if self._drop(message):
            self.forget(message)


def by_queue(messages: Iterable[Message]) -> Iterator[tuple[Source, list[Message]]]:
    """Yield messages in lots of one queue and ten at most."""
    found: dict[Source, list[Message]] = {}
    for message in messages:
        found.setdefault(message.source, []).append(message)
    for source, some in found.items():
        for start in range(0, len(some), MAX_BATCH_ENTRIES):
            yield source, some[start : start + MAX_BATCH_ENTRIES]
