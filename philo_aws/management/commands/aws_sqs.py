"""``manage.py aws_sqs ACTION``."""

from __future__ import annotations

from .. import sqs_consume, sqs_dead_letters, sqs_messages, sqs_queues, sqs_redrive
from ..actions import ActionCommand


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
