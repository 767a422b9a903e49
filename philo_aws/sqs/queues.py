"""Queues: make, find, configure, empty, delete."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..conf import Purpose
from ..exceptions import UsageError
from .access import queue_client, region_client
from .urls import is_queue_name

# What a queue attribute may be given as; SQS itself takes strings alone.
AttributeValue = str | int | bool | Mapping[str, Any] | Sequence[Any]


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
    ``.fifo``, and its attribute ``FifoQueue`` is set here. ``attributes`` have AWS's names;
    numbers, booleans, and a ``RedrivePolicy`` or ``Policy`` as a dict, are written as SQS wants
    them. A queue that exists with the same attributes is returned, not made again.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a name or an attribute that cannot
    be, :exc:`~philo_aws.exceptions.ConflictError` where the queue exists with other attributes or
    was deleted less than 60 seconds ago, and any other :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    check_queue_name(queue_name)
    wanted = attribute_strings(attributes)
    if queue_name.endswith(".fifo"):
        wanted.setdefault("FifoQueue", "true")
    with region_client(region, purpose, queue=queue_name) as client:
        return dict(
            client.create_queue(QueueName=queue_name, Attributes=wanted, tags=dict(tags or {}))
        )


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
    :exc:`~philo_aws.exceptions.UsageError` for a name that cannot be, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
    """
    check_queue_name(queue_name)
    owner = (
        {"QueueOwnerAWSAccountId": queue_owner_aws_account_id} if queue_owner_aws_account_id else {}
    )
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
    with queue_client(queue_url, region, purpose) as client:
        answer: dict[str, Any] = dict(
            client.get_queue_attributes(
                QueueUrl=queue_url,
                AttributeNames=list(attribute_names),  # type: ignore[arg-type]
            )
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
    with queue_client(queue_url, region, purpose) as client:
        return dict(
            client.set_queue_attributes(
                QueueUrl=queue_url, Attributes=attribute_strings(attributes)
            )
        )


def purge_queue(
    queue_url: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Delete all messages of a queue, those in flight too; return boto's dict.

    It takes SQS up to 60 seconds, in which messages sent meanwhile may go as well.
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

    It takes SQS up to 60 seconds, and as long no queue of that name can be made.
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
            f"{queue_name!r} is no possible queue name: 1 to 80 letters, digits, hyphens and "
            "underscores, and '.fifo' at the end for a FIFO queue."
        )


def attribute_strings(attributes: Mapping[str, AttributeValue] | None) -> dict[Any, str]:
    """Return queue attributes as the strings that SQS takes."""
    return {name: _string(value) for name, value in (attributes or {}).items()}


def _string(value: AttributeValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)
