"""What a task may say beside Django's own: its group, its attempts."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .options import Backoff, backoff_fault, max_attempts_fault

Delay = Backoff | Callable[[int], float]
"""The first delay and the longest one, or a function of the number of attempts so far."""
_KEPT: Any = object()


class SQSTaskMethods:
    """What a task does beside Django's own."""

    __slots__ = ()

    def __post_init__(self) -> None:
        made: Any = self
        if made.max_attempts is not None and (fault := max_attempts_fault(made.max_attempts)):
            raise ImproperlyConfigured(f"max_attempts of {made.module_path}{fault}")
        backoff = made.backoff
        if backoff is not None and not callable(backoff) and (fault := backoff_fault(backoff)):
            raise ImproperlyConfigured(
                f"backoff of {made.module_path}{fault} Or a function of the attempts so far."
            )
        super().__post_init__()  # type: ignore[misc]

    def using(
        self,
        *,
        group: str | None = _KEPT,
        deduplication: str | None = _KEPT,
        max_attempts: int | None = _KEPT,
        backoff: Delay | None = _KEPT,
        **changes: Any,
    ) -> Any:
        """Return the task with other values, Django's (``priority``, ``run_after``, …) included.

        ``group`` is the message group: on a FIFO queue its tasks run one after the other, in order;
        on a standard queue the backlog of one group does not keep others waiting.
        ``deduplication``, on a FIFO queue, is the id that SQS knows a repeated one by for five
        minutes. ``max_attempts`` and ``backoff`` say how often and when a task that fails is tried
        again.
        """
        made = super().using(**changes)  # type: ignore[misc]
        given = {
            "group": group,
            "deduplication": deduplication,
            "max_attempts": max_attempts,
            "backoff": backoff,
        }
        own = {name: value for name, value in given.items() if value is not _KEPT}
        return dataclasses.replace(made, **own) if own else made

    def enqueue_many(self, calls: Iterable[Any]) -> list[Any]:
        """Send the task for each of ``calls``, ten to a request.

        See :meth:`~philo_aws.tasks.backend.SQSBackendMethods.enqueue_many`.
        """
        made: Any = self
        found: list[Any] = made.get_backend().enqueue_many(made, calls)
        return found

    def enqueue_on_commit(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        """Send the task when the transaction of the database ``using`` is committed.

        Where there is none, at once; where it is rolled back, never. Raises, at once,
        :exc:`TypeError` for arguments that are not to be had in JSON. What goes wrong with the
        sending is raised where the transaction ends, with the changes in the database made.
        """
        from django.db import transaction

        made: Any = self
        normalize = made.get_backend().names.normalize
        # As they are now, whatever is done with them before the commit.
        args, kwargs = normalize(args), normalize(kwargs)
        transaction.on_commit(functools.partial(made.enqueue, *args, **kwargs), using=using)
