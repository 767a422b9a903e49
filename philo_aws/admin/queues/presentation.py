"""Attributes and messages of a queue made fit to read."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..json_text import indented
from ..numbers import binary_size, exact_bytes
from ..text import lines, visible

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

SHOWN_CHARACTERS = 100_000
"""Of one body, and as many of its indented JSON."""
SHOWN_TOGETHER = 200_000
"""Of all the bodies of a page, and as many of their indented JSON."""
SHOWN_IN_LINE = 80
"""Characters of a body in the line of its message."""
SHOWN_OF_ATTRIBUTES = 1000
"""Characters of each attribute of a message, of which there may be a hundred on a page."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of what is known."""

    label: str | StrPromise
    """What it is."""
    value: object
    """The value: text, or a moment."""
    exact: str = ""
    """AWS's own form, where the value was made readable."""
    block: bool = False
    """Whether it has many lines."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message that was received."""

    message_id: str
    """AWS's id."""
    receipt_handle: str
    """What deletes or releases it."""
    body: str
    """The body as sent, cut where it is very long."""
    pretty: str
    """The body indented, when it is JSON; else empty."""
    characters: int
    """How long the whole body is."""
    shown: int
    """How many characters of it are shown."""
    receive_count: int
    """How often it was received, this time included."""
    sent: dt.datetime | None
    """When it was sent."""
    beginning: str
    """The first characters of the body, in one line."""
    group: str
    """The message group; empty where it has none."""
    facts: list[Fact]
    """The other system attributes."""
    attributes: list[Fact]
    """The attributes that the sender gave it."""

    @property
    def cut(self) -> bool:
        """Whether only the beginning is shown."""
        return self.characters > self.shown


def duration(seconds: int) -> str:
    """Return a number of seconds in words, such as "4 days" or "1 minute 30 seconds"."""
    if seconds <= 0:
        return ngettext("%d second", "%d seconds", 0) % 0
    parts = []
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        parts.append(ngettext("%d day", "%d days", days) % days)
    if hours:
        parts.append(ngettext("%d hour", "%d hours", hours) % hours)
    if minutes:
        parts.append(ngettext("%d minute", "%d minutes", minutes) % minutes)
    if rest:
        parts.append(ngettext("%d second", "%d seconds", rest) % rest)
    return " ".join(parts)


