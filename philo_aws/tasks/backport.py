"""The backend for the package ``django-tasks``, on Django 5.2: the extra ``tasks``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .backend import SQSBackendMethods
from .checks import check_backend
from .names import BACKPORT, names
from .task import Delay, SQSTaskMethods

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

_NAMES = names(BACKPORT)
_Task: Any = _NAMES.task
_BaseTaskBackend: Any = _NAMES.base_backend


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SQSTask(SQSTaskMethods, _Task):  # type: ignore[misc]
    """A task of ``django-tasks`` that may have a group, and attempts of its own."""

    group: str | None = None
    """The message group."""
    deduplication: str | None = None
    """The deduplication id of a FIFO queue's message; by default the id of the result."""
    max_attempts: int | None = None
    """How often it is tried, by default as the backend says."""
    backoff: Delay | None = None
    """The seconds between attempts, by default as the backend says."""


class SQSBackend(SQSBackendMethods, _BaseTaskBackend):  # type: ignore[misc]
    """Tasks of ``django-tasks`` on SQS; ``manage.py aws_sqs consume --tasks ALIAS`` runs them."""

    names = _NAMES
    task_class = SQSTask

    # Here and not beside the rest: the checks look at the backends' queues, and so import those.
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Return what is wrong with the options, without asking AWS."""
        return [*super().check(**kwargs), *check_backend(self)]
