"""Amazon SQS: the functions to import in views, ``from philo_aws import sqs``.

Each is imported when it is first asked for, as those of :mod:`philo_aws.s3` are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late, under_own_names

if TYPE_CHECKING:
    # Under their own names, which is how checkers of types know what a package gives.
    from .batch import send_entries as send_entries
    from .batch import send_message_batch as send_message_batch
    from .handles import change_message_visibility_batch as change_message_visibility_batch
    from .handles import delete_message_batch as delete_message_batch
    from .listing import list_queues as list_queues
    from .messages import change_message_visibility as change_message_visibility
    from .messages import delete_message as delete_message
    from .messages import receive_message as receive_message
    from .messages import send_message as send_message
    from .queues import create_queue as create_queue
    from .queues import delete_queue as delete_queue
    from .queues import get_queue_attributes as get_queue_attributes
    from .queues import get_queue_url as get_queue_url
    from .queues import purge_queue as purge_queue
    from .queues import set_queue_attributes as set_queue_attributes
    from .receiving import receive_messages as receive_messages
    from .redrive import cancel_message_move_task as cancel_message_move_task
    from .redrive import list_dead_letter_source_queues as list_dead_letter_source_queues
    from .redrive import list_message_move_tasks as list_message_move_tasks
    from .redrive import start_message_move_task as start_message_move_task
    from .requeueing import requeue as requeue
    from .tags import list_queue_tags as list_queue_tags
    from .tags import tag_queue as tag_queue
    from .tags import untag_queue as untag_queue

EXPORTS = {
    "cancel_message_move_task": "redrive",
    "change_message_visibility": "messages",
    "change_message_visibility_batch": "handles",
    "create_queue": "queues",
    "delete_message": "messages",
    "delete_message_batch": "handles",
    "delete_queue": "queues",
    "get_queue_attributes": "queues",
    "get_queue_url": "queues",
    "list_dead_letter_source_queues": "redrive",
    "list_message_move_tasks": "redrive",
    "list_queue_tags": "tags",
    "list_queues": "listing",
    "purge_queue": "queues",
    "receive_message": "messages",
    "receive_messages": "receiving",
    "requeue": "requeueing",
    "send_entries": "batch",
    "send_message": "messages",
    "send_message_batch": "batch",
    "set_queue_attributes": "queues",
    "start_message_move_task": "redrive",
    "tag_queue": "tags",
    "untag_queue": "tags",
}
"""What there is for users, each with its module."""

__all__ = list(EXPORTS)

__getattr__, __dir__ = late(__name__, under_own_names(EXPORTS))
