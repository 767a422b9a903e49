"""Dead letters moved back in steps that end in time, for pages that must answer soon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..conf import Purpose
from ..exceptions import AWSError
from .requeueing import MAX_HELD, Requeue, RequeueFigures

STEP_SECONDS = 5.0
"""Seconds for which a step begins anything new."""


@dataclass(kw_only=True)
class MoveStep(RequeueFigures):
    """What one step did; what is left was given back, and the next step comes to it again."""

    reason: str = ""
    """Why the first of those that are still here is."""
    failure: AWSError | None = None
    """Why it ended before its end, after it had moved some."""

    @property
    def goes_on(self) -> bool:
        """Whether another step would move more, for all that is known."""
        # Where nothing was moved, the next step would come to the same messages.
        return not self.complete and self.failure is None and bool(self.moved)


def move_step(
    queue_url: str,
    region: str | None = None,
    *,
    to: str | None = None,
    allowed: Callable[[str], bool] | None = None,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> MoveStep:
    """Move messages of a dead-letter queue back, or to ``to``, for about ``seconds``.

    ``allowed`` is asked of the URL of each queue. At most 500 that cannot be moved are held
    meanwhile. Raises any :exc:`~philo_aws.exceptions.AWSError` that came before a message was sent.
    """
    work = Requeue(
        queue_url,
        region,
        everything=True,
        to=to,
        seconds=seconds,
        most_held=MAX_HELD,
        allowed=allowed,
        purpose=purpose,
    )
    reason = ""
    failure = None
    try:
        for record in work.run():
            reason = reason or record.reason
    except AWSError as error:
        if not (work.figures.moved or work.figures.twice):
            raise
        failure = error
    return MoveStep(**vars(work.figures), reason=reason, failure=failure)
