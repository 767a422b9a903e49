"""The flags of ``manage.py aws_sqs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..sqs.directory import find_queue
from .actions import ActionParser
from .output import Output


def _region(parser: ActionParser, default: str = "the settings'") -> None:
    parser.add_flag("region", help=f"the region (default: {default})")


def queue_flags(parser: ActionParser) -> None:
    """Add the flags of every action on one queue; its method is one of :func:`on_queue`."""
    parser.add_flag("queue_url", required=True, instead="queue_name", help="the queue's URL")
    parser.add_flag(
        "queue_name", help='its name instead: of AWS["queues"], else of the account in use'
    )
    _region(parser, "the one in the URL, else the settings'")


def on_queue(method: Callable[..., None]) -> Callable[..., None]:
    """Return a method that calls ``method`` with the URL of the queue that was named."""

    def found(
        output: Output,
        *,
        queue_url: str | None,
        queue_name: str | None,
        region: str | None,
        **flags: Any,
    ) -> None:
        if queue_name is not None:
            queue_url, region = find_queue(queue_name, region)
        method(output, queue_url=queue_url, region=region, **flags)

    return found


def _name(parser: ActionParser) -> None:
    parser.add_flag("queue_name", required=True, help="the queue's name; FIFO queues end in .fifo")
    _region(parser)


def _json(parser: ActionParser, name: str, what: str, *, required: bool = False) -> None:
    parser.add_flag(
        name, metavar="JSON", required=required, help=f"{what}, a JSON object or @file with one"
    )


def list_flags(parser: ActionParser) -> None:
    """Add the flags of ``list_queues``."""
    parser.add_flag("queue_name_prefix", help="only those whose names begin so")
    _region(parser, "all that are enabled")


def create_flags(parser: ActionParser) -> None:
    """Add the flags of ``create_queue``."""
    _name(parser)
    _json(parser, "attributes", "the queue's attributes, by AWS's names")
    _json(parser, "tags", "the queue's tags")


def find_flags(parser: ActionParser) -> None:
    """Add the flags of ``get_queue_url``."""
    _name(parser)
    parser.add_flag("queue_owner_aws_account_id", help="the owner's account, where it is another")


def get_attributes_flags(parser: ActionParser) -> None:
    """Add the flags of ``get_queue_attributes``."""
    queue_flags(parser)
    parser.add_flag(
        "attribute_names", nargs="+", default=["All"], metavar="NAME", help="which (default: All)"
    )


def set_attributes_flags(parser: ActionParser) -> None:
    """Add the flags of ``set_queue_attributes``."""
    queue_flags(parser)
    _json(parser, "attributes", "the attributes to set, by AWS's names", required=True)


def send_flags(parser: ActionParser) -> None:
    """Add the flags of ``send_message``."""
    queue_flags(parser)
    parser.add_flag("message_body", required=True, help="1 character to 1 MiB")
    parser.add_flag("delay_seconds", type=int, help="0 to 900; not for FIFO queues")
    _json(parser, "message_attributes", "names with strings, numbers or boto's dicts")
    parser.add_flag("message_group_id", help="the message group; FIFO queues need it")
    parser.add_flag("message_deduplication_id", help="for FIFO queues")


def batch_flags(parser: ActionParser) -> None:
    """Add the flags of ``send_message_batch``."""
    queue_flags(parser)
    parser.add_flag(
        "entries",
        required=True,
        metavar="JSON",
        help='a JSON list of objects such as {"MessageBody": "…"}, of plain bodies, or of messages '
        "as receive_message prints them; @file with such a list; - for JSON lines on stdin",
    )


def handles_flags(parser: ActionParser) -> None:
    """Add the flags of ``delete_message_batch``."""
    queue_flags(parser)
    parser.add_flag(
        "entries",
        required=True,
        metavar="JSON",
        help="a JSON list of receipt handles, or of messages as receive_message prints them; "
        "@file with such a list; - for JSON lines on stdin",
    )


def hide_flags(parser: ActionParser) -> None:
    """Add the flags of ``change_message_visibility_batch``."""
    handles_flags(parser)
    parser.add_flag(
        "visibility_timeout",
        type=int,
        help='seconds to hide those without a "VisibilityTimeout" of their own, 0 to 43200',
    )


def receive_flags(parser: ActionParser) -> None:
    """Add the flags of ``receive_message``."""
    queue_flags(parser)
    parser.add_flag("max_number_of_messages", type=int, default=1, help="1 to 120000 (default: 1)")
    parser.add_flag("delete", action="store_true", help="delete the messages once they are printed")
    parser.add_flag("wait_time_seconds", type=int, help="0 to 20 (default: the queue's own)")
    parser.add_flag("visibility_timeout", type=int, help="0 to 43200 (default: the queue's own)")


def receipt_flags(parser: ActionParser) -> None:
    """Add the flags of ``delete_message``."""
    queue_flags(parser)
    parser.add_flag("receipt_handle", required=True, help="from receive_message")


def visibility_flags(parser: ActionParser) -> None:
    """Add the flags of ``change_message_visibility``."""
    receipt_flags(parser)
    parser.add_flag(
        "visibility_timeout",
        type=int,
        required=True,
        help="seconds to hide the message, 0 to 43200; 0 gives it back at once",
    )


def tag_flags(parser: ActionParser) -> None:
    """Add the flags of ``tag_queue``."""
    queue_flags(parser)
    _json(parser, "tags", "the tags to set", required=True)


def untag_flags(parser: ActionParser) -> None:
    """Add the flags of ``untag_queue``."""
    queue_flags(parser)
    parser.add_flag(
        "tag_keys", required=True, nargs="+", metavar="NAME", help="the tags to take away"
    )


def _arn(parser: ActionParser) -> None:
    parser.add_flag("source_arn", required=True, help="the ARN of the dead-letter queue")
    _region(parser, "the one in the ARN")


def move_flags(parser: ActionParser) -> None:
    """Add the flags of ``start_message_move_task``."""
    _arn(parser)
    parser.add_flag("destination_arn", help="a queue's ARN (default: where the messages came from)")
    parser.add_flag("max_number_of_messages_per_second", type=int, help="1 to 500")


def tasks_flags(parser: ActionParser) -> None:
    """Add the flags of ``list_message_move_tasks``."""
    _arn(parser)
    parser.add_flag("max_results", type=int, default=10, help="1 to 10 (default: 10)")


def cancel_flags(parser: ActionParser) -> None:
    """Add the flags of ``cancel_message_move_task``."""
    parser.add_flag("task_handle", required=True, help="from start_message_move_task")
    _region(parser)


def dead_letters_flags(parser: ActionParser) -> None:
    """Add the flags of ``dead_letters``."""
    queue_flags(parser)
    parser.add_flag("max", type=int, default=100, help="show so many at most (default: 100)")


def requeue_flags(parser: ActionParser) -> None:
    """Add the flags of ``requeue``."""
    queue_flags(parser)
    parser.add_flag("ids", nargs="+", metavar="ID", help="the messages with these ids")
    parser.add_flag("task", metavar="PATH", help="those of this task")
    parser.add_flag("error", metavar="CLASS", help="those that failed by an error of this class")
    parser.add_flag("all", action="store_true", help="all messages")
    parser.add_flag("to", help="the name or URL of a queue (default: where each came from)")
    parser.add_flag("max", type=int, help="move so many at most")


def doctor_flags(parser: ActionParser) -> None:
    """Add the flags of ``doctor``."""
    parser.add_flag("queue_url", help="the queue's URL")
    parser.add_flag(
        "queue_name", help='its name instead: of AWS["queues"], else of the account in use'
    )
    parser.add_flag("tasks", metavar="ALIAS", help="all that this backend of TASKS needs, instead")
    _region(parser, "the one in the URL, else the settings'")
