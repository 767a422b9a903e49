"""django-tasks in the place of Django's own tasks, so that Django's tests are put to it.

Its own tests are in no package of it that can be fetched; Django's were made of them.
"""

from __future__ import annotations

import importlib
import logging
import sys

MODULES = ("backends", "backends.base", "backends.dummy", "backends.immediate", "base", "signals")


def stand_in() -> None:
    """Have `django.tasks` mean `django_tasks`, with the names that differ under both."""
    package = importlib.import_module("django_tasks")
    base = importlib.import_module("django_tasks.base")
    exceptions = importlib.import_module("django_tasks.exceptions")
    for name in MODULES:
        sys.modules[f"django.tasks.{name}"] = importlib.import_module(f"django_tasks.{name}")
    sys.modules["django.tasks"] = package
    sys.modules["django.tasks.exceptions"] = exceptions
    for place, name, value in (
        (package, "Task", base.Task),
        (exceptions, "InvalidTask", exceptions.InvalidTaskError),
        (exceptions, "InvalidTaskBackend", exceptions.InvalidTaskBackendError),
        # Its logger has its own name.
        (sys.modules["django.tasks.signals"], "logger", logging.getLogger("django.tasks")),
    ):
        setattr(place, name, value)
