"""Queues: make, find, configure, empty, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings, show
from ..conf import Purpose
from ..exceptions import UsageError
from ..sentences import Sentence
from .access import queue_client, region_client
from .queue_attributes import FIFO, AttributeValue, attribute_strings, tag_strings
from .urls import is_queue_name, parse_queue_url

_ACCOUNT = re.compile(r"[0-9]{12}")


def create_queue(
    queue_name: str,
    region: str | None = None,
    *,
    attributes: Mapping[str, AttributeValue] | None = None,
    tags: Mapping[str, str] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Make a queue and return boto's dict (``QueueUrl``).

    ``queue_name`` has 1 to 80 letters, digits, ``-`` and ``_``; a FIFO queue's name ends in
    ``.fifo``, and its attribute ``FifoQueue`` is set here; given, it has to agree with the name.
    ``attributes`` have AWS's names; numbers, booleans, and a ``RedrivePolicy`` or ``Policy`` as a
    dict, are written as SQS wants them. A queue that exists with the same attributes is returned,
    not made again.

    Raises :exc:`~philo_aws.exceptions.UsageError` for an invalid name or attribute,
    :exc:`~philo_aws.exceptions.ConflictError` where the queue exists with other attributes or
    was deleted less than 60 seconds ago, and any other :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    check_queue_name(queue_name)
    fifo = queue_name.endswith(".fifo")
    wanted: Any = attribute_strings(attributes, fifo=fifo)
    if fifo:
        wanted[FIFO] = "true"
    request = {"QueueName": queue_name, "Attributes": wanted, "tags": tag_strings(tags)}
    with region_client(region, purpose, queue=queue_name) as client:
        return dict(client.create_queue(**request))


def get_queue_url(
    queue_name: str,
    region: str | None = None,
    *,
    queue_owner_aws_account_id: str | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict with the ``QueueUrl`` of the queue of this name.

    ``queue_owner_aws_account_id`` is the account of 12 digits that owns it, where it is another.
    Raises :exc:`~philo_aws.exceptions.QueueNotFoundError`,
    :exc:`~philo_aws.exceptions.UsageError` for an invalid name, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
    """
    check_queue_name(queue_name)
    owner = {}
    if queue_owner_aws_account_id is not None:
        _check_account("queue_owner_aws_account_id", queue_owner_aws_account_id)
        owner["QueueOwnerAWSAccountId"] = queue_owner_aws_account_id
    with region_client(region, purpose, queue=queue_name) as client:
        return dict(client.get_queue_url(QueueName=queue_name, **owner))


def get_queue_attributes(
    queue_url: str,
    region: str | None = None,
    *,
    attribute_names: Sequence[str] = ("All",),
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict with a queue's ``Attributes``: all of them, or those named.

    Every value is a string, as SQS gives it; ``Attributes`` is always there.
    Raises :exc:`~philo_aws.exceptions.QueueNotFoundError` and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    names: Any = list_of_strings("attribute_names", attribute_names)
    with queue_client(queue_url, region, purpose) as client:
        answer: dict[str, Any] = dict(
            client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        )
    return {"Attributes": answer.pop("Attributes", {}), **answer}


def set_queue_attributes(
    queue_url: str,
    attributes: Mapping[str, AttributeValue],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Set attributes of a queue, given as for :func:`create_queue`; return boto's dict.

    SQS takes up to 60 seconds to apply them everywhere, up to 15 minutes for the retention period.
    Raises :exc:`~philo_aws.exceptions.UsageError` for an attribute or a value that SQS
    does not take, and any other :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    wanted: Any = attribute_strings(attributes, fifo=parse_queue_url(queue_url).is_fifo)
    if not wanted:
        raise UsageError(
            Sentence(gettext_noop("There is no attribute to set. Give one or more by AWS's names."))
        )
    with queue_client(queue_url, region, purpose) as client:
        return dict(client.set_queue_attributes(QueueUrl=queue_url, Attributes=wanted))


def purge_queue(
    queue_url: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Delete all messages of a queue, those in flight too; return boto's dict.

    SQS takes up to 60 seconds for it; messages sent meanwhile may be deleted too.
    Raises :exc:`~philo_aws.exceptions.ConflictError` for a second purge within 60 seconds,
    :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
    """
    with queue_client(queue_url, region, purpose) as client:
        return dict(client.purge_queue(QueueUrl=queue_url))


def delete_queue(
    queue_url: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Delete a queue and its messages; return boto's dict.

    SQS takes up to 60 seconds for it; until then no queue of that name can be made.
    Raises :exc:`~philo_aws.exceptions.QueueNotFoundError` and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
    """
    with queue_client(queue_url, region, purpose) as client:
        return dict(client.delete_queue(QueueUrl=queue_url))


def check_queue_name(queue_name: object) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless a queue can be named so."""
    if not isinstance(queue_name, str) or not is_queue_name(queue_name):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{name} is no possible queue name: 1 to 80 letters, digits, "
                    "hyphens and underscores, and '.fifo' at the end for a FIFO queue."
                ),
                name=show(queue_name),
            )
        )


def _check_account(name: str, value: object) -> None:
    if not isinstance(value, str) or not _ACCOUNT.fullmatch(value):
        raise UsageError(
            Sentence(
                gettext_noop("{name} is {value}. Give the 12 digits of an account, as text."),
                name=name,
                value=show(value),
            )
        )
