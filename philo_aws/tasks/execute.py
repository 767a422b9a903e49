"""Running a task that came as a message: what its result says, and who is told."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
import random
import socket
import traceback
from collections.abc import Collection, Mapping
from typing import Any

from django.utils import timezone

from ..exceptions import AWSError
from ..sqs.consumer.message import Message
from ..sqs.consumer.outcomes import Reject, Retry
from ..sqs.consumer.working import check_no_transaction
from .backend import SQSBackendMethods, delay_of, seconds_until
from .envelope import Envelope, read, resolve
from .results import errors_of
from .signals import task_retried

logger = logging.getLogger("philo_aws.tasks")

_RETRY_OF_HOP = 10.0


class Runner:
    """Runs the tasks of one SQS queue: what a consumer calls with each message."""

    def __init__(self, backend: SQSBackendMethods, queues: Collection[str]) -> None:
        """``queues`` are the queues of tasks whose messages are in it."""
        self._backend = backend
        self._queues = frozenset(queues)
        self.__qualname__ = f"Runner of the tasks of {backend.alias}"

    def __call__(self, message: Message) -> None:
        """Run the task of a message.

        Raises what the task raises, and :exc:`~philo_aws.sqs.consumer.Reject` for what is no task
        of this site: the consumer tries again, or parks the message.
        """
        settings = self._backend.settings
        envelope = read(message.body, sign=settings.sign)
        task = resolve(
            envelope,
            self._backend.names,
            alias=self._backend.alias,
            queues=self._queues,
            modules=settings.modules,
        )
        if envelope.run_after is not None and seconds_until(envelope.run_after) > 0:
            self._hop(message, envelope.run_after)
            return
        _Attempt(self._backend, message, envelope, task).run()

    def _hop(self, message: Message, run_after: dt.datetime) -> None:
        """Send it again, held back for as long as SQS does: it is not its time.

        The message that came is deleted once the other one was sent. Hidden messages would not do:
        they count as in flight, and as received.
        """
        from ..sqs.messages import send_message

        try:
            send_message(
                message.source.url,
                message.body,
                message.source.handler.region,
                delay_seconds=delay_of(run_after),
                message_attributes=message.raw.get("MessageAttributes"),
                message_group_id=message.group,
                purpose="ack",
            )
        except AWSError as error:
            # A missing permission would end in the dead-letter queue without a word of it.
            logger.warning("%r is not due, and could not be put off: %s", message, error)
            raise Retry(_RETRY_OF_HOP) from error


class _Attempt:
    """One run of a task, and the result that tells of it."""

    def __init__(
        self, backend: SQSBackendMethods, message: Message, envelope: Envelope, task: Any
    ) -> None:
        self._backend = backend
        self._names = backend.names
        self._message = message
        self._task = task
        message.max_attempts = (
            envelope.max_attempts
            or getattr(task, "max_attempts", None)
            or backend.settings.max_attempts
        )
        self._backoff = (
            envelope.backoff or getattr(task, "backoff", None) or backend.settings.backoff
        )
        # A first attempt has nothing before it: that need not be asked for.
        keeps = backend.result_store if message.attempt > 1 else None
        self._earlier = keeps.earlier(envelope.id) if keeps else None
        self._result = self._begun(envelope)

    def _begun(self, envelope: Envelope) -> Any:
        now = timezone.now()
        earlier = self._earlier or {}
        before = list(earlier.get("worker_ids", ()))[: self._message.attempt - 1]
        # Of a receive whose consumer died nobody knows.
        before += [worker_id()] * (self._message.attempt - 1 - len(before))
        started = earlier.get("started_at")
        return self._names.result(
            task=self._task,
            id=envelope.id,
            status=self._names.status.RUNNING,
            enqueued_at=envelope.enqueued_at,
            started_at=dt.datetime.fromisoformat(started) if started else now,
            last_attempted_at=now,
            finished_at=None,
            args=envelope.args,
            kwargs=envelope.kwargs,
            backend=self._backend.alias,
            errors=errors_of(earlier, self._names) if earlier else [],
            worker_ids=[*before, worker_id()],
        )

    def run(self) -> None:
        """Run it, and say what became of it.

        Raises what the task raises.
        """
        if self._is_done:
            # It ended well, and its message could not be deleted.
            self._message.is_duplicate = True
            return
        self._keep()
        self._tell("task_started")
        try:
            value = self._names.normalize(self._call())
            # The consumer would see it when a success has been told already.
            check_no_transaction()
        except BaseException as error:
            self._failed(error)
            raise
        self._set(
            finished_at=timezone.now(),
            status=self._names.status.SUCCESSFUL,
            _return_value=value,
        )
        self._keep()
        self._tell("task_finished")

    @property
    def _is_done(self) -> bool:
        done = str(self._names.status.SUCCESSFUL)
        return isinstance(self._earlier, Mapping) and self._earlier.get("status") == done

    def _call(self) -> object:
        result, task = self._result, self._task
        context = [self._names.context(task_result=result)] if task.takes_context else []
        called: object = task.call(*context, *result.args, **result.kwargs)
        return called

    def _failed(self, error: BaseException) -> None:
        kind = type(error)
        self._result.errors.append(
            self._names.error(
                exception_class_path=f"{kind.__module__}.{kind.__qualname__}",
                traceback="".join(traceback.format_exception(error)),
            )
        )
        if self._is_final(error):
            self._set(finished_at=timezone.now(), status=self._names.status.FAILED)
            self._keep()
            # As in Django nobody is told of an interrupt. But its message was parked as any other.
            if not isinstance(error, KeyboardInterrupt):
                # In the handling of the error, which Django's logger looks for.
                self._tell("task_finished")
            return
        delay = error.delay if isinstance(error, Retry) else self._delay()
        self._message.delay = delay
        self._set(status=self._names.status.READY)
        self._keep()
        task_retried.send_robust(type(self._backend), task_result=self._result, delay=delay)

    def _is_final(self, error: BaseException) -> bool:
        """Say whether the consumer will not try again, as it decides itself."""
        if isinstance(error, Retry):
            return 0 < self._message.source.max_receives <= self._message.attempt
        return isinstance(error, Reject) or self._message.is_last_attempt

    def _delay(self) -> float | None:
        """Return the seconds until the next attempt; ``None`` where the consumer says it."""
        attempt, backoff = self._message.attempt, self._backoff
        if backoff is None:
            return None
        if callable(backoff):
            return max(0.0, float(backoff(attempt)))
        first, longest = backoff
        # Not all at the same moment, where many failed for one reason.
        return random.uniform(0.5, 1) * min(longest, first * 2.0 ** min(attempt - 1, 32))  # noqa: S311

    def _keep(self) -> None:
        if self._backend.result_store:
            self._backend.result_store.keep(self._result)

    def _tell(self, signal: str) -> None:
        # Robust: a receiver that fails is logged, and is not the task's failure.
        sent = getattr(self._names.signals, signal)
        sent.send_robust(type(self._backend), task_result=self._result)

    def _set(self, **changes: Any) -> None:
        for name, value in changes.items():
            object.__setattr__(self._result, name, value)


@functools.cache
def _worker_id(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}"


def worker_id() -> str:
    """Return how results name this process: its host and its number."""
    return _worker_id(os.getpid())
