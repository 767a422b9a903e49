"""Threads that send requests to SQS, as many at once as bring more answers."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, Self, TypeVar, cast

from ..exceptions import RETRIED, AWSError, Kind
from ..window import Window

MOST = 128
"""Requests at once at most."""
FIRST = 8
"""Requests at once where SQS is near: what they wait for then is this process."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class Done(NamedTuple, Generic[Task, Result]):
    """A task that ended."""

    task: Task
    result: Result | None
    raised: BaseException | None
    failures: list[AWSError]
    """What went wrong on the way, and was tried again."""
    seconds: float


class Crew(Generic[Task, Result]):
    """Does tasks side by side, for one thread that gives them out and takes the results.

    :class:`~philo_aws.window.Window` says how many at once. At the end of its block nothing is
    begun any more, and nobody waits for what is in flight.
    """

    def __init__(
        self,
        work: Callable[[Task, list[AWSError]], Result],
        *,
        most: int = MOST,
        first: int = FIRST,
    ) -> None:
        """``work`` does one task, and adds to the list what it tried again."""
        self._work = work
        self._window = Window(most, min(first, most), spent=time.process_time)
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._done: SimpleQueue[Done[Task, Result]] = SimpleQueue()
        self._threads = 0
        self.in_flight = 0
        """Tasks that were given out and not taken back."""
        self.seconds = 0.0
        """How long the last one took that was taken back."""

    @property
    def has_room(self) -> bool:
        """Whether another task may be given out now."""
        return self.in_flight < self._window.size and (
            not self.in_flight or time.monotonic() >= self._window.resume_at
        )

    def begin(self, task: Task) -> None:
        """Give out a task."""
        self.in_flight += 1
        self._tasks.put(task)
        if self._threads < self.in_flight:
            # A copy of the context for each: it cannot be entered twice at a time.
            run = functools.partial(contextvars.copy_context().run, self._run)
            name = f"philo-aws-sqs-{self._threads}"
            threading.Thread(target=run, name=name, daemon=True).start()
            self._threads += 1

    def ended(self, *, wait: bool) -> Iterator[tuple[Task, Result]]:
        """Yield what has ended; with ``wait`` at least one thing. Raises what a task raised."""
        while self.in_flight:
            try:
                done = self._done.get(block=wait)
            except Empty:
                return
            wait = False
            self._note(done)
            self.seconds = done.seconds
            # An error that is returned is a result, behind which others may come.
            if done.raised is not None:
                raise done.raised
            yield done.task, cast("Result", done.result)

    def _note(self, done: Done[Task, Result]) -> None:
        now = time.monotonic()
        kinds = {error.kind for error in done.failures}
        if Kind.THROTTLED in kinds:
            self._window.throttled(now)
        elif kinds & RETRIED:
            self._window.failed(now)
        else:
            self._window.succeeded(now, self.in_flight, done.seconds)
        self.in_flight -= 1

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            begun = time.monotonic()
            failures: list[AWSError] = []
            result: Result | None = None
            raised: BaseException | None = None
            try:
                result = self._work(task, failures)
            except BaseException as error:  # noqa: BLE001 - it is raised where it is taken
                raised = error
            self._done.put(Done(task, result, raised, failures, time.monotonic() - begun))
            del task, result, raised  # what they hold must not live until the next one comes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._tasks.get_nowait()
        for _ in range(self._threads):
            self._tasks.put(None)
