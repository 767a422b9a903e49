"""Results of tasks: kept in one of Django's caches, or in what a class of the site makes of them.

A result is a note beside the work. Where it cannot be kept, that is logged, and the task goes on.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.module_loading import import_string

from .envelope import as_enqueued
from .names import Names
from .options import Options

logger = logging.getLogger("philo_aws.tasks")

PREFIX = "philo_aws:task:"
"""What the keys in the cache begin with."""
LONGEST_TRACEBACK = 16_384
"""Characters of a traceback: its end, which says most."""
MOST_ERRORS = 10
"""Errors that are kept of one task: those of its last attempts."""
_TIMES = ("enqueued_at", "started_at", "finished_at", "last_attempted_at")


class Store(Protocol):
    """What a class at ``OPTIONS["results"]`` has to have; it is made without arguments."""

    def put(self, id: str, record: dict[str, Any], ttl: int) -> None:  # noqa: A002
        """Keep a record, which is all JSON, for ``ttl`` seconds, in the place of an earlier one."""

    def get(self, id: str) -> Mapping[str, Any] | None:  # noqa: A002
        """Return a record, or ``None`` where there is none."""


class CacheStore:
    """Keeps records in a cache that all processes of the site share."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def put(self, id: str, record: dict[str, Any], ttl: int) -> None:  # noqa: A002
        """Keep a record."""
        self._cache.set(PREFIX + id, record, ttl)

    def get(self, id: str) -> Mapping[str, Any] | None:  # noqa: A002
        """Return a record, or ``None`` where there is none, or no longer."""
        found = self._cache.get(PREFIX + id)
        return found if isinstance(found, Mapping) else None

    @property
    def _cache(self) -> Any:
        from django.core.cache import caches

        return caches[self._alias]


def store_of(options: Options) -> Store | None:
    """Return what keeps the results; ``None`` where they are not kept.

    Raises :exc:`ImportError` for the path of a class that is not there.
    """
    if options.results is None:
        return None
    if options.cache is not None:
        return CacheStore(options.cache)
    made: Store = import_string(str(options.results))()
    return made


class Results:
    """Keeps the results of one backend."""

    def __init__(self, store: Store, names: Names, ttl: int) -> None:
        self._store = store
        self._names = names
        self._ttl = ttl
        self.failures = 0
        """How often the store failed."""

    def keep(self, result: Any) -> None:
        """Keep a ``TaskResult`` as it is now; where that fails, log it."""
        try:
            self._store.put(result.id, record_of(result), self._ttl)
        except Exception as error:  # noqa: BLE001 - a note that fails must not fail the work
            self.failures += 1
            logger.warning("The result of task %s was not kept: %s", result.id, error)

    def earlier(self, id: str) -> Mapping[str, Any] | None:  # noqa: A002
        """Return the record of an earlier attempt, ``None`` where there is none to be had."""
        try:
            return self._store.get(id)
        except Exception as error:  # noqa: BLE001 - as above
            self.failures += 1
            logger.warning("The result of task %s was not read: %s", id, error)
            return None

    def get(self, id: str) -> Any:  # noqa: A002
        """Return the ``TaskResult`` of an id.

        Raises Django's ``TaskResultDoesNotExist`` where there is none, or no longer, or its task is
        none of this site any more; what a cache raises that does not answer is raised as it is.
        """
        record = self._store.get(id)
        if record is None:
            raise self._names.missing(id)
        try:
            task = import_string(record["task"])
        except ImportError as error:
            raise self._names.missing(id) from error
        if not isinstance(task, self._names.task):
            raise self._names.missing(id)
        return self._made(id, record, task)

    def _made(self, id: str, record: Mapping[str, Any], task: Any) -> Any:  # noqa: A002
        run_after = record["run_after"]
        try:
            task = as_enqueued(
                task,
                priority=record["priority"],
                queue_name=record["queue_name"],
                run_after=dt.datetime.fromisoformat(run_after) if run_after else None,
                backend=record["backend"],
            )
        except self._names.invalid as error:
            raise self._names.missing(id) from error
        times = {
            name: dt.datetime.fromisoformat(record[name]) if record[name] else None
            for name in _TIMES
        }
        result = self._names.result(
            task=task,
            id=id,
            status=self._names.status(record["status"]),
            args=record["args"],
            kwargs=record["kwargs"],
            backend=record["backend"],
            errors=errors_of(record, self._names),
            worker_ids=list(record["worker_ids"]),
            **times,
        )
        object.__setattr__(result, "_return_value", record["return_value"])
        return result


def record_of(result: Any) -> dict[str, Any]:
    """Return what is kept of a ``TaskResult``: nothing but JSON."""
    task = result.task
    return {
        "task": task.module_path,
        "priority": task.priority,
        "queue_name": task.queue_name,
        "run_after": task.run_after.isoformat() if task.run_after else None,
        "backend": result.backend,
        "status": str(result.status),
        **{name: _time(getattr(result, name)) for name in _TIMES},
        "args": result.args,
        "kwargs": result.kwargs,
        "errors": [
            {
                "exception_class_path": error.exception_class_path,
                "traceback": error.traceback[-LONGEST_TRACEBACK:],
            }
            for error in result.errors[-MOST_ERRORS:]
        ],
        "worker_ids": list(result.worker_ids),
        "return_value": getattr(result, "_return_value"),  # noqa: B009
    }


def errors_of(record: Mapping[str, Any], names: Names) -> list[Any]:
    """Return the ``TaskError`` of each attempt that a record has."""
    return [names.error(**each) for each in record["errors"]]


def _time(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
