"""One message in boto's words, checked as SQS would check it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_noop

from ..exceptions import UsageError
from ..sentences import Sentence
from .attributes import check_attribute, typed_attributes
from .limits import MAX_DELAY, check_message, check_number
from .text import check_id

# How the keyword of a service is called in boto's words.
KEYWORDS = {
    "DelaySeconds": "delay_seconds",
    "MessageGroupId": "message_group_id",
    "MessageDeduplicationId": "message_deduplication_id",
}


def build(
    body: str,
    *,
    fifo: bool,
    delay_seconds: int | None,
    attributes: Mapping[str, Any] | None,
    group_id: str | None,
    deduplication_id: str | None,
) -> dict[str, Any]:
    """Return the message of the keywords of ``send_message``, checked.

    Raises :exc:`~philo_aws.exceptions.UsageError` as :func:`check` does.
    """
    if not isinstance(body, str):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The message body is a {kind}, not a string. Make a string of it, for "
                    "example by json.dumps()."
                ),
                kind=type(body).__name__,
            )
        )
    given = {
        "MessageBody": body,
        "DelaySeconds": delay_seconds,
        "MessageAttributes": typed_attributes(attributes) or None,
        "MessageGroupId": group_id,
        "MessageDeduplicationId": deduplication_id,
    }
    message = {key: value for key, value in given.items() if value is not None}
    check(message, fifo=fifo, called=KEYWORDS)
    return message


def check(
    message: Mapping[str, Any], *, fifo: bool, called: Mapping[str, str] = MappingProxyType({})
) -> int:
    """Return the bytes that a message counts; ``called`` has the names that the caller gave by.

    Raises :exc:`~philo_aws.exceptions.UsageError`, with AWS's code for the fault, for what SQS
    would refuse: in its body and attributes, its delay and its ids, and what is not for a queue of
    this kind.
    """

    def name(key: str) -> str:
        return called.get(key, key)

    delay = message.get("DelaySeconds")
    if delay is not None:
        check_number(name("DelaySeconds"), delay, 0, MAX_DELAY, gettext_noop("seconds"))
        if fifo and delay:
            raise _not_here(
                name("DelaySeconds"),
                gettext_noop("a FIFO"),
                gettext_noop("Set the queue's own DelaySeconds."),
            )
    if fifo and not message.get("MessageGroupId"):
        raise UsageError(
            Sentence(
                gettext_noop("A FIFO queue needs a {name} for each message."),
                name=name("MessageGroupId"),
            ),
            code="MissingParameter",
        )
    for key in ("MessageGroupId", "MessageDeduplicationId"):
        if message.get(key) is not None:
            check_id(name(key), message[key])
    if not fifo and message.get("MessageDeduplicationId") is not None:
        raise _not_here(
            name("MessageDeduplicationId"),
            gettext_noop("a standard"),
            gettext_noop("Leave it out."),
        )
    for item in message.get("MessageSystemAttributes", {}).items():
        # They do not count.
        check_attribute(*item)
    return check_message(message["MessageBody"], message.get("MessageAttributes", {}))


def _not_here(name: str, kind: str, cure: str) -> UsageError:
    return UsageError(
        Sentence(
            gettext_noop("SQS does not take {name} for a message on {kind} queue. {cure}"),
            name=name,
            kind=Sentence(kind),
            cure=Sentence(cure),
        ),
        code="InvalidParameterValue",
    )


def entry_of_received(message: Mapping[str, Any], *, fifo: bool) -> dict[str, Any]:
    """Return the entry that sends a received message once more, to a queue of either kind.

    Of its system attributes those go with it that were the sender's: its group and its
    deduplication id (FIFO queues only), and the trace that it is part of.
    """
    known = message.get("Attributes") or {}
    entry: dict[str, Any] = {"MessageBody": message["Body"]}
    if attributes := message.get("MessageAttributes"):
        entry["MessageAttributes"] = attributes
    if group := known.get("MessageGroupId"):
        entry["MessageGroupId"] = group
    if fifo and (deduplication := known.get("MessageDeduplicationId")):
        entry["MessageDeduplicationId"] = deduplication
    if trace := known.get("AWSTraceHeader"):
        entry["MessageSystemAttributes"] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": trace}
        }
    return entry
