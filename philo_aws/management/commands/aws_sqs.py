"""``manage.py aws_sqs ACTION``."""

from __future__ import annotations

from typing import Any

from .. import sqs_consume, sqs_dead_letters, sqs_messages, sqs_queues, sqs_redrive
from ..actions import Action, ActionCommand
from ..parsing import Unnamed


class Command(ActionCommand):
    """Work with SQS queues and messages."""

    help = "Work with SQS queues and messages."
    actions = (
        *sqs_queues.ACTIONS,
        *sqs_messages.ACTIONS,
        *sqs_redrive.ACTIONS,
        *sqs_dead_letters.ACTIONS,
        *sqs_consume.ACTIONS,
    )

    def understand(self, action: Action, values: dict[str, Any]) -> None:
        """Take a queue that stands without its flag for a name where it is no URL."""
        queue = values.get("queue_url")
        if isinstance(queue, Unnamed) and "://" not in queue and "queue_name" in values:
            values["queue_url"], values["queue_name"] = None, queue
