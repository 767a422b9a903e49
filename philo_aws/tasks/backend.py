"""The backend, without the class of Django's or of the backport's that it is one of."""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import functools
import math
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ..exceptions import AWSError, IncompleteError
from . import calls
from .envelope import Envelope, written
from .names import Names
from .options import Options, parse
from .results import Results, store_of

if TYPE_CHECKING:
    from ..sqs.channel import Channel

MAX_DELAY = 900
"""Seconds for which SQS holds a message back.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""
ID_LENGTH = 32
_ENQUEUING_AT_ONCE = 32

_pools: dict[int, ThreadPoolExecutor] = {}


def pool() -> ThreadPoolExecutor:
    """Return the threads in which this process enqueues what coroutines ask for."""
    pid = os.getpid()
    if pid not in _pools:
        _pools.clear()  # a fork has none of its parent's threads
        _pools[pid] = ThreadPoolExecutor(_ENQUEUING_AT_ONCE, thread_name_prefix="philo-aws-enqueue")
    return _pools[pid]


class SQSBackendMethods:
    """What a backend does. A subclass says by ``names`` which tasks are meant."""

    names: Names
    """Django's tasks, or those of ``django-tasks``."""
    alias: str
    """The key in ``settings.TASKS``."""
    queues: set[str]
    """The queues of tasks that there may be; empty for any."""
    options: dict[str, Any]
    """``OPTIONS``, as they are written."""

    supports_defer = True
    supports_async_task = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)  # type: ignore[call-arg]
        # Told before anything is read in full: a fault in the options is for the checks to tell,
        # and must not keep a module with tasks from being imported.
        options: object = self.options
        given = options if isinstance(options, Mapping) else {}
        self.supports_get_result = given.get("results") is not None
        self.supports_priority = bool(given.get("priorities"))

    @functools.cached_property
    def settings(self) -> Options:
        """The options, checked.

        Raises :exc:`~django.core.exceptions.ImproperlyConfigured`.
        """
        return parse(self.alias, self.options)

    @functools.cached_property
    def result_store(self) -> Results | None:
        """What keeps results; ``None`` where they are not kept."""
        store = store_of(self.settings)
        return Results(store, self.names, self.settings.ttl) if store else None

    # What a task may be

    def validate_task(self, task: Any) -> None:
        """Raise Django's ``InvalidTask`` for what SQS cannot do."""
        super().validate_task(task)  # type: ignore[misc]
        if task.run_after is None and getattr(task, "deduplication", None) is None:
            return
        fifo = self.queue_of(task).endswith(".fifo")
        if not fifo and getattr(task, "deduplication", None) is not None:
            raise self.names.invalid(
                "A deduplication id is for FIFO queues, whose names end in '.fifo'."
            )
        if task.run_after is None:
            return
        if fifo:
            raise self.names.invalid(
                "A FIFO queue cannot hold back one message: run_after is for standard queues."
            )
        most = self.settings.max_defer
        if seconds_until(task.run_after) > most:
            raise self.names.invalid(
                f"run_after is more than {most:g} seconds away, which is this backend's max_defer. "
                "Let EventBridge Scheduler or cron enqueue what is that far off."
            )

    def queue_of(self, task: Any) -> str:
        """Return the name or URL of the SQS queue of a task."""
        return self.settings.queue_for(task.queue_name, task.priority)

    def url_of(self, queue: str) -> str:
        """Return the URL of a queue: ``AWS["queues"]``'s, else as SQS says, which is kept.

        Raises :exc:`~philo_aws.exceptions.AWSError`.
        """
        from ..sqs.consumer.source import url_of

        known = self._urls.get(queue)
        if known is None:
            known = self._urls[queue] = url_of(queue, self.settings.region)
        return known

    @functools.cached_property
    def _urls(self) -> dict[str, str]:
        return {}

    def _channel_to(self, url: str) -> Channel:
        """Return what sends to a queue, which is kept: to find it takes longer than to send."""
        from ..sqs.channel import Channel

        made = self._channels.get(url)
        if made is None:
            made = self._channels[url] = Channel(url, self.settings.region, "web")
        return made

    @functools.cached_property
    def _channels(self) -> dict[str, Channel]:
        return {}

    # Enqueuing

    def enqueue(self, task: Any, args: Iterable[Any], kwargs: Mapping[str, Any]) -> Any:
        """Send a task, and return its ``TaskResult``, of status ``READY``.

        Raises Django's ``InvalidTask``, :exc:`TypeError` for arguments that are not to be had in
        JSON, and :exc:`~philo_aws.exceptions.AWSError` where SQS did not take it; the sentence says
        so where it may have come all the same.
        """
        from ..sqs.message import build
        from ..sqs.messages import send_by

        self.validate_task(task)
        result = self._made(task, args, kwargs)
        if self.result_store:
            # Before it is sent: a consumer may be quicker than we are.
            self.result_store.keep(result)
        options = self._message_options(result)
        delay = options.pop("DelaySeconds", None)
        with self._queue_forgotten_where_gone(task):
            channel = self._channel_to(self.url_of(self.queue_of(task)))
            request = build(
                self._body(result),
                fifo=channel.queue_url.endswith(".fifo"),
                delay_seconds=delay,
                attributes=None,
                group_id=options.get("MessageGroupId"),
                deduplication_id=options.get("MessageDeduplicationId"),
            )
            send_by(channel, request, "web")
        self.names.signals.task_enqueued.send(type(self), task_result=result)
        return result

    async def aenqueue(self, task: Any, args: Iterable[Any], kwargs: Mapping[str, Any]) -> Any:
        """Do as :meth:`enqueue`, in a thread of the process's own for that.

        Django's thread for all that is synchronous would do one after the other.
        """
        run = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool(), run, self.enqueue, task, args, kwargs)

    async def aget_result(self, result_id: str) -> Any:
        """Do as :meth:`get_result`, in a thread."""
        run = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(
            pool(), run, self.get_result, result_id
        )

    def enqueue_many(self, task: Any, given: Iterable[Any]) -> list[Any]:
        """Send a task for each of ``given``, ten to a request, and return their results in order.

        Each is a list or a tuple of arguments, a dict of named ones, or a
        :func:`~philo_aws.tasks.call`. An iterator is read as far as it is sent. Raises as
        :meth:`enqueue` does, with nothing sent where the first is wrong, and
        :exc:`~philo_aws.exceptions.IncompleteError` where some were not sent: its ``result`` has
        the results of those that were under ``Successful``, and the others' with their ``Code`` and
        ``Message`` under ``Failed``.
        """
        from ..sqs.batch import send_entries

        self.validate_task(task)
        made: list[Any] = []
        sent: list[Any] = []
        failed: list[dict[str, Any]] = []

        def entries() -> Iterator[dict[str, Any]]:
            for each in given:
                call = calls.read(each)
                result = self._made(task, call.args, call.kwargs)
                if self.result_store:
                    self.result_store.keep(result)
                made.append(result)
                yield {"MessageBody": self._body(result), **self._message_options(result)}

        with self._queue_forgotten_where_gone(task):
            url = self.url_of(self.queue_of(task))
            outcomes = send_entries(url, entries(), self.settings.region, purpose="web")
            for place, outcome in enumerate(outcomes):
                result = made[place]
                made[place] = None  # what is told of is not held twice
                if outcome.successful:
                    sent.append(result)
                    self.names.signals.task_enqueued.send(type(self), task_result=result)
                else:
                    failed.append({**outcome.record, "Result": result})
        if failed:
            raise IncompleteError(
                f"{len(failed):,} of {len(failed) + len(sent):,} tasks were not sent, the first "
                f"because: {failed[0].get('Message') or failed[0].get('Code')}",
                result={"Successful": sent, "Failed": failed},
            )
        return sent

    def _made(self, task: Any, args: Iterable[Any], kwargs: Mapping[str, Any]) -> Any:
        return self.names.result(
            task=task,
            # As good as Django's own, for a tenth of what those cost.
            id=secrets.token_hex(ID_LENGTH // 2),
            status=self.names.status.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )

    def _body(self, result: Any) -> str:
        task = result.task
        return written(
            Envelope(
                id=result.id,
                task=task.module_path,
                args=result.args,
                kwargs=result.kwargs,
                queue_name=task.queue_name,
                backend=self.alias,
                enqueued_at=result.enqueued_at,
                run_after=task.run_after,
                priority=task.priority,
                max_attempts=getattr(task, "max_attempts", None),
                backoff=_plain(getattr(task, "backoff", None)),
            ),
            sign=self.settings.sign,
        )

    def _message_options(self, result: Any) -> dict[str, Any]:
        task = result.task
        made: dict[str, Any] = {}
        group = getattr(task, "group", None)
        if self.queue_of(task).endswith(".fifo"):
            # Without a group of its own the queue is one line, in the order of enqueuing.
            made["MessageGroupId"] = group or task.queue_name
            made["MessageDeduplicationId"] = getattr(task, "deduplication", None) or result.id
        elif group:
            made["MessageGroupId"] = group
        if task.run_after is not None and (seconds := delay_of(task.run_after)):
            made["DelaySeconds"] = seconds
        return made

    def _queue_forgotten_where_gone(self, task: Any) -> Any:
        return _Forgetting(self._urls, self.queue_of(task))

    # Results

    def get_result(self, result_id: str) -> Any:
        """Return what is known of a task.

        Raises :exc:`NotImplementedError` where ``OPTIONS["results"]`` is not set, and Django's
        ``TaskResultDoesNotExist``.
        """
        if self.result_store is None:
            return super().get_result(result_id)  # type: ignore[misc]
        return self.result_store.get(result_id)


class _Forgetting:
    """Forgets the URL of a queue that turns out not to be there: it may have been made anew."""

    def __init__(self, urls: dict[str, str], queue: str) -> None:
        self._urls, self._queue = urls, queue

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AWSError):
            self._urls.pop(self._queue, None)


def seconds_until(moment: dt.datetime) -> float:
    """Return the seconds until a moment, negative for one that is over."""
    now = dt.datetime.now(dt.UTC) if timezone.is_aware(moment) else dt.datetime.now()  # noqa: DTZ005
    return (moment - now).total_seconds()


def delay_of(run_after: dt.datetime) -> int:
    """Return the whole seconds for which SQS is to hold back a message, 0 to 900."""
    return max(0, min(MAX_DELAY, math.ceil(seconds_until(run_after))))


def _plain(backoff: Any) -> Any:
    """Return a backoff that a message can carry; a function stays with the task."""
    return tuple(map(float, backoff)) if isinstance(backoff, list | tuple) else None
