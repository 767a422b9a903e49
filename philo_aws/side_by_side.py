"""Calls to AWS in threads, as many at once as bring more answers."""

from __future__ import annotations

import contextvars
import functools
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from .daemons import Daemons, P, T, do
from .exceptions import RETRIED, AWSError, Kind
from .patience import failures_noted
from .window import Window


class SideBySide(Daemons):
    """A pool of threads whose number of calls at once finds itself: see :mod:`philo_aws.window`.

    What is submitted beyond it waits. A call that fails in a way that may be due to load, or that
    was asked to slow down while it tried again, leaves room for fewer.
    """

    def __init__(self, most: int, first: int, thread_name_prefix: str) -> None:
        """``first`` calls at once in the beginning, and ``most`` at the end."""
        super().__init__(most, thread_name_prefix)
        self._window = Window(most, first, spent=time.process_time)
        self._in_flight = 0
        self._held: deque[tuple[Future[Any], Callable[[], Any], list[AWSError]]] = deque()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        failures: list[AWSError] = []
        noted = functools.partial(_noted, failures, functools.partial(fn, *args, **kwargs))
        call = functools.partial(contextvars.copy_context().run, noted)
        with self._lock:
            self._check_open()
            self._held.append((future, call, failures))
            self._let_go()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            held = list(self._held)
            self._held.clear()
            for each in held:
                if cancel_futures:
                    each[0].cancel()
                else:
                    self._in_flight += 1
                    self._put(functools.partial(self._make, *each))
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _let_go(self) -> None:
        """Begin as many calls as there is room for; needs the lock."""
        while self._held and self._in_flight < self._window.size:
            self._in_flight += 1
            self._put(functools.partial(self._make, *self._held.popleft()))

    def _make(self, future: Future[Any], call: Callable[[], Any], failures: list[AWSError]) -> None:
        begun = time.monotonic()
        do(future, call)
        now = time.monotonic()
        with self._lock:
            in_flight = self._in_flight
            self._in_flight -= 1
            kinds = {error.kind for error in failures}
            if not future.cancelled():
                error = future.exception() or future.result()
                kinds |= {error.kind} if isinstance(error, AWSError) else set()
            if Kind.THROTTLED in kinds:
                self._window.throttled(now)
            elif kinds & RETRIED:
                self._window.failed(now)
            elif not future.cancelled():
                self._window.succeeded(now, in_flight, now - begun)
            self._let_go()


def _noted(failures: list[AWSError], call: Callable[[], Any]) -> Any:
    with failures_noted() as noted:
        try:
            return call()
        finally:
            failures += noted
