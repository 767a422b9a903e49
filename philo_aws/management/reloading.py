"""Consuming in development: beginning anew, by Django's reloader, when the code has changed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.utils import autoreload

if TYPE_CHECKING:
    from ..sqs.consumer.run import Consumer

DRAINED_WITHIN = 5.0
"""Seconds that what runs has to end when the code has changed."""
_GIVEN_BACK_WITHIN = 5.0
"""Seconds more in which the rest is given back."""


def run(make: Callable[[], Consumer], say: Callable[[str], object]) -> None:
    """Run the consumer that ``make`` makes, and another one each time the code has changed.

    Called in the process that was started, and by Django's reloader in each one after it. What is
    wrong in the code ends no process: it is told, and looked at again when a file has changed. What
    is told goes to ``say``.
    """
    consumed = _Consumed(make, say)

    def drain(**kwargs: Any) -> None:
        consumed.end()

    autoreload.file_changed.connect(drain, weak=False)
    try:
        autoreload.run_with_reloader(consumed)
    finally:
        # Told to end: else what it holds would be hidden until the leases end.
        consumed.end()
        autoreload.file_changed.disconnect(drain)


class _Consumed:
    """The consumer in its thread, and how it is ended from another one."""

    def __init__(self, make: Callable[[], Consumer], say: Callable[[str], object]) -> None:
        self._make = make
        self._say = say
        self._consumer: Consumer | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()

    def __call__(self) -> None:
        """Make the consumer and run it, in the thread that the reloader has for that."""
        self._idle.clear()
        with self._ended():
            try:
                consumer = self._make()
            except (CommandError, ImproperlyConfigured) as error:
                self._say(f"{error} Waiting for the code to change.")
                return
            with self._lock:
                self._consumer = consumer
                if self._is_over:
                    return
            consumer.run()

    @contextlib.contextmanager
    def _ended(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._idle.set()

    def end(self) -> None:
        """Tell the consumer to end, and wait for that."""
        with self._lock:
            self._is_over = True
            if self._consumer is not None:
                self._consumer.stop()
        self._idle.wait(DRAINED_WITHIN + _GIVEN_BACK_WITHIN)
