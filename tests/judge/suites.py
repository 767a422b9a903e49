"""Which of Django's tests are run, with what in the place of Django's classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A run of Django's tests in a process of its own."""

    name: str
    """What it is called on the command line and in `expected.py`."""
    about: str
    """What stands in whose place."""
    labels: Sequence[str]
    """The tests, as Django's runner takes them."""
    swaps: Sequence[str]
    """The functions of `swaps.py` that put ours in the place of Django's."""
    since: tuple[int, int] = (0, 0)
    """The first version of Django that has these tests."""
    until: tuple[int, int] = (99, 0)
    """The last version of Django that it is for."""
    tasks_of: str | None = None
    """The version of Django whose tests of tasks are taken, where this one has none."""
    before: Sequence[str] = ()
    """Those without which the tests cannot be run at all."""
    reading: Sequence[str] = ()
    """Those that change how tests look at what they have done, whose classes are used or not."""


TASKS_OF = "6.0.10"
"""The Django whose tests of tasks are put to django-tasks, which has none in its packages."""
ALL = (
    Suite(
        name="static",
        about="staticfiles_tests with our command and both static storages",
        labels=["staticfiles_tests"],
        swaps=["command", "static"],
        reading=["read_through_storage"],
    ),
    Suite(
        name="command",
        about="staticfiles_tests with our command and Django's storages",
        labels=["staticfiles_tests"],
        swaps=["command"],
    ),
    Suite(
        name="media",
        about="file_storage with S3Storage for FileSystemStorage",
        labels=["file_storage.tests", "file_storage.test_generate_filename"],
        swaps=["media"],
    ),
    Suite(
        name="memory",
        about="file_storage with S3Storage for InMemoryStorage",
        labels=["file_storage.test_inmemory_storage"],
        swaps=["memory"],
    ),
    Suite(
        name="tasks",
        about="tasks with SQSBackend for DummyBackend, and through a queue for ImmediateBackend",
        labels=["tasks"],
        swaps=["tasks"],
        since=(6, 0),
    ),
    Suite(
        name="tasks-backport",
        about="Django's tests of tasks put to the backend for django-tasks",
        labels=["tasks"],
        swaps=["tasks"],
        before=["backport"],
        tasks_of=TASKS_OF,
        until=(5, 2),
    ),
    Suite(
        name="tasks-backport-kept",
        about="the same, with results in a cache and priorities",
        labels=["tasks"],
        swaps=["tasks_kept"],
        before=["backport"],
        tasks_of=TASKS_OF,
        until=(5, 2),
    ),
    Suite(
        name="tasks-kept",
        about="the same, with results in a cache and priorities",
        labels=["tasks"],
        swaps=["tasks_kept"],
        since=(6, 0),
    ),
)
SUITES: Mapping[str, Suite] = {suite.name: suite for suite in ALL}