def moment(seconds: str, *, scale: int = 1) -> dt.datetime | None:
    """Return the moment of a Unix time in seconds (or thousandths, with ``scale`` 1000)."""
    try:
        return dt.datetime.fromtimestamp(int(seconds) / scale, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(value: str) -> tuple[object, str]:
    return duration(int(value)), value


def _bytes(value: str) -> tuple[object, str]:
    size = int(value)
    return binary_size(size), exact_bytes(size)


def _time(value: str) -> tuple[object, str]:
    found = moment(value)
    return (found, value) if found else (value, "")


def _yes_no(value: str) -> tuple[object, str]:
    return (_("Yes") if value == "true" else _("No")), value


Formatter = Callable[[str], tuple[object, str]]
_ATTRIBUTES: Mapping[str, tuple[StrPromise, Formatter | None]] = {
    "QueueArn": (_("ARN"), None),
    "CreatedTimestamp": (_("Created"), _time),
    "LastModifiedTimestamp": (_("Last changed"), _time),
    "VisibilityTimeout": (_("Visibility timeout"), _seconds),
    "MessageRetentionPeriod": (_("Messages are kept for"), _seconds),
    "DelaySeconds": (_("Delivery delay"), _seconds),
    "ReceiveMessageWaitTimeSeconds": (_("Receive wait time"), _seconds),
    "MaximumMessageSize": (_("Largest message"), _bytes),
    "ContentBasedDeduplication": (_("Deduplication by content"), _yes_no),
    "DeduplicationScope": (_("Deduplication scope"), None),
    "FifoThroughputLimit": (_("FIFO throughput limit"), None),
    "SqsManagedSseEnabled": (_("Encrypted with the key of SQS"), _yes_no),
    "KmsMasterKeyId": (_("KMS key"), None),
    "KmsDataKeyReusePeriodSeconds": (_("KMS data key reuse"), _seconds),
    "RedriveAllowPolicy": (_("Redrive allow policy"), None),
    "Policy": (_("Access policy"), None),
}
# Shown as figures, by the name, or as the dead-letter queue.
_ELSEWHERE = frozenset(
    (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "FifoQueue",
        "RedrivePolicy",
    )
)


def attribute_facts(attributes: Mapping[Any, str]) -> list[Fact]:
    """Return the attributes of a queue in a sensible order; unknown ones by AWS's name."""
    known = [name for name in _ATTRIBUTES if attributes.get(name)]
    unknown = sorted(set(attributes) - set(known) - _ELSEWHERE)
    return list(_facts(attributes, [*known, *(name for name in unknown if attributes[name])]))


def _facts(attributes: Mapping[Any, str], names: list[str]) -> Iterator[Fact]:
    for name in names:
        label, formatter = _ATTRIBUTES.get(name, (name, None))
        value: object = attributes[name]
        exact = ""
        if formatter:
            try:
                value, exact = formatter(attributes[name])
            except ValueError:
                value = attributes[name]
        elif pretty := indented(attributes[name]):
            yield Fact(label=label, value=lines(pretty), block=True)
            continue
        if isinstance(value, str):
            value = visible(value)
        yield Fact(label=label, value=value, exact=visible(exact))


_MESSAGE_FACTS: Mapping[str, StrPromise] = {
    "SenderId": _("Sender"),
    "MessageGroupId": _("Message group"),
    "MessageDeduplicationId": _("Deduplication id"),
    "SequenceNumber": _("Sequence number"),
    "DeadLetterQueueSourceArn": _("Came from"),
    "AWSTraceHeader": _("Trace header"),
}


def message_of(received: Mapping[str, Any], *, most: int = SHOWN_CHARACTERS) -> Message:
    """Return a message of ``ReceiveMessage`` as the pages show it: ``most`` characters of it."""
    body = received.get("Body", "")
    system = received.get("Attributes", {})
    try:
        count = int(system.get("ApproximateReceiveCount", 0))
    except ValueError:
        count = 0
    # What is cut is no JSON any more, and not looked at either.
    pretty = indented(body, most=most) if len(body) <= most else ""
    return Message(
        message_id=received.get("MessageId", ""),
        receipt_handle=received.get("ReceiptHandle", ""),
        body=lines(body[:most]),
        pretty=lines(pretty),
        characters=len(body),
        shown=min(most, len(body)),
        receive_count=count,
        sent=moment(system.get("SentTimestamp", ""), scale=1000),
        beginning=_in_line(body),
        group=visible(system.get("MessageGroupId", "")),
        facts=[
            Fact(label=label, value=visible(system[name], most=SHOWN_OF_ATTRIBUTES))
            for name, label in _MESSAGE_FACTS.items()
            if system.get(name)
        ],
        attributes=[
            Fact(
                label=visible(name),
                value=_attribute_value(value),
                exact=visible(value.get("DataType", "")),
            )
            for name, value in sorted(received.get("MessageAttributes", {}).items())
        ],
    )


def messages_of(
    received: Sequence[Mapping[str, Any]], *, whole: Sequence[int] = ()
) -> list[Message]:
    """Return the messages of a page, which share what is shown of bodies.

    ``whole`` is, for each, how long its body was where only the beginning was kept, else 0.
    """
    most = min(SHOWN_CHARACTERS, SHOWN_TOGETHER // max(1, len(received)))
    shown = [message_of(message, most=most) for message in received]
    return [
        replace(message, characters=characters, pretty="") if characters else message
        for message, characters in zip_longest(shown, whole, fillvalue=0)
        if isinstance(message, Message)
    ]


def _in_line(body: str) -> str:
    # Indented JSON is mostly room.
    words = " ".join(body[: 10 * SHOWN_IN_LINE].split())
    more = len(words) > SHOWN_IN_LINE or len(body) > 10 * SHOWN_IN_LINE
    return visible(words[:SHOWN_IN_LINE]) + ("…" if more else "")


def _attribute_value(value: Mapping[str, Any]) -> str:
    if "BinaryValue" not in value:
        return visible(value.get("StringValue", ""), most=SHOWN_OF_ATTRIBUTES)
    # Four characters stand for three bytes.
    beginning = base64.b64encode(value["BinaryValue"][: SHOWN_OF_ATTRIBUTES // 4 * 3])
    rest = len(value["BinaryValue"]) - SHOWN_OF_ATTRIBUTES // 4 * 3
    return beginning.decode("ascii") + (f"… (+ {exact_bytes(rest)})" if rest > 0 else "")
