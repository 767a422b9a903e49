"""Handling: threads that call handlers, one message each, with what Django wants around it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Callable

from .message import Message
from .outcomes import Outcome, Reject, Retry
from .settling import Settler
from .slots import Slots

logger = logging.getLogger("philo_aws.sqs.consumer")


class UnfinishedTransactionError(Exception):
    """A handler returned inside of a transaction, whose changes nobody would see."""


class Workers:
    """The threads that handle messages, and the event loop of coroutine functions."""

    def __init__(self, number: int, slots: Slots, settler: Settler) -> None:
        self._slots = slots
        self._settler = settler
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_lock = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = [self._thread(place) for place in range(number)]

    def _thread(self, place: int) -> threading.Thread:
        return threading.Thread(target=self._work, name=f"philo-aws-handle-{place}", daemon=True)

    def start(self) -> None:
        """Begin to handle."""
        for thread in self._threads:
            thread.start()

    def watch(self) -> int:
        """Replace threads that ended, and return how many were."""
        replaced = 0
        for place, thread in enumerate(self._threads):
            if not thread.is_alive():
                self._threads[place] = self._thread(place)
                self._threads[place].start()
                replaced += 1
        return replaced

    def stop(self) -> None:
        """End the event loop, and what runs in it."""
        with self._loop_lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._end_tasks, loop)

    def _end_tasks(self, loop: asyncio.AbstractEventLoop) -> None:
        for task in self._tasks:
            task.cancel()
        loop.call_later(0.1, loop.stop)

    def _work(self) -> None:
        while (message := self._slots.next()) is not None:
            begun = time.monotonic()
            if message.source.handler.is_async:
                self._begin_task(message, begun)
                continue
            try:
                # Nothing of one message is left for the next one: no language, no time zone.
                contextvars.Context().run(self._handle, message)
            finally:
                self._slots.finished(time.monotonic() - begun)
        self._close_connections()

    def _handle(self, message: Message) -> None:
        _before(message)
        self._settle(message, lambda: message.source.handler.function(message))
        _after()

    def _settle(self, message: Message, call: Callable[[], object]) -> None:
        """Make the call, and do with the message what it says."""
        try:
            call()
            check_no_transaction()
        except BaseException as error:  # noqa: BLE001 - SystemExit too must not end the thread
            self._failed(message, error)
        else:
            self._settled(message, Outcome.DONE)

    def _failed(self, message: Message, error: BaseException) -> None:
        if isinstance(error, Retry):
            self._settled(message, Outcome.RETRY, error=error, delay=error.delay)
            return
        # Django does not see that a connection is dead where connections live for ever.
        self._close_connections()
        if isinstance(error, Reject):
            self._settled(message, Outcome.REJECTED, error=error)
            return
        logger.warning(
            "%r failed in %s, attempt %d.",
            message,
            message.source.handler.path,
            message.attempt,
            exc_info=error,
        )
        self._settled(message, Outcome.FAILED, error=error)

    def _settled(
        self,
        message: Message,
        outcome: Outcome,
        *,
        error: BaseException | None = None,
        delay: float | None = None,
    ) -> None:
        try:
            self._settler.settle(message, outcome, error=error, delay=delay)
        except Exception:
            # It comes again when its lease ends.
            logger.exception("What became of %r was not told to SQS.", message)

    def _close_connections(self) -> None:
        from django.db import connections

        with contextlib.suppress(Exception):
            connections.close_all()
        for connection in connections.all(initialized_only=True):
            if connection.in_atomic_block:
                # It counts as in its transaction for ever.
                del connections[connection.alias]

    # Coroutine functions

    def _begin_task(self, message: Message, begun: float) -> None:
        loop = self._running_loop()
        loop.call_soon_threadsafe(self._create_task, loop, message, begun)

    def _create_task(self, loop: asyncio.AbstractEventLoop, message: Message, begun: float) -> None:
        task = loop.create_task(self._await(message, begun), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _await(self, message: Message, begun: float) -> None:
        from asgiref.sync import sync_to_async

        try:
            await sync_to_async(_before)(message)
            failure: BaseException | None = None
            try:
                await message.source.handler.function(message)
            except BaseException as error:  # noqa: BLE001 - as for threads
                failure = error
            await sync_to_async(self._settle_task)(message, failure)
        finally:
            self._slots.finished(time.monotonic() - begun)

    def _settle_task(self, message: Message, failure: BaseException | None) -> None:
        def ended() -> None:
            if failure is not None:
                raise failure

        self._settle(message, ended)
        _after()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._loop_lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_run, args=(self._loop,), name="philo-aws-loop", daemon=True
                ).start()
            return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _before(message: Message) -> None:
    from django.db import close_old_connections, reset_queries

    trace.set(message.trace)
    close_old_connections()
    reset_queries()


def _after() -> None:
    from django.db import close_old_connections

    with contextlib.suppress(Exception):
        close_old_connections()


def check_no_transaction() -> None:
    """Raise :exc:`UnfinishedTransactionError` inside of a transaction, of whichever database."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            raise UnfinishedTransactionError(
                f"The handler returned inside of a transaction on {connection.alias!r}: what it "
                "changed would be lost. End the transaction in the handler."
            )


trace: contextvars.ContextVar[dict[str, str] | None] = contextvars.ContextVar(
    "philo_aws_trace", default=None
)
"""The trace headers of the message that is being handled."""
