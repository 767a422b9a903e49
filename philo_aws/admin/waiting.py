"""Calls to AWS made side by side and waited for only so long, so that no page hangs with AWS."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from django.utils.translation import gettext as _

from ..exceptions import AWSError, NetworkError

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

PAGE_SECONDS = 12.0
"""How long one page waits for AWS in all; AWS's own timeouts and retries may take longer."""
# One pool for all pages: however many people wait for an AWS that hangs, no more threads than this.
MAX_THREADS = 32

_pools: dict[int, ThreadPoolExecutor] = {}


class Patience:
    """The time that one page has for AWS."""

    def __init__(self, seconds: float = PAGE_SECONDS) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, or 0."""
        return max(0.0, self._end - time.monotonic())

    def call(self, function: Callable[[], T]) -> T:
        """Return what ``function`` does, or raise its error, or that AWS took too long."""
        result = self.together({"": function})[""]
        if isinstance(result, AWSError):
            raise result
        return result

    def together(self, calls: Mapping[K, Callable[[], T]]) -> dict[K, T | AWSError]:
        """Make all the calls side by side; each key gets its value or its error."""
        if not calls:
            return {}
        pool = _pool()
        futures = {key: pool.submit(function) for key, function in calls.items()}
        late = wait(futures.values(), timeout=self.left()).not_done
        for future in late:
            future.cancel()
        results: dict[K, T | AWSError] = {}
        for key, future in futures.items():
            if future in late:
                results[key] = too_late()
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


def _pool() -> ThreadPoolExecutor:
    pid = os.getpid()
    # setdefault is atomic; a pool without work has no thread yet, so a lost one costs nothing.
    return _pools.get(pid) or _pools.setdefault(
        pid, ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="philo-aws-page")
    )
