"""The tags of queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..arguments import list_of_strings
from ..conf import Purpose
from ..exceptions import UsageError
from .access import queue_client
from .queue_attributes import tag_strings


def tag_queue(
    queue_url: str,
    tags: Mapping[str, str],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Add tags to a queue, or change those it has; return boto's dict.

    A queue has 50 at most, with names of 1 to 128 characters and values of 256 at most. Raises
    :exc:`~philo_aws.exceptions.UsageError` for others and for none,
    :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html
    """
    wanted = tag_strings(tags)
    if not wanted:
        raise UsageError("There is no tag to set. Give one or more.")
    with queue_client(queue_url, region, purpose) as client:
        return dict(client.tag_queue(QueueUrl=queue_url, Tags=wanted))


def untag_queue(
    queue_url: str,
    tag_keys: Sequence[str],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Take the tags of these names from a queue; return boto's dict. One that is not there may be.

    Raises :exc:`~philo_aws.exceptions.UsageError` where none is named,
    :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_UntagQueue.html
    """
    names = list_of_strings("tag_keys", tag_keys)
    if not names:
        raise UsageError("There is no tag to take away. Name one or more.")
    with queue_client(queue_url, region, purpose) as client:
        return dict(client.untag_queue(QueueUrl=queue_url, TagKeys=names))


def list_queue_tags(
    queue_url: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Return boto's dict with a queue's ``Tags``, which is always there.

    Raises :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html
    """
    with queue_client(queue_url, region, purpose) as client:
        answer: dict[str, Any] = dict(client.list_queue_tags(QueueUrl=queue_url))
    return {"Tags": answer.pop("Tags", {}), **answer}
