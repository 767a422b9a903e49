"""What becomes of a message: what a handler raises to say so, and what was done with it."""

from __future__ import annotations

import enum

from ...arguments import number
from ...limits import MAX_VISIBILITY_TIMEOUT


class Retry(Exception):  # noqa: N818 - it is no error, but an answer
    """The message is to come again: after ``delay`` seconds, or when the backoff says.

    ``delay`` is 0 to 43,200. Raises :exc:`~philo_aws.exceptions.UsageError` for another one.
    """

    def __init__(self, delay: float | None = None) -> None:
        if delay is not None:
            number("delay", delay, 0, MAX_VISIBILITY_TIMEOUT)
        super().__init__("the handler asked to try again")
        self.delay = delay
        """Seconds, or ``None`` for the backoff's."""


class Reject(Exception):  # noqa: N818 - it is no error, but an answer
    """The message can never be handled: it is parked at once, or deleted, and not tried again."""

    def __init__(self, reason: str = "rejected by the handler") -> None:
        super().__init__(reason)
        self.reason = reason
        """Why, as the parked message tells it."""


class Outcome(enum.Enum):
    """What a handler made of a message."""

    DONE = "done"
    """It returned: the message is deleted."""
    RETRY = "retry"
    """It asked for the message again."""
    FAILED = "failed"
    """It raised."""
    REJECTED = "rejected"
    """It said that the message can never be handled, or that could be seen before."""
