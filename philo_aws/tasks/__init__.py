"""Django's tasks on SQS.

::

    TASKS = {"default": {"BACKEND": "philo_aws.tasks.SQSBackend"}}

``manage.py aws_sqs consume --tasks default`` runs them. On Django 5.2 the backend is
``philo_aws.tasks.backport.SQSBackend``, on the package ``django-tasks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..sqs.consumer.outcomes import Reject, Retry
from .calls import call
from .signals import task_retried

if TYPE_CHECKING:
    from .native import SQSBackend, SQSTask

__all__ = ["Reject", "Retry", "SQSBackend", "SQSTask", "call", "task_retried"]


def __getattr__(name: str) -> Any:
    """Import what needs Django's tasks when it is asked for: Django 5.2 has none."""
    if name in {"SQSBackend", "SQSTask"}:
        from . import native

        return getattr(native, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
