"""Tasks of the tests, of Django's kind or of django-tasks'."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import importlib
from typing import Any

import django

from philo_aws.tasks import Reject, Retry, names

PACKAGE = names.DJANGO if django.VERSION >= (6,) else names.BACKPORT
NAMES = names.names(PACKAGE)
task: Any = importlib.import_module(PACKAGE).task
done: list[Any] = []
"""What was done, in this process."""


@task()
def add(one: int, two: int = 2) -> int:
    done.append((one, two))
    return one + two


@task()
async def add_later(one: int) -> int:
    done.append(one)
    return one


@task(takes_context=True)
def tell(context: Any) -> list[Any]:
    done.append(context.attempt)
    return [context.task_result.id, context.attempt]


@task()
def fail(why: str = "no") -> None:
    done.append(why)
    raise ValueError(why)


@task()
def leave() -> None:
    raise SystemExit(3)


@task()
def interrupt() -> None:
    done.append("begun")
    raise KeyboardInterrupt


@task()
def refuse() -> None:
    raise Reject("it is no use")


@task()
def wait(seconds: float) -> None:
    done.append(seconds)
    if len(done) == 1:
        raise Retry(seconds)


@task()
def make_object() -> object:
    return object()


def no_task() -> None:
    done.append("this is no task")


class Hidden:
    task = add
