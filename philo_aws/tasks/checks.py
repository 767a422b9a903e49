"""System checks of the backends in ``TASKS`` that are ours; they never touch the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Warned
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .options import Options, faults

if TYPE_CHECKING:
    from .backend import SQSBackendMethods

_OF_ONE_PROCESS = {
    "django.core.cache.backends.locmem.LocMemCache": "keeps what it has in one process",
    "django.core.cache.backends.dummy.DummyCache": "keeps nothing",
    "django.core.cache.backends.filebased.FileBasedCache": "keeps what it has on one machine",
}


def check_backend(backend: SQSBackendMethods) -> Iterator[CheckMessage]:
    """Yield what is wrong with one backend's options."""
    name = f'TASKS["{backend.alias}"]["OPTIONS"]'
    found = list(faults(backend.options))
    for fault in found:
        yield Error(f"{name}{fault}", id="philo_aws.E030")
    if found:
        return
    try:
        options = backend.settings
    except ImproperlyConfigured as error:  # pragma: no cover - faults() has told it
        yield Error(str(error), id="philo_aws.E030")
        return
    yield from _of_results(name, options)
    yield from _of_queues(name, backend, options)
    yield from _of_others(backend)


def _of_results(name: str, options: Options) -> Iterator[CheckMessage]:
    if options.results is None:
        return
    alias = options.cache
    if alias is None:
        try:
            import_string(str(options.results))
        except ImportError as error:
            yield Error(
                f'{name}["results"] is {options.results!r}, which cannot be imported: {error}',
                hint="Give the path of a class with put(id, record, ttl) and get(id).",
                id="philo_aws.E031",
            )
        return
    caches: Mapping[str, Any] = getattr(settings, "CACHES", {})
    if alias not in caches:
        yield Error(
            f'{name}["results"] is in the cache {alias!r}, which CACHES does not have.',
            hint=f"There are: {', '.join(sorted(caches))}.",
            id="philo_aws.E031",
        )
        return
    if why := _OF_ONE_PROCESS.get(str(caches[alias].get("BACKEND"))):
        yield Error(
            f'{name}["results"] is in the cache {alias!r}, which {why}: what a worker finds out, '
            "the site does not see.",
            hint="Use a cache that all processes share, such as Redis, Memcached or the database.",
            id="philo_aws.E032",
        )


def _of_queues(name: str, backend: SQSBackendMethods, options: Options) -> Iterator[CheckMessage]:
    for option in ("queues", "priorities"):
        for queue in getattr(options, option):
            if backend.queues and queue not in backend.queues:
                yield Warned(
                    f'{name}["{option}"] has {queue!r}, which is none of the backend\'s QUEUES: '
                    "no task can be enqueued for it.",
                    hint=f"Add it to QUEUES, or correct it: {', '.join(sorted(backend.queues))}.",
                    id="philo_aws.W033",
                )


def _of_others(backend: SQSBackendMethods) -> Iterator[CheckMessage]:
    """Yield the queues that another backend has too: each would refuse the other's tasks."""
    from .backend import SQSBackendMethods
    from .worker import queues_of

    own = _queues_or_none(backend, queues_of)
    configured: Mapping[str, Any] = getattr(settings, "TASKS", None) or {}
    for alias in sorted(configured):
        if alias <= backend.alias:
            continue
        try:
            other = backend.names.task_backends[alias]
        except (ImproperlyConfigured, ImportError):
            continue
        if not isinstance(other, SQSBackendMethods):
            continue
        for queue in sorted(own & _queues_or_none(other, queues_of)):
            if backend.settings.region == other.settings.region:
                yield Error(
                    f'TASKS["{backend.alias}"] and TASKS["{alias}"] both have the SQS queue '
                    f"{queue!r}: the worker of each would park the tasks of the other.",
                    hint="Give each a queue of its own.",
                    id="philo_aws.E034",
                )


def _queues_or_none(backend: SQSBackendMethods, queues_of: Any) -> set[str]:
    try:
        return set(queues_of(backend))
    except ImproperlyConfigured:
        return set()
