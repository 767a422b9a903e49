"""The actions of ``aws_sqs`` on dead-letter queues."""

from __future__ import annotations

from typing import Any

from .. import sqs
from ..sqs.urls import EXAMPLE
from . import sqs_flags
from .actions import Action, answering
from .output import Column, Output
from .sqs_flags import on_queue
from .sqs_queues import URL_WIDTH

EXAMPLE_ARN = "arn:aws:sqs:eu-west-1:123456789012:my-dead-letters"

URL_COLUMNS = (Column(title="Queue Url", value=lambda row: row["QueueUrl"], width=URL_WIDTH),)


def _list_sources(output: Output, **flags: Any) -> None:
    urls = sqs.list_dead_letter_source_queues(**flags)["queueUrls"]
    output.records([{"QueueUrl": url} for url in urls], URL_COLUMNS)


ACTIONS = (
    Action(
        name="list_dead_letter_source_queues",
        help="List the queues whose dead-letter queue this is.",
        example=f"aws_sqs list_dead_letter_source_queues --queue_url {EXAMPLE}",
        method=on_queue(_list_sources),
        flags=sqs_flags.queue_flags,
        positionals=("queue_url",),
    ),
    Action(
        name="start_message_move_task",
        help="Begin to move a dead-letter queue's messages back.",
        example=f"aws_sqs start_message_move_task --source_arn {EXAMPLE_ARN}",
        method=answering(sqs.start_message_move_task),
        flags=sqs_flags.move_flags,
        positionals=("source_arn",),
    ),
    Action(
        name="list_message_move_tasks",
        help="List the latest move tasks of a dead-letter queue.",
        example=f"aws_sqs list_message_move_tasks --source_arn {EXAMPLE_ARN}",
        method=answering(sqs.list_message_move_tasks),
        flags=sqs_flags.tasks_flags,
        positionals=("source_arn",),
    ),
    Action(
        name="cancel_message_move_task",
        help="Stop a running move task.",
        example="aws_sqs cancel_message_move_task --task_handle HANDLE",
        method=answering(sqs.cancel_message_move_task),
        flags=sqs_flags.cancel_flags,
        positionals=("task_handle",),
    ),
)
