"""What a consumer of tasks consumes: the queues of backends, and what runs the tasks in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules, import_string

from ..sqs.consumer.registry import Handler
from .backend import SQSBackendMethods
from .execute import Runner

MODULE = "tasks"
"""The module of an application with its tasks."""


def backend_of(alias: str) -> SQSBackendMethods:
    """Return the backend of an alias in ``settings.TASKS``.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` where there is none, or it is not one
    of this package's.
    """
    configured: dict[str, Any] = getattr(settings, "TASKS", None) or {}
    if alias not in configured:
        known = ", ".join(sorted(configured)) or "none"
        raise ImproperlyConfigured(f"settings.TASKS has no {alias!r}. It has: {known}.")
    path = configured[alias].get("BACKEND")
    try:
        cls = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f'TASKS["{alias}"]["BACKEND"] is {path!r}, which cannot be imported: {error}'
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, SQSBackendMethods)):
        raise ImproperlyConfigured(
            f'TASKS["{alias}"]["BACKEND"] is {path!r}, whose tasks are not in SQS. Give '
            "philo_aws.tasks.SQSBackend, or another backend's own worker."
        )
    made: SQSBackendMethods = cls.names.task_backends[alias]
    return made


def handlers(aliases: Sequence[str]) -> list[Handler]:
    """Return a handler for each SQS queue of these backends, those for high priorities first.

    The ``tasks`` modules of all applications are imported: what is wrong in one is seen now, and
    not at the first message. Raises :exc:`~django.core.exceptions.ImproperlyConfigured` for an
    alias that is none of ours, wrong options, and a queue that two backends have.
    """
    autodiscover_modules(MODULE)
    made: dict[str, Handler] = {}
    for alias in aliases:
        backend = backend_of(alias)
        for queue, names in queues_of(backend).items():
            if queue in made:
                raise ImproperlyConfigured(
                    f"The queue {queue!r} is of two backends in TASKS, {alias!r} among them. Give "
                    "each its own."
                )
            made[queue] = Handler(
                queue=queue,
                function=Runner(backend, names),
                region=backend.settings.region,
                max_attempts=backend.settings.max_attempts,
            )
    return list(made.values())


def queues_of(backend: SQSBackendMethods) -> dict[str, list[str]]:
    """Return the SQS queues of a backend, and of each the queues of tasks that are in it.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` where there is none.
    """
    options = backend.settings
    names = sorted({*backend.queues, *options.queues, *options.priorities})
    if not names:
        raise ImproperlyConfigured(
            f'TASKS["{backend.alias}"]["QUEUES"] is empty, which allows any queue and names none. '
            'Name those to consume there, or in its OPTIONS["queues"].'
        )
    found: dict[str, list[str]] = {}
    # The high ones of all queues before the others: a consumer asks in this order.
    by_height = [(place, name, queue) for name in names for place, queue in _places(options, name)]
    for _, name, queue in sorted(by_height, key=lambda each: each[0]):
        found.setdefault(queue, []).append(name)
    return found


def _places(options: Any, name: str) -> list[tuple[int, str]]:
    levels = sorted(options.priorities.get(name, {}).items(), reverse=True)
    base = options.queues.get(name, name)
    return [*((-level, queue) for level, queue in levels), (1000, base)]
