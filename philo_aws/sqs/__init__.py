"""Amazon SQS: the functions to import in views, ``from philo_aws import sqs``."""

from __future__ import annotations

from .batch import send_message_batch
from .listing import list_queues
from .messages import (
    change_message_visibility,
    delete_message,
    receive_message,
    send_message,
)
from .queues import (
    create_queue,
    delete_queue,
    get_queue_attributes,
    get_queue_url,
    purge_queue,
    set_queue_attributes,
)
from .redrive import (
    cancel_message_move_task,
    list_dead_letter_source_queues,
    list_message_move_tasks,
    start_message_move_task,
)
from .requeueing import requeue

__all__ = [
    "cancel_message_move_task",
    "change_message_visibility",
    "create_queue",
    "delete_message",
    "delete_queue",
    "get_queue_attributes",
    "get_queue_url",
    "list_dead_letter_source_queues",
    "list_message_move_tasks",
    "list_queues",
    "purge_queue",
    "receive_message",
    "requeue",
    "send_message",
    "send_message_batch",
    "set_queue_attributes",
    "start_message_move_task",
]
