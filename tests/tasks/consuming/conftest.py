"""Tasks for tests: sent to a queue of the test, run by a consumer in this process or another one.

`site`     tasks that write down what they do, run by `manage.py aws_sqs consume --tasks default` as
           a process of its own; see :class:`Site`.
`backend`  `backend(url, **OPTIONS)`: `settings.TASKS` has this queue, and results in the cache of
           this process. It returns :data:`NAMES`.
`told`     the signals of this process, as they come: `(name, args, status)`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from pytest_django import Settings

from philo_aws.tasks import task_retried
from tests.sqs import conftest as of_sqs
from tests.sqs.consumer import conftest as of_consumer
from tests.tasks.consuming.site.names import APPS, BACKEND, NAMES

proxies, proxy, consume = of_sqs.proxies, of_sqs.proxy, of_consumer.consume
Start = Callable[..., subprocess.Popen[str]]
Backend = Callable[..., Any]


class Note(NamedTuple):
    """A line that a task or a receiver of a signal has written."""

    word: str
    name: str
    pid: int


class Site:
    """A site with tasks, and what they have written down."""

    def __init__(self, start: Start, folder: Path, queue: str) -> None:
        self._start = start
        self._notes = folder / "notes"
        self._notes.touch()
        self._results = folder / "results"
        self._results.mkdir()
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.tasks.consuming.site.settings",
            "SITE_NOTES": str(self._notes),
            "SITE_RESULTS": str(self._results),
            "SITE_QUEUE": queue,
        }

    def consume(self, *flags: object) -> subprocess.Popen[str]:
        return self._start("aws_sqs", "consume", "--tasks", "default", *flags, env=self.env)

    def begun(self) -> int:
        """How many runs were begun."""
        return self._notes.read_bytes().count(b"begin ")

    def notes(self, *words: str) -> list[Note]:
        lines = [line.split() for line in self._notes.read_text().splitlines()]
        notes = [Note(found, name, int(pid)) for found, name, pid in lines]
        return [note for note in notes if note.word in words]

    def names(self, *words: str) -> list[str]:
        return sorted(note.name for note in self.notes(*words))

    def results(self) -> dict[str, dict[str, Any]]:
        """The records of results, by the first argument of each."""
        kept = [path for path in self._results.iterdir() if path.suffix != ".new"]
        records = [json.loads(path.read_text()) for path in kept]
        return {record["args"][0]: record for record in records}

    def statuses(self) -> dict[str, str]:
        return {name: record["status"] for name, record in self.results().items()}


@pytest.fixture
def backend(settings: Settings) -> Iterator[Backend]:
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, *APPS]
    cache.clear()

    def configure(url: str, **options: Any) -> Any:
        settings.TASKS = {
            "default": {
                "BACKEND": BACKEND,
                "OPTIONS": {
                    "queues": {"default": url},
                    "modules": ["tests"],
                    "results": {"cache": "default"},
                    **options,
                },
            }
        }
        return NAMES

    yield configure
    cache.clear()


@pytest.fixture
def site(
    start_process: Start,
    tmp_path: Path,
    queue_url: str,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> Site:
    made = Site(start_process, tmp_path, queue_url)
    monkeypatch.setenv("SITE_RESULTS", made.env["SITE_RESULTS"])
    backend(queue_url, results="tests.tasks.consuming.site.records.Folder")
    return made


@pytest.fixture
def told() -> Iterator[list[tuple[str, list[Any], str]]]:
    heard: list[tuple[str, list[Any], str]] = []
    signals = {
        "started": NAMES.signals.task_started,
        "finished": NAMES.signals.task_finished,
        "retried": task_retried,
    }
    receivers = []
    for name, signal in signals.items():

        def hear(task_result: Any, name: str = name, **kwargs: Any) -> None:
            heard.append((name, task_result.args, str(task_result.status)))

        signal.connect(hear)
        receivers.append((signal, hear))
    yield heard
    for signal, hear in receivers:
        signal.disconnect(hear)


def calls(names: Sequence[str], *more: Any) -> list[list[Any]]:
    """The arguments of a task for each of these names."""
    return [[name, *more] for name in names]
