"""What is sent again, how often, and whether what failed may have arrived."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TypeVar

from django.utils.translation import gettext_noop

from ..conf import Purpose
from ..exceptions import AWSError, Kind, ServiceError
from ..patience import delay, patience_for
from ..sentences import Sentence

Error = TypeVar("Error", bound=AWSError)

UNSURE = "may have arrived all the same."

MAX_UNPROVEN = 2
"""Times that a message is sent whose answers prove nothing: it may be in the queue each time."""


class Tries:
    """The tries of one thing, by the patience of the settings."""

    def __init__(self, purpose: Purpose) -> None:
        self._patience = patience_for(purpose)
        self._begun = time.monotonic()
        self._count = 0

    def another(self, kind: Kind) -> bool:
        """Wait until the next one is due, and say so; ``False``, at once, where it is enough."""
        self._count += 1
        seconds = time.monotonic() - self._begun
        if self._patience.is_over(
            attempts=self._count, seconds=seconds, kind=kind, reached=kind is not Kind.UNREACHABLE
        ):
            return False
        time.sleep(delay(self._count))
        return True


def may_have_arrived(errors: Iterable[AWSError]) -> bool:
    """Say whether what failed in these ways may have been done, for all that is known.

    Not so where AWS refused it, or where no connection was made.
    """
    return any(
        error.kind is Kind.TRANSIENT or isinstance(error, ServiceError) or error.code == "503"
        for error in errors
    )


def unsure(error: Error, what: str = gettext_noop("The message")) -> Error:
    """Return the same error, with the sentence that ``what`` was sent may have arrived."""
    said = Sentence(
        gettext_noop("{error} {what} may have arrived all the same."),
        error=error.message,
        what=Sentence(what),
    )
    made = type(error)(said, code=error.code, request_id=error.request_id, kind=error.kind)
    made.__cause__ = error
    return made
