"""What a backend needs and does not have: its queues, their permissions, its store of results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.crypto import get_random_string

from ..exceptions import AccessDeniedError, AWSError, NotFoundError
from ..sqs.access import queue_client
from ..sqs.doctor import examine as examine_queue
from ..sqs.symptoms import Finding
from .backend import SQSBackendMethods
from .checks import check_backend
from .results import store_of
from .worker import backend_of, queues_of


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found, and where."""

    where: str
    """The name or URL of a queue in SQS; empty for what is of the backend."""
    finding: Finding
    """What it is."""


def examine(alias: str) -> list[Found]:
    """Return what the backend of an alias needs and does not have, and what will surprise.

    Each of its queues is looked at as by :func:`philo_aws.sqs.doctor.examine`, whether tasks may be
    sent is tried with a request that has none, and its store of results with a record that is gone
    a minute later. Raises :exc:`~django.core.exceptions.ImproperlyConfigured` for an alias that is
    none of ours and for wrong options, and :exc:`~philo_aws.exceptions.AWSError` where SQS does not
    answer.
    """
    backend = backend_of(alias)
    found = [Found(where="", finding=one) for one in (*_of_checks(backend), *_of_results(backend))]
    for queue in queues_of(backend):
        found += [Found(where=queue, finding=one) for one in _of_queue(backend, queue)]
    return found


def _of_checks(backend: SQSBackendMethods) -> Iterator[Finding]:
    for message in check_backend(backend):
        yield Finding(
            severity="error" if message.is_serious() else "warning",
            code=str(message.id),
            text=str(message.msg),
            cure=str(message.hint or ""),
        )


def _of_results(backend: SQSBackendMethods) -> Iterator[Finding]:
    if backend.settings.results is None:
        return
    key, record = f"doctor-{get_random_string(16)}", {"doctor": True}
    try:
        store = store_of(backend.settings)
        kept = None
        if store is not None:
            store.put(key, record, 60)
            kept = store.get(key)
        fault = "" if kept == record else "what was put there is not to be had again"
    except Exception as error:  # noqa: BLE001 - whatever a cache or a class of the site raises
        fault = f"{type(error).__name__}: {error}"
    if fault:
        yield Finding(
            severity="error",
            code="results",
            text=f"Results are not kept: {fault}.",
            cure=f'See to what TASKS["{backend.alias}"]["OPTIONS"]["results"] names.',
        )


def _of_queue(backend: SQSBackendMethods, queue: str) -> Iterator[Finding]:
    region = backend.settings.region
    try:
        url = backend.url_of(queue)
        yield from _of_sending(url, region)
        yield from examine_queue(url, region)
    except NotFoundError as error:
        yield Finding(
            severity="error",
            code="queue_gone",
            text=f"The queue is not there: {error}",
            cure="Make it by aws_sqs create_queue, or name another one in OPTIONS.",
        )
    except AccessDeniedError as error:
        yield Finding(
            severity="error",
            code="denied",
            text=f"The queue cannot be looked up: {error}",
            cure="Let the identity do sqs:GetQueueUrl, or give the queue's URL in OPTIONS.",
        )


def _of_sending(url: str, region: str | None) -> Iterator[Finding]:
    try:
        with queue_client(url, region, "commands") as client:
            client.send_message_batch(QueueUrl=url, Entries=[])
    except AccessDeniedError as error:
        yield Finding(
            severity="error",
            code="denied",
            text=f"sqs:SendMessage is denied, so no task can be enqueued: {error}",
            cure="Let the identity do sqs:SendMessage on this queue.",
        )
    except NotFoundError:
        raise
    except AWSError:
        # It was refused as empty, as it should be.
        return
