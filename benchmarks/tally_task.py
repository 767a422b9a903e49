"""The task of the benchmark, as django-tasks-sqs runs it."""

# mypy: ignore-errors
from __future__ import annotations

from django.tasks import task

from benchmarks.tally import Tally

tally = Tally()


@task()
def take():
    """Count a message."""
    tally.run()
