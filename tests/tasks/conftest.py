"""Backends for tests, on queues of the test, and a consumer of them in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.sqs.consumer.run import Consumer, Life
from philo_aws.tasks import task_retried, worker
from philo_aws.tasks.backend import SQSBackendMethods
from tests.servers import LocalAWS
from tests.settings import TASKS
from tests.sqs.conftest import proxies, proxy
from tests.sqs.consumer.conftest import QUICK
from tests.tasks import jobs

__all__ = ["proxies", "proxy"]


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    jobs.done.clear()


@pytest.fixture
def configure(settings: Settings) -> Callable[..., SQSBackendMethods]:
    """`configure(queue, QUEUES=…, **options)`: the default backend, on this queue."""

    def make(
        queue: str | None = None,
        /,
        QUEUES: Any = ("default",),  # noqa: N803 - as in the settings
        **options: Any,
    ) -> Any:
        if queue is not None:
            options = {"queues": {"default": queue}, **options}
        settings.TASKS = {
            "default": {
                "BACKEND": TASKS["default"]["BACKEND"],
                "QUEUES": list(QUEUES),
                "OPTIONS": {"modules": ["tests"], **options},
            }
        }
        return worker.backend_of("default")

    return make


@pytest.fixture
def backend(
    aws: LocalAWS, configure: Callable[..., SQSBackendMethods], queue_url: str
) -> SQSBackendMethods:
    """The default backend on a queue of the test, with results."""
    return configure(queue_url, results={"cache": "default"})


@pytest.fixture
def work() -> Callable[..., Any]:
    """`work(**config)`: run what is in the queues of the default backend; return the figures."""

    def run(**config: Any) -> Any:
        life = Life(until_empty=True, max_messages=config.pop("max_messages", 0))
        consumer = Consumer(worker.handlers(["default"]), replace(QUICK, **config), life)
        consumer.run()
        return consumer.figures

    return run


@pytest.fixture
def told() -> Iterator[list[tuple[str, Any]]]:
    """The signals that were sent, each with the status that its result had."""
    heard: list[tuple[str, Any]] = []
    signals = {
        name: getattr(jobs.NAMES.signals, name)
        for name in ("task_enqueued", "task_started", "task_finished")
    }
    signals["task_retried"] = task_retried
    receivers = []
    for name, signal in signals.items():

        def hear(sender: Any, task_result: Any, name: str = name, **kwargs: Any) -> None:
            heard.append((name, str(task_result.status)))

        receivers.append((signal, hear))
        signal.connect(hear, weak=False)
    yield heard
    for signal, hear in receivers:
        signal.disconnect(hear)
