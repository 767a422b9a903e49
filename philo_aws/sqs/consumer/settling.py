"""What becomes of a message after its handler: deleted, tried again, or parked."""

from __future__ import annotations

import logging
import math
import random
import time

from ...conf import ConsumerConfig
from ...exceptions import AWSError
from ...limits import MAX_VISIBILITY_TIMEOUT
from .acknowledging import Acknowledgements
from .figures import Figure, Figures
from .leases import Leases
from .message import Message
from .outcomes import Outcome
from .parking import park

logger = logging.getLogger("philo_aws.sqs.consumer")

_FIGURES: dict[Outcome, Figure] = {
    Outcome.DONE: "done",
    Outcome.RETRY: "retried",
    Outcome.FAILED: "failed",
    Outcome.REJECTED: "rejected",
}


class Settler:
    """Carries out what was decided of messages."""

    def __init__(
        self,
        config: ConsumerConfig,
        leases: Leases,
        acknowledgements: Acknowledgements,
        figures: Figures,
    ) -> None:
        self._config = config
        self._leases = leases
        self._acknowledgements = acknowledgements
        self._figures = figures

    def settle(
        self,
        message: Message,
        outcome: Outcome,
        *,
        error: BaseException | None = None,
        delay: float | None = None,
    ) -> None:
        """Do what ``outcome`` means; ``delay`` are the seconds that the handler asked for."""
        if message.state == "gone":
            return  # it was given back while its handler went on
        if message.lost.is_set():
            # Another consumer may have it: neither a deletion nor a delay is ours to ask for.
            self._leases.forget(message)
            return
        self._figures.add("duplicates" if message.is_duplicate else _FIGURES[outcome])
        message.state = "settling"
        if outcome is Outcome.DONE:
            self._acknowledgements.add(message)
        elif self._is_over(message, outcome):
            self._end(message, error)
        else:
            self._leases.let_go([message], self._seconds(message, delay))

    def _is_over(self, message: Message, outcome: Outcome) -> bool:
        if outcome is Outcome.RETRY:
            # One receive more, and SQS moves it away itself, without a reason.
            return 0 < message.source.max_receives <= message.attempt
        return outcome is Outcome.REJECTED or message.is_last_attempt

    def _seconds(self, message: Message, delay: float | None) -> int:
        """Return the seconds until a message comes again: whole ones, rounded up.

        Rounded down the first delays would be none, and what fails at once would fail a hundred
        times a second.
        """
        if delay is None:
            delay = message.delay
        if delay is None:
            base, most = self._config.backoff
            longest = min(most, base * 2.0 ** min(message.attempt - 1, 32))
            delay = random.uniform(0.5, 1) * longest  # noqa: S311 - no secret
        age = time.monotonic() - message.received_at
        return max(0, min(math.ceil(delay), math.floor(MAX_VISIBILITY_TIMEOUT - age) - 1))

    def _end(self, message: Message, error: BaseException | None) -> None:
        """Park what failed for good; without a queue for that leave it, or delete it."""
        reason = reason_of(error)
        try:
            target = message.source.dead_letter_url()
            if target is not None:
                park(message, target, error, reason)
        except AWSError as problem:
            # Kept: it is tried again, and parked then.
            logger.error("%r was not parked: %s", message, problem)  # noqa: TRY400
            self._leases.let_go([message], self._seconds(message, None))
            return
        if target is not None:
            self._figures.add("parked")
            logger.warning("%r was parked at attempt %d: %s", message, message.attempt, reason)
            self._acknowledgements.add(message)
        elif self._config.on_poison == "delete":
            self._figures.add("deleted_unparked")
            logger.error("%r was deleted at attempt %d: %s", message, message.attempt, reason)
            self._acknowledgements.add(message)
        else:
            self._figures.add("left")
            logger.error(
                "%r failed for good, and no queue takes such messages: it comes again in %d s. "
                "Give the queue a dead-letter queue: %s",
                message,
                self._config.backoff[1],
                reason,
            )
            self._leases.let_go([message], self._seconds(message, self._config.backoff[1]))


def reason_of(error: BaseException | None) -> str:
    """Return what an error says, with its class, on one line."""
    if error is None:
        return "unknown"
    text = " ".join(str(error).split())
    name = type(error).__qualname__
    return f"{name}: {text}" if text else name
