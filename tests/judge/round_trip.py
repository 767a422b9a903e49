"""Backends of ours with what Django's tests look into: Dummy's list, Immediate's run at once.

What they do is the product's own: enqueuing, the store of results, and the running of a task that
came as a message, here as soon as it was sent.
"""

from __future__ import annotations

import copy
import functools
import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from django.core.cache import caches

from philo_aws import sqs
from philo_aws.sqs.consumer.message import Message
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.source import Source
from philo_aws.tasks.execute import Runner
from philo_aws.tasks.names import BACKPORT, DJANGO, names
from philo_aws.tasks.options import Options

PACKAGE = DJANGO if django.VERSION >= (6,) else BACKPORT
BACKEND = "philo_aws.tasks.native" if PACKAGE == DJANGO else "philo_aws.tasks.backport"
SQSBackend: Any = importlib.import_module(BACKEND).SQSBackend
CACHE = "shared"
LEASE = 60


@functools.cache
def url_of(queue: str) -> str:
    """The URL of a queue, which is made: Django's tests have names alone."""
    return str(sqs.create_queue(f"judge-{queue}")["QueueUrl"])


class Enqueue(SQSBackend):  # type: ignore[misc]
    """Has the list of what was enqueued that DummyBackend has."""

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.results: list[Any] = []

    @functools.cached_property
    def settings(self) -> Options:
        """The options: Django's tests have their tasks in no application."""
        return Options(modules=("tasks",), max_attempts=1)

    def url_of(self, queue: str) -> str:
        """The URL of a queue."""
        return url_of(queue)

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Note what was enqueued, in a copy as Dummy does: the tests change it by hand."""
        result = super().enqueue(task, args, kwargs)
        self.results.append(copy.deepcopy(result))
        return result

    def clear(self) -> None:
        """Forget everything."""
        self.results.clear()


class Kept(Enqueue):
    """Keeps results in the cache, and has priorities."""

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.supports_get_result = self.supports_priority = True

    @functools.cached_property
    def settings(self) -> Options:
        """The options."""
        kept = {"cache": CACHE}
        return Options(modules=("tasks",), priorities={"default": {50: "high"}}, results=kept)

    def get_result(self, result_id: str) -> Any:
        """Read it from the store, where what a test has changed by hand is put first."""
        for result in self.results:
            self.result_store.keep(result)
        return super().get_result(result_id)

    def clear(self) -> None:
        """Forget everything, what is in the cache too."""
        super().clear()
        caches[CACHE].clear()


class RoundTrip(Enqueue):
    """Takes the message out of the queue again and runs it, as a consumer would."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Return the result that the run ended with."""
        url = self.url_of(self.queue_of(task))
        sqs.purge_queue(url)
        super().enqueue(task, args, kwargs)
        [raw] = sqs.receive_message(url, visibility_timeout=LEASE)["Messages"]
        runner = Runner(self, {task.queue_name})
        source = Source(Handler(queue=url, function=runner), max_attempts=1)
        finished: list[Any] = []

        def hear(sender: Any, task_result: Any, **more: Any) -> None:
            finished.append(task_result)

        task_finished = names(PACKAGE).signals.task_finished
        task_finished.connect(hear)
        message = Message(source, raw, begun=time.monotonic(), lease=LEASE)
        try:
            # In a thread as a worker's, which is in no transaction of whoever enqueues.
            with ThreadPoolExecutor(1) as pool:
                error = pool.submit(runner, message).exception()
            if isinstance(error, KeyboardInterrupt):
                raise error  # whatever else it is, the result has it
        finally:
            task_finished.disconnect(hear)
            sqs.delete_message(url, raw["ReceiptHandle"])
        return finished[0]
