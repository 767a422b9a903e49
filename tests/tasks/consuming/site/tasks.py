"""Tasks that write down when they begin and end, and what is told of them."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from typing import Any

from philo_aws.tasks import task_retried
from tests.tasks.consuming.site.names import NAMES

task: Callable[[], Callable[..., Any]] = importlib.import_module(NAMES.package).task


def note(word: str, name: str) -> None:
    if path := os.environ.get("SITE_NOTES"):
        # One write of a short line is never mixed with another's.
        with open(path, "ab", buffering=0) as file:
            file.write(f"{word} {name} {os.getpid()}\n".encode())


def tell(word: str) -> Any:
    def told(task_result: Any, **kwargs: Any) -> None:
        note(word or str(task_result.status), str((task_result.args or ["-"])[0]))

    return told


if "SITE_NOTES" in os.environ:
    NAMES.signals.task_started.connect(tell("started"), weak=False)
    NAMES.signals.task_finished.connect(tell(""), weak=False)
    task_retried.connect(tell("retried"), weak=False)


@task()
def work(name: str, seconds: float = 0) -> str:
    """Work for so many seconds."""
    note("begin", name)
    time.sleep(seconds)
    note("end", name)
    return name


@task()
def fail(name: str) -> None:
    """Fail each time."""
    note("begin", name)
    raise LookupError(f"no such order: {name}")


def no_task(name: str) -> None:
    """A function that nobody may call by a message."""
    note("called", name)
