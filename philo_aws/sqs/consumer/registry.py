"""Which function handles which queue: noted where it is written, found when a consumer starts."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from ..urls import is_queue_name, parse_queue_url
from .message import Message

MODULE = "sqs_handlers"
"""The module of an application that a consumer imports."""

Handles = Callable[[Message], Any] | Callable[[Message], Awaitable[Any]]
Function = TypeVar("Function", bound=Handles)


@dataclass(frozen=True, kw_only=True)
class Handler:
    """One function for one queue."""

    queue: str
    """The queue's name or URL."""
    function: Handles
    """Called with each message; a coroutine function is awaited."""
    region: str | None = None
    """The queue's region; ``None`` means the one of its URL, else the settings'."""
    max_attempts: int | None = None
    """Receives after which a failure is the last; ``None`` means the consumer's."""

    @property
    def is_async(self) -> bool:
        """Whether it is a coroutine function."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def path(self) -> str:
        """The function's module and name."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


_handlers: dict[str, Handler] = {}


def handler(
    queue: str, *, region: str | None = None, max_attempts: int | None = None
) -> Callable[[Function], Function]:
    """Have the function below handle the messages of a queue, by its name or URL.

    It gets a :class:`~philo_aws.sqs.consumer.Message`. When it returns, whatever it returns, the
    message is deleted; when it raises, the message comes again, later each time, until
    ``max_attempts`` receives (default: the consumer's, else the queue's) have parked it.
    :exc:`~philo_aws.sqs.consumer.Retry` and :exc:`~philo_aws.sqs.consumer.Reject` say more. A
    message may come twice, as SQS promises "at least once": what a handler does must bear that, see
    :func:`~philo_aws.sqs.consumer.idempotent`.

    A coroutine function runs in the consumer's event loop, any other one in a thread. The module
    has to be an application's ``sqs_handlers``. Raises
    :exc:`~django.core.exceptions.ImproperlyConfigured` for what is no queue, and for a second
    handler of one.
    """
    _check_queue(queue)
    if max_attempts is not None and (type(max_attempts) is not int or max_attempts < 1):
        raise ImproperlyConfigured(
            f"max_attempts of the handler of {queue!r} is {max_attempts!r}. Give 1 or more."
        )

    def note(function: Function) -> Function:
        made = Handler(queue=queue, function=function, region=region, max_attempts=max_attempts)
        known = _handlers.get(queue)
        if known is not None and known.path != made.path:
            raise ImproperlyConfigured(
                f"The queue {queue!r} has two handlers: {known.path} and {made.path}. Keep one."
            )
        _handlers[queue] = made
        return function

    return note


def _check_queue(queue: object) -> None:
    from ...exceptions import UsageError

    if isinstance(queue, str) and is_queue_name(queue):
        return
    try:
        parse_queue_url(queue)
    except UsageError as error:
        raise ImproperlyConfigured(f"{queue!r} is neither a queue's name nor its URL.") from error


def discover() -> None:
    """Import the ``sqs_handlers`` of all applications."""
    from django.utils.module_loading import autodiscover_modules

    autodiscover_modules(MODULE)


def handlers() -> list[Handler]:
    """Return what was noted, in that order."""
    return list(_handlers.values())


def forget() -> None:
    """Forget all handlers."""
    _handlers.clear()
