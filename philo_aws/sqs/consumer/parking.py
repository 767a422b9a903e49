"""Parking: a message that failed for good goes to the dead-letter queue with its reason.

SQS's own redrive tells no reason. A message is sent first and deleted after that, so a consumer
that dies in between leaves it twice, and never none.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import socket
import traceback
from collections.abc import Mapping
from typing import Any

from ..attributes import check_attribute
from ..limits import MAX_ATTRIBUTES, MAX_MESSAGE_BYTES
from ..messages import send_message
from .message import Message

PREFIX = "philo."
"""What the names of the attributes of a parked message begin with."""
ERROR, TRACEBACK, ATTEMPTS, SOURCE, WORKER, FAILED_AT, ORIGINAL = (
    f"{PREFIX}{name}"
    for name in ("error", "traceback", "attempts", "source", "worker", "failed_at", "attributes")
)
LONGEST_ERROR = 256
"""Characters of the error."""
LONGEST_TRACEBACK = 4096
"""Bytes of the traceback: its end, which says most."""
_SHORTEST_TRACEBACK = 256


def park(message: Message, queue_url: str, error: BaseException | None, reason: str) -> None:
    """Send a copy of ``message`` with its reason to the queue ``queue_url``.

    Raises :exc:`~philo_aws.exceptions.AWSError`; then nothing is known to be sent.
    """
    attributes = parked_attributes(message, error, reason)
    options: dict[str, Any] = {}
    if queue_url.endswith(".fifo"):
        options = {
            "message_group_id": message.group or message.id,
            # Parked twice it is in the queue once.
            "message_deduplication_id": message.id,
        }
    elif message.group:
        options = {"message_group_id": message.group}
    send_message(
        queue_url,
        message.body,
        message.source.handler.region,
        message_attributes=attributes,
        purpose="ack",
        **options,
    )


def parked_attributes(
    message: Message, error: BaseException | None, reason: str
) -> dict[str, dict[str, Any]]:
    """Return the attributes of a parked message: the reason, and those it had.

    Where there are more than ten, those it had are one, in JSON. The traceback gives way first
    where the message would be larger than SQS takes.
    """
    made = {
        ERROR: _text(reason[:LONGEST_ERROR] or "unknown"),
        ATTEMPTS: _number(message.attempt),
        SOURCE: _text(message.source.arn or message.source.name),
        WORKER: _text(f"{socket.gethostname()}:{os.getpid()}"),
        FAILED_AT: _text(datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")),
    }
    room = MAX_MESSAGE_BYTES - len(message.body.encode())
    own: Mapping[str, Any] = message.raw.get("MessageAttributes") or {}
    kept = {name: _boto(value) for name, value in own.items() if not name.startswith(PREFIX)}
    if len(made) + len(kept) + 1 > MAX_ATTRIBUTES:
        kept = {ORIGINAL: _text(_as_json(kept))}
    room -= sum(check_attribute(name, value) for name, value in {**made, **kept}.items())
    text = traceback_of(error)
    limit = min(LONGEST_TRACEBACK, room - len(TRACEBACK) - len("String"))
    if text and limit >= _SHORTEST_TRACEBACK:
        made[TRACEBACK] = _text(_end_of(text, limit))
    if room < 0:
        # The message fills all the room that there is; it is more than its reason.
        made = {ERROR: _text(reason[:LONGEST_ERROR] or "unknown")}
        least = len(message.body.encode()) + sum(
            check_attribute(name, value) for name, value in {**made, **kept}.items()
        )
        if least > MAX_MESSAGE_BYTES:
            made = {}
    return {**kept, **made}


def original_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the attributes, in boto's form, that a parked message had before."""
    found = {name: _boto(value) for name, value in attributes.items()}
    packed = found.pop(ORIGINAL, None)
    own = {name: value for name, value in found.items() if not name.startswith(PREFIX)}
    if packed is not None:
        own |= _from_json(packed["StringValue"])
    return own


def traceback_of(error: BaseException | None) -> str:
    """Return the traceback of an error, without the consumer's own frames."""
    if error is None or error.__traceback__ is None:
        return ""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return "".join(lines).strip()


def _end_of(text: str, limit: int) -> str:
    encoded = "".join(_kept(character) for character in text).encode()
    if len(encoded) <= limit:
        return encoded.decode()
    mark = "…\n"
    return mark + encoded[-(limit - len(mark.encode())) :].decode(errors="ignore")


def _kept(character: str) -> str:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    code = ord(character)
    taken = (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or code >= 0x10000
    )
    return character if taken else "\ufffd"


def _text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": "".join(map(_kept, value))}


def _number(value: int) -> dict[str, Any]:
    return {"DataType": "Number", "StringValue": str(value)}


def _boto(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an attribute as it is sent; one received may hold empty lists besides."""
    kept = ("DataType", "StringValue", "BinaryValue")
    return {name: value[name] for name in kept if value.get(name) is not None}


def _as_json(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    plain = {}
    for name, value in attributes.items():
        made = dict(value)
        if "BinaryValue" in made:
            made["BinaryValue"] = base64.b64encode(bytes(made["BinaryValue"])).decode()
        plain[name] = made
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _from_json(text: str) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    made: dict[str, dict[str, Any]] = {}
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, dict):
            again = dict(value)
            if "BinaryValue" in again:
                again["BinaryValue"] = base64.b64decode(again["BinaryValue"])
            made[str(name)] = again
    return made
