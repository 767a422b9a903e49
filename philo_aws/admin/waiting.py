"""Calls to AWS made side by side and waited for only so long, so that no page hangs with AWS."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import wait
from typing import TypeVar

from django.utils.translation import gettext as _

from ..daemons import Daemons
from ..exceptions import AWSError, Kind, NetworkError

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

PAGE_SECONDS = 12.0
"""How long one page waits for AWS in all; AWS's own timeouts and retries may take longer."""
# One pool for what all pages read: however many people wait for an AWS that hangs, no more threads
# than this.
MAX_THREADS = 32
# And one for what they write. S3 may be long at a copy, and no other page is to wait for that.
MAX_WRITERS = 8

_pools: dict[tuple[int, bool], Daemons] = {}


class PagePatience:
    """The time that one page has for AWS."""

    def __init__(self, seconds: float = PAGE_SECONDS) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, or 0."""
        return max(0.0, self._end - time.monotonic())

    def call(self, function: Callable[[], T], *, writing: bool = False) -> T:
        """Return what ``function`` does, or raise its error, or that AWS took too long."""
        result = self.together({"": function}, writing=writing)[""]
        if isinstance(result, AWSError):
            raise result
        return result

    def together(
        self, calls: Mapping[K, Callable[[], T]], *, writing: bool = False
    ) -> dict[K, T | AWSError]:
        """Make all the calls side by side; each key gets its value or its error.

        What is ``writing`` has threads of its own. A call that found none in time is not made.
        """
        if not calls:
            return {}
        if not self.left():
            return dict.fromkeys(calls, _over())
        pool = _pool(writing=writing)
        futures = {key: pool.submit(function) for key, function in calls.items()}
        late = wait(futures.values(), timeout=self.left()).not_done
        begun = {future for future in late if not future.cancel()}
        results: dict[K, T | AWSError] = {}
        for key, future in futures.items():
            if future in late:
                results[key] = too_late() if future in begun else too_many()
                continue
            try:
                results[key] = future.result()
            except AWSError as error:
                results[key] = error
        return results


def too_late() -> NetworkError:
    """Return the error for a page whose time is over."""
    return NetworkError(
        _("AWS did not answer in time. Try again; what was asked for may still be done.")
    )


def _over() -> NetworkError:
    """Return the error for a call that a page has no time for any more."""
    return NetworkError(
        _("AWS did not answer in time, so this was not begun. Try again."),
        kind=Kind.UNREACHABLE,
    )


def too_many() -> NetworkError:
    """Return the error for a page that found no thread for its call in time."""
    return NetworkError(
        _("Too much is being done at this moment, so this was not begun. Try again."),
        kind=Kind.UNREACHABLE,
    )


def _pool(*, writing: bool) -> Daemons:
    key = (os.getpid(), writing)
    # setdefault is atomic; a pool without work has no thread yet, so a lost one costs nothing.
    return _pools.get(key) or _pools.setdefault(
        key,
        Daemons(MAX_WRITERS, "philo-aws-write")
        if writing
        else Daemons(MAX_THREADS, "philo-aws-page"),
    )
