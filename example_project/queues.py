"""Where the site's tasks go: the value of ``TASKS``."""

from __future__ import annotations

from typing import Any

import django

IS_NATIVE = django.VERSION >= (6, 0)
"""Whether Django has tasks; before that the package ``django-tasks`` has them."""
RESULTS = "results"
"""The cache of the results, in ``CACHES``."""


def tasks(queue: str) -> dict[str, Any]:
    """Return the backend: that of SQS where there is a queue, else the one that runs them at once.

    ``queue`` is the name or URL of the queue in SQS. ``manage.py aws_sqs consume --tasks default``
    runs what is in it.
    """
    package = "django.tasks" if IS_NATIVE else "django_tasks"
    if not queue:
        return {"default": {"BACKEND": f"{package}.backends.immediate.ImmediateBackend"}}
    return {
        "default": {
            "BACKEND": f"philo_aws.tasks.{'' if IS_NATIVE else 'backport.'}SQSBackend",
            "QUEUES": ["default"],
            "OPTIONS": {"queues": {"default": queue}, "results": {"cache": RESULTS}},
        }
    }
