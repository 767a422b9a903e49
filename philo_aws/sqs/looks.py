"""A look at the messages of a queue for a page, and what is done with those that it holds."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..conf import Purpose
from ..exceptions import AWSError
from .batch import send_entries
from .dead_letters import as_sent, decoded
from .handles import deleted, hidden
from .limits import MAX_BATCH_ENTRIES
from .messages import receive_message
from .requeueing import entry_for, of_both
from .urls import parse_queue_url

WAIT = 1
"""Seconds that a receive waits: one asks all of SQS's servers, without it some messages are missed.
"""
LOOK_SECONDS = 5.0
"""Seconds for which a look begins another receive."""
MAX_BYTES = 4 << 20
"""Bytes of bodies and attributes after which a look receives no more."""

Raw = Mapping[str, Any]
"""A message as boto gives it."""


@dataclass(kw_only=True)
class Look:
    """What a look brought."""

    messages: list[Raw] = field(default_factory=list)
    """The messages, each once."""
    until: float = 0.0
    """Until when all of them are hidden from others, in seconds since 1970."""
    damaged: int = 0
    """Messages that changed on the way; they come again by themselves."""
    at_limit: bool = False
    """Whether it ended because a message was received for the last time that its queue allows."""
    failure: AWSError | None = None
    """Why it ended before its end, after some had come."""


def look(
    queue_url: str,
    region: str | None = None,
    *,
    most: int,
    visibility: int,
    limit: int = 0,
    seconds: float = LOOK_SECONDS,
    purpose: Purpose = "web",
) -> Look:
    """Receive up to ``most`` messages, ten at a time, and hide them for ``visibility`` seconds.

    ``limit`` is the ``maxReceiveCount`` of the queue, 0 where there is none. SQS moves a message to
    the dead-letter queue at the receive after that many: the first receive that brings one that has
    come as often is the last of the look, so that it does not spend the last one of others. It ends
    too after a receive that waited in vain, after ``seconds``, and after 4 MiB of messages.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

    Raises any :exc:`~philo_aws.exceptions.AWSError` that stops the first receive.
    """
    found = Look(until=time.time() + visibility)
    known: set[str] = set()
    size = 0
    end = time.monotonic() + seconds
    while len(found.messages) < most:
        try:
            answer = receive_message(
                queue_url,
                min(MAX_BATCH_ENTRIES, most - len(found.messages)),
                region,
                wait_time_seconds=WAIT,
                visibility_timeout=visibility,
                purpose=purpose,
            )
        except AWSError as error:
            if not found.messages:
                raise
            found.failure = error
            break
        found.damaged += len(answer.get("Failed", ()))
        for raw in answer["Messages"]:
            # An answer without ids is no reason to show nothing: the handle tells them apart, too.
            name = raw.get("MessageId") or raw["ReceiptHandle"]
            if name not in known:
                known.add(name)
                found.messages.append({"MessageId": "", **raw})
                size += size_of(raw)
                found.at_limit |= bool(limit) and receives_of(raw) >= limit
        if not answer["Messages"] or found.at_limit:
            break
        if size >= MAX_BYTES or time.monotonic() >= end:
            break
    return found


def receives_of(raw: Raw) -> int:
    """Return how often a message has been received, this time included; 0 where it is not told."""
    told = str((raw.get("Attributes") or {}).get("ApproximateReceiveCount", ""))
    return int(told) if told.isascii() and told.isdecimal() else 0


def size_of(raw: Raw) -> int:
    """Return the bytes of a message: of its body and of the values of its attributes."""
    values = [
        value.get("BinaryValue") or str(value.get("StringValue") or "").encode()
        for value in (raw.get("MessageAttributes") or {}).values()
    ]
    return len(str(raw.get("Body", "")).encode("utf-8", "replace")) + sum(map(len, values))


def hold(
    queue_url: str,
    handles: Sequence[str],
    region: str | None = None,
    *,
    seconds: int,
    purpose: Purpose = "web",
) -> list[str]:
    """Hide received messages for ``seconds`` from now; 0 gives them back.

    Returns, for each, why that could not be, empty where it could: it is not held any more. Raises
    any :exc:`~philo_aws.exceptions.AWSError` that stops the first request.
    """
    outcomes = hidden(queue_url, list(handles), region, visibility_timeout=seconds, purpose=purpose)
    return [_reason(outcome.successful, outcome.record) for outcome in outcomes]


def delete(
    queue_url: str, handles: Sequence[str], region: str | None = None, *, purpose: Purpose = "web"
) -> list[str]:
    """Delete received messages; return, for each, why it could not be, empty where it is gone."""
    outcomes = deleted(queue_url, list(handles), region, purpose=purpose)
    return [_reason(outcome.successful, outcome.record) for outcome in outcomes]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of a message that was to be sent on."""

    is_sent: bool
    """Whether it is where it was to go."""
    reason: str
    """Why it is still in this queue, too where it was sent; empty where it is not."""


def send_on(
    queue_url: str,
    messages: Sequence[Raw],
    region: str | None = None,
    *,
    to: str,
    as_before: bool,
    purpose: Purpose = "web",
) -> list[Sent]:
    """Send received messages to the queue ``to``, which may be this one, and then delete them here.

    Each is a new message there, with its body, attributes and message group, and a receive count of
    none; ``as_before`` leaves out what a consumer added when it parked it. Nothing is deleted that
    was not sent. Raises any :exc:`~philo_aws.exceptions.AWSError` that stops the first request.
    """
    entries: list[dict[str, Any]] = []
    places: list[int] = []
    results = [Sent(is_sent=False, reason="") for _ in messages]
    for place, raw in enumerate(messages):
        letter = decoded(raw)
        if letter.is_parked and not as_before:
            kept = as_sent(raw.get("MessageAttributes") or {})
            letter = dataclasses.replace(letter, attributes=kept, fault=None)
        if letter.fault:
            results[place] = Sent(is_sent=False, reason=letter.fault.message)
            continue
        entries.append(entry_for(letter, to))
        places.append(place)
    sent: list[int] = []
    target_region = region if parse_queue_url(to).region is None else None
    try:
        for outcome in send_entries(to, entries, target_region, purpose=purpose):
            place = places[outcome.position]
            if outcome.successful:
                sent.append(place)
            else:
                reason = _reason(outcome.successful, outcome.record)
                results[place] = Sent(is_sent=False, reason=reason)
    finally:
        # Also where it was interrupted: what is there is not to stay here as well.
        if sent:
            handles = [messages[place]["ReceiptHandle"] for place in sent]
            try:
                reasons = delete(queue_url, handles, region, purpose=purpose)
            except AWSError as error:
                reasons = [str(error)] * len(sent)
            for place, reason in zip(sent, reasons, strict=True):
                told = of_both(reason) if reason else ""
                results[place] = Sent(is_sent=True, reason=told)
    return results


def _reason(successful: bool, record: Mapping[str, Any]) -> str:
    if successful:
        return ""
    return str(record.get("Message") or record.get("Code") or "SQS does not say why.")
