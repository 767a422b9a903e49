"""A task that counts, and sleeps where it is told to."""

# mypy: ignore-errors
from __future__ import annotations

import importlib

from benchmarks.tally import Tally
from benchmarks.tasks_site.settings import IS_NATIVE

task = importlib.import_module("django.tasks" if IS_NATIVE else "django_tasks").task
tally = Tally()


@task()
def take():
    """Count a message."""
    tally.run()
