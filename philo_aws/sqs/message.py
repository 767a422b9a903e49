"""One message in boto's words, checked as SQS would check it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..exceptions import UsageError
from .attributes import check_attribute
from .limits import MAX_DELAY, check_message, check_number
from .text import check_id

# How the keyword of a service is called in boto's words.
KEYWORDS = {
    "DelaySeconds": "delay_seconds",
    "MessageGroupId": "message_group_id",
    "MessageDeduplicationId": "message_deduplication_id",
}


def check(message: Mapping[str, Any], *, fifo: bool, called: Mapping[str, str] = {}) -> int:
    """Return the bytes that a message counts; ``called`` has the names that the caller gave by.

    Raises :exc:`~philo_aws.exceptions.UsageError`, with AWS's code for the fault, for what SQS
    would refuse: in its body and attributes, its delay and its ids, and what is not for a queue of
    this kind.
    """

    def name(key: str) -> str:
        return called.get(key, key)

    delay = message.get("DelaySeconds")
    if delay is not None:
        check_number(name("DelaySeconds"), delay, 0, MAX_DELAY, "seconds")
        if fifo and delay:
            raise _not_here(name("DelaySeconds"), "a FIFO", "Set the queue's own DelaySeconds.")
    if fifo and not message.get("MessageGroupId"):
        raise UsageError(
            f"A FIFO queue needs a {name('MessageGroupId')} for each message.",
            code="MissingParameter",
        )
    for key in ("MessageGroupId", "MessageDeduplicationId"):
        if message.get(key) is not None:
            check_id(name(key), message[key])
    if not fifo and message.get("MessageDeduplicationId") is not None:
        raise _not_here(name("MessageDeduplicationId"), "a standard", "Leave it out.")
    for item in message.get("MessageSystemAttributes", {}).items():
        # They do not count.
        check_attribute(*item)
    return check_message(message["MessageBody"], message.get("MessageAttributes", {}))


def _not_here(name: str, kind: str, cure: str) -> UsageError:
    return UsageError(
        f"SQS does not take {name} for a message on {kind} queue. {cure}",
        code="InvalidParameterValue",
    )
