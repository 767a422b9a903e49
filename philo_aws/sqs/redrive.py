"""Dead-letter queues: whose they are, and moving their messages back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import show, some_text
from ..conf import Purpose
from ..exceptions import RegionError, UsageError
from ..pages import follow
from ..sentences import Sentence
from .access import queue_client, region_client
from .limits import check_number
from .listing import PAGE_SIZE

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
MAX_RATE = 500
MAX_TASKS = 10

_ARN = re.compile(r"arn:[a-z0-9-]+:sqs:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]+(\.fifo)?")


def list_dead_letter_source_queues(
    queue_url: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Return ``{"queueUrls": […]}``, the queues whose dead-letter queue this is, all pages.

    The key is boto's, with a small ``q``. Raises :exc:`~philo_aws.exceptions.NotSupportedError`
    where the endpoint lacks the operation, :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any
    other :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html
    """
    with queue_client(queue_url, region, purpose) as client:

        def ask(request: dict[str, Any]) -> Mapping[str, Any]:
            return client.list_dead_letter_source_queues(
                QueueUrl=queue_url, MaxResults=PAGE_SIZE, **request
            )

        pages = follow(ask, "queueUrls", what=gettext_noop("queues"))
        return {"queueUrls": [url for page in pages for url in page]}


def start_message_move_task(
    source_arn: str,
    region: str | None = None,
    *,
    destination_arn: str | None = None,
    max_number_of_messages_per_second: int | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Begin to move a dead-letter queue's messages; return boto's dict (``TaskHandle``).

    They go back to the queues they came from, or all to ``destination_arn``;
    ``max_number_of_messages_per_second`` is 1 to 500, by default as fast as SQS sees fit. A queue
    has one running task at most. The region is the one in the ARN.

    Raises :exc:`~philo_aws.exceptions.NotSupportedError` where the endpoint lacks the operation,
    :exc:`~philo_aws.exceptions.UsageError` for what is no ARN of a dead-letter queue, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    request: dict[str, Any] = {"SourceArn": source_arn}
    if destination_arn is not None:
        _region_of(destination_arn, None)
        request["DestinationArn"] = destination_arn
    if max_number_of_messages_per_second is not None:
        check_number(
            "max_number_of_messages_per_second",
            max_number_of_messages_per_second,
            1,
            MAX_RATE,
            gettext_noop("messages"),
        )
        request["MaxNumberOfMessagesPerSecond"] = max_number_of_messages_per_second
    with region_client(_region_of(source_arn, region), purpose, queue=source_arn) as client:
        return dict(client.start_message_move_task(**request))


def list_message_move_tasks(
    source_arn: str,
    region: str | None = None,
    *,
    max_results: int = MAX_TASKS,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Return boto's dict with the latest move tasks of a queue; ``Results`` is always there.

    ``max_results`` is 1 to 10. Raises as :func:`start_message_move_task`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
    """
    check_number("max_results", max_results, 1, MAX_TASKS, gettext_noop("tasks"))
    with region_client(_region_of(source_arn, region), purpose, queue=source_arn) as client:
        answer: dict[str, Any] = dict(
            client.list_message_move_tasks(SourceArn=source_arn, MaxResults=max_results)
        )
    return {"Results": answer.pop("Results", []), **answer}


def cancel_message_move_task(
    task_handle: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Stop a running move task; return boto's dict with how many messages were moved before.

    The handle does not tell its region: give ``region`` where it is not the settings' one. Raises
    :exc:`~philo_aws.exceptions.NotSupportedError` where the endpoint lacks the operation, and any
    other :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html
    """
    some_text("task_handle", task_handle)
    with region_client(region, purpose) as client:
        return dict(client.cancel_message_move_task(TaskHandle=task_handle))


def _region_of(arn: object, region: str | None) -> str:
    found = _ARN.fullmatch(arn) if isinstance(arn, str) else None
    if not found:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{arn} is no queue ARN, such as "
                    "'arn:aws:sqs:eu-west-1:123456789012:my-queue'. get_queue_attributes "
                    'gives it as "QueueArn".'
                ),
                arn=show(arn),
            )
        )
    if region and region != found["region"]:
        raise RegionError(
            Sentence(
                gettext_noop(
                    "The ARN {arn!r} is in region {region!r}, not {other!r}. Leave the "
                    "region out, or give the one of the ARN."
                ),
                arn=arn,
                region=found["region"],
                other=region,
            )
        )
    return found["region"]
