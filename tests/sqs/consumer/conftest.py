"""Consumers for tests: in this process, in threads of their own, on queues of the test."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.conf import ConsumerConfig
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.run import Consumer, Life

Consume = Callable[..., "Running"]
QUICK = ConsumerConfig(
    concurrency=4, wait_time_seconds=1, visibility_timeout=10, drain_timeout=5, backoff=(0, 0)
)


class Running:
    """A consumer in a thread."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.code: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.code = self.consumer.run()

    def stop(self) -> int:
        self.consumer.stop()
        return self.join()

    def join(self, seconds: float = 60) -> int:
        self._thread.join(seconds)
        assert self.code is not None, "the consumer did not end"
        return self.code

    def __getitem__(self, figure: Any) -> int:
        return self.consumer.figures[figure]


@pytest.fixture
def consume() -> Iterator[Consume]:
    """`consume({queue: function}, until_empty=True, **config)` starts one, and ends it at last."""
    started: list[Running] = []

    def start(
        handlers: dict[str, Any] | list[Handler], life: Life | None = None, **config: Any
    ) -> Running:
        if isinstance(handlers, dict):
            handlers = [Handler(queue=name, function=made) for name, made in handlers.items()]
        started.append(Running(Consumer(handlers, replace(QUICK, **config), life)))
        return started[-1]

    yield start
    for running in started:
        with contextlib.suppress(AssertionError):
            running.stop()


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> bool:
    """Wait until the condition holds: what happens in a server or a process tells nobody."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def counts(url: str) -> tuple[int, int]:
    """The messages that are to be had, and those that are hidden."""
    found = sqs.get_queue_attributes(url)["Attributes"]
    return (
        int(found["ApproximateNumberOfMessages"]),
        int(found["ApproximateNumberOfMessagesNotVisible"]),
    )


def with_dead_letters(make_queue: Callable[..., str], most: int, **more: Any) -> tuple[str, str]:
    """The URLs of a dead-letter queue, and of a queue whose messages it gets after `most`."""
    dead = make_queue(**more)
    arn = sqs.get_queue_attributes(dead)["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(most)})
    return dead, make_queue(RedrivePolicy=policy, **more)
