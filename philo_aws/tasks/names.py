"""Where Django's tasks are: in Django since 6.0, before that in the package ``django-tasks``.

Both have the same classes, some under other names. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

DJANGO = "django.tasks"
"""Django's own, since 6.0."""
BACKPORT = "django_tasks"
"""The package ``django-tasks``, for Django 5.2."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """The classes and functions of one of the two."""

    package: str
    """Its import path."""
    task_backends: Any
    """The backends of ``settings.TASKS`` by alias."""
    base_backend: Any
    """The class that backends are subclasses of."""
    task: Any
    """``Task``."""
    context: Any
    """``TaskContext``."""
    result: Any
    """``TaskResult``."""
    status: Any
    """``TaskResultStatus``."""
    error: Any
    """``TaskError``."""
    invalid: type[Exception]
    """Raised for a task that a backend does not take."""
    missing: type[Exception]
    """Raised for a result that is not there."""
    signals: Any
    """The module of ``task_enqueued``, ``task_started`` and ``task_finished``."""
    normalize: Any
    """``normalize_json``: raises :exc:`TypeError` for what is not to be had in JSON."""


@functools.cache
def names(package: str) -> Names:
    """Return the names of :data:`DJANGO` or :data:`BACKPORT`.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` where it is not installed.
    """
    try:
        top = importlib.import_module(package)
    except ImportError as error:
        raise ImproperlyConfigured(_CURES[package]) from error
    base, exceptions = (importlib.import_module(f"{package}.{name}") for name in _MODULES)
    normalize = "django.utils.json" if package == DJANGO else "django_tasks.utils"
    return Names(
        package=package,
        task_backends=top.task_backends,
        base_backend=importlib.import_module(f"{package}.backends.base").BaseTaskBackend,
        task=base.Task,
        context=base.TaskContext,
        result=base.TaskResult,
        status=base.TaskResultStatus,
        error=base.TaskError,
        invalid=getattr(exceptions, "InvalidTask", None) or exceptions.InvalidTaskError,
        missing=exceptions.TaskResultDoesNotExist,
        signals=importlib.import_module(f"{package}.signals"),
        normalize=importlib.import_module(normalize).normalize_json,
    )


_MODULES = ("base", "exceptions")
_CURES = {
    DJANGO: (
        "Django has tasks since 6.0. Before that install django-philo-aws[tasks], add django_tasks "
        "to INSTALLED_APPS and use philo_aws.tasks.backport.SQSBackend."
    ),
    BACKPORT: (
        "philo_aws.tasks.backport.SQSBackend needs the package django-tasks: install "
        "django-philo-aws[tasks]. On Django 6.0 and newer use philo_aws.tasks.SQSBackend."
    ),
}
