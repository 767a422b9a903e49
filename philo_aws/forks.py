"""Locks for which a fork waits.

A child has a copy of every lock, but only the thread that forked: what another one held stays
locked in it for ever. That goes for the locks of Python's own imports too, so what is imported
late, where several threads may ask for it first, is imported under a lock of these.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType

PATIENCE = 5.0
"""Seconds that a fork waits at most: whoever holds a lock may wait for the thread that forks."""
LIBRARIES = ("philo_aws", "botocore", "boto3", "awscrt")


class ForkLock:
    """A re-entrant lock that is free in a child."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _locks.append(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def take(self, seconds: float) -> bool:
        """Say whether it could be taken within ``seconds``."""
        return self._lock.acquire(timeout=max(seconds, 0))

    def give_back(self) -> None:
        """Undo :meth:`take`."""
        self._lock.release()

    def renew(self) -> None:
        """Forget who holds it, who is not in this process."""
        self._lock = threading.RLock()


_locks: list[ForkLock] = []
_of_thread = threading.local()


def _before() -> None:
    deadline = time.monotonic() + PATIENCE
    _of_thread.taken = [lock for lock in _locks if lock.take(deadline - time.monotonic())]
    while _is_importing() and time.monotonic() < deadline:
        time.sleep(0.001)


def _is_importing() -> bool:
    """Say whether one of the modules in question is being run for the first time."""
    return any(
        name.partition(".")[0] in LIBRARIES
        and getattr(getattr(module, "__spec__", None), "_initializing", False)
        for name, module in list(sys.modules.items())
    )


def _in_parent() -> None:
    for lock in _of_thread.taken:
        lock.give_back()


def _in_child() -> None:
    for lock in _locks:
        if lock in _of_thread.taken:
            lock.give_back()
        else:
            lock.renew()


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
