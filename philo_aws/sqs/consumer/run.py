"""The life of a consumer: it begins, is watched, is told to end, and gives back what it holds."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from ...conf import ConsumerConfig, get_config
from .acknowledging import Acknowledgements
from .figures import Figures
from .health import SILENT_FOR, TOUCHED_EVERY, HealthFile, HealthPage
from .leases import Leases
from .message import Message
from .polling import MOST_POLLERS, Polling
from .registry import Handler
from .settling import Settler
from .slots import Slots
from .source import Source
from .working import Workers

logger = logging.getLogger("philo_aws.sqs.consumer")

DRAINED = 0
"""The exit code of a consumer that left nothing half-done."""
LEFT_SOMETHING = 1
"""The exit code of one that gave back what ran, did not delete what was done, or gave up."""
INTERRUPTED = 130
"""The exit code after a second signal."""
WATCHED_EVERY = 1.0
FLUSHED_FOR = 5.0
"""Seconds in which what is done is deleted at the end."""
SUMMED_UP_EVERY = 60.0
GIVEN_UP_AFTER, GIVEN_UP_WITHIN = 5, 600.0
"""So many pollers replaced in so many seconds mean that another process may do better."""
_now = time.monotonic


@dataclass(frozen=True, kw_only=True)
class Life:
    """How long a consumer lives, and who may look at it."""

    until_empty: bool = False
    """Whether it ends when its queues are empty."""
    max_messages: int = 0
    """Messages after which it ends; 0 for no such end."""
    max_runtime: float = 0
    """Seconds after which it ends; 0 for no such end."""
    health_file: str = ""
    """A file that is touched while all is well."""
    health_port: int | None = None
    """A port of the loopback address for the health page."""
    on_summary: Callable[[dict[str, Any]], None] | None = None
    """Called with the figures, each minute and at the end."""


class Consumer:
    """Receives from queues, has messages handled, and says what became of them."""

    def __init__(
        self,
        handlers: Sequence[Handler],
        config: ConsumerConfig | None = None,
        life: Life | None = None,
    ) -> None:
        """``config`` are by default the settings'."""
        self.config = config or get_config().consumer
        self.life = life or Life()
        self.figures = Figures()
        self.slots = Slots(
            self.config.concurrency, self.config.prefetch_seconds, self.life.max_messages
        )
        self.leases = Leases(self.config.visibility_timeout, self.figures, self.slots.drop)
        self.acknowledgements = Acknowledgements(self.leases, self.figures, threads=MOST_POLLERS)
        settler = Settler(self.config, self.leases, self.acknowledgements, self.figures)
        self.workers = Workers(self.config.concurrency, self.slots, settler)
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.pollings = [
            Polling(
                Source(handler, self.config.dead_letter, self.config.max_attempts),
                self.config,
                self.slots,
                self.leases,
                self.figures,
                until_empty=self.life.until_empty,
                on_end=lambda: self._told.put("a poller ended"),
                due=self.acknowledgements.due,
            )
            for handler in handlers
        ]
        self._replaced: list[float] = []
        self._signals = 0

    def run(self) -> int:
        """Consume until it is told to end, and return the exit code.

        SIGTERM and SIGINT tell it, in the main thread of a process; a second one ends the process
        at once.
        """
        begun = _now()
        health = HealthFile(self.life.health_file) if self.life.health_file else None
        if health:
            health.touch(well=True)  # where that cannot be, nothing is begun
        with self._signals_heard(), self._page():
            self.leases.start()
            self.acknowledgements.start()
            self.workers.start()
            for polling in self.pollings:
                polling.start()
            code = self._watch(begun, health)
            code = max(code, self._end())
        if health:
            health.remove()
        self._sum_up(ended=True)
        return code

    def stop(self) -> None:
        """Tell it to end, from any thread."""
        self._told.put("stop")

    # While it lives

    def _watch(self, begun: float, health: HealthFile | None) -> int:
        touched = summed_up = float("-inf")
        while True:
            now = _now()
            if now - touched >= TOUCHED_EVERY and health:
                health.touch(well=self.is_healthy)
                touched = now
            if summed_up == float("-inf"):
                summed_up = now
            elif now - summed_up >= SUMMED_UP_EVERY:
                self._sum_up(ended=False)
                summed_up = now
            if self._is_over(now - begun):
                return self._code_of_pollings()
            if self._gives_up(now):
                return LEFT_SOMETHING
            with contextlib.suppress(queue.Empty):
                if self._told.get(timeout=WATCHED_EVERY) == "stop":
                    return DRAINED

    def _is_over(self, age: float) -> bool:
        if self.life.max_runtime and age >= self.life.max_runtime:
            return True
        if self.slots.is_exhausted or self.life.until_empty:
            ended = self.slots.is_exhausted or all(one.is_done for one in self.pollings)
            return ended and not self.leases.held("waiting", "running")
        return False

    def _code_of_pollings(self) -> int:
        faults = [one.source for one in self.pollings if one.is_given_up]
        for source in faults:
            logger.error("%s was not consumed: %s", source.name, source.fault)
        return LEFT_SOMETHING if faults else DRAINED

    def _gives_up(self, now: float) -> bool:
        """Put threads in the place of those that are stuck; say whether that is no use any more."""
        replaced = sum(polling.watch() for polling in self.pollings)
        workers = self.workers.watch()
        self.figures.add("workers_replaced", workers)
        self._replaced += [now] * replaced
        self._replaced = [one for one in self._replaced if now - one < GIVEN_UP_WITHIN]
        if not self.leases.is_alive:
            logger.critical("Leases are not renewed any more: the consumer ends.")
            return True
        if len(self._replaced) >= GIVEN_UP_AFTER:
            logger.critical(
                "%d receives did not end within ten minutes: the consumer ends.",
                len(self._replaced),
            )
            return True
        return False

    @property
    def is_healthy(self) -> bool:
        """Whether every queue was answered for lately."""
        return all(one.late() < SILENT_FOR or one.is_done for one in self.pollings)

    def state(self) -> dict[str, Any]:
        """Return what may be known of it."""
        return {
            "healthy": self.is_healthy,
            "pid": os.getpid(),
            "running": self.slots.busy,
            "waiting": self.slots.waiting,
            "held": len(self.leases.held()),
            "queues": {
                one.source.name: {
                    "answered_seconds_ago": round(_now() - one.source.answered_at, 1),
                    "failures": one.source.failures,
                    "fault": one.source.fault,
                }
                for one in self.pollings
            },
            "figures": self.figures.all(),
        }

    def _sum_up(self, *, ended: bool) -> None:
        if self.life.on_summary:
            self.life.on_summary({"ended": ended, **self.state()})

    @contextlib.contextmanager
    def _page(self) -> Iterator[None]:
        if self.life.health_port is None:
            yield
            return
        page = HealthPage(self.life.health_port, self.state)
        logger.info("Health: http://127.0.0.1:%d/healthz", page.port)
        try:
            yield
        finally:
            page.close()

    # Its end

    def _end(self) -> int:
        """Give back what waits, wait for what runs, and give back what is left of that."""
        end = _now() + self.config.drain_timeout
        for polling in self.pollings:
            polling.stop()
        self._give_back(self.slots.stop())
        is_idle = self.slots.wait_until_idle(end)
        # A receive that rests may still bring messages, which are given back.
        patience = max(end, _now() + self.config.wait_time_seconds + 1)
        for polling in self.pollings:
            polling.join(patience)
        is_idle = is_idle or self.slots.wait_until_idle(_now())
        abandoned = self.leases.held("running")
        if abandoned:
            logger.error(
                "Still being handled after %g s, and coming again at once: messages, %d.",
                self.config.drain_timeout,
                len(abandoned),
            )
            self.figures.add("abandoned", len(abandoned))
            self.leases.let_go(abandoned)
        self.workers.stop()
        unacknowledged = self.acknowledgements.flush(FLUSHED_FOR)
        self._give_back(self.leases.held("waiting"))
        self.leases.stop()
        if unacknowledged:
            logger.error(
                "Handled but not deleted, and so coming again: messages, %d.", unacknowledged
            )
        return LEFT_SOMETHING if abandoned or unacknowledged else DRAINED

    def _give_back(self, messages: list[Message]) -> None:
        self.figures.add("released", len(messages))
        self.leases.let_go(messages)

    @contextlib.contextmanager
    def _signals_heard(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [(number, signal.signal(number, self._signalled)) for number in numbers]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:
            os._exit(INTERRUPTED)
        # A SimpleQueue may be put into while the same thread waits for it; an Event may not.
        self._told.put("stop")
