"""What SQS takes in a message, checked before anything is sent.

The numbers are from
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
and https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..exceptions import UsageError

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_ENTRIES = 10
MAX_ATTRIBUTES = 10
MAX_DELAY = 900

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_number(name: str, value: object, low: int, high: int, unit: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless it is ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(
            f"{name} is {value!r}. Give a whole number of {unit}, {low:,} to {high:,}.",
            code="InvalidParameterValue",
        )


def check_message(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the bytes that a message counts, attributes included.

    Raises :exc:`~philo_aws.exceptions.UsageError`, with AWS's code for the fault, for a
    body that is empty, holds a character that SQS does not take or is too large with its
    attributes, and for more than 10 attributes.
    """
    if not body:
        raise UsageError(
            "The message body is empty. SQS takes one character or more.", code="MissingParameter"
        )
    if found := _NOT_IN_XML.search(body):
        raise UsageError(
            f"The message body holds {found[0]!a} at position {found.start():,}, a character "
            "that SQS does not take. Encode the body, for example by JSON or base64.",
            code="InvalidMessageContents",
        )
    if len(attributes) > MAX_ATTRIBUTES:
        raise UsageError(
            f"The message has {len(attributes)} attributes. SQS takes {MAX_ATTRIBUTES} at most.",
            code="InvalidParameterValue",
        )
    size = len(body.encode()) + sum(_attribute_size(*item) for item in attributes.items())
    if size > MAX_MESSAGE_BYTES:
        raise UsageError(
            f"The message has {size:,} bytes with its attributes. SQS takes "
            f"{MAX_MESSAGE_BYTES:,} at most: put the content into S3 and send its key.",
            code="InvalidParameterValue",
        )
    return size


def typed_attributes(given: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return message attributes in boto's form; plain strings, numbers and bytes are typed.

    ``{"kind": "invoice", "total": 12}`` becomes a ``String`` and a ``Number``; a dict, such as
    ``{"DataType": "Number.float", "StringValue": "1.5"}``, is taken as it is.
    """
    return {name: _attribute(name, value) for name, value in (given or {}).items()}


def _attribute(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    if isinstance(value, bytes | bytearray):
        return {"DataType": "Binary", "BinaryValue": bytes(value)}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"DataType": "Number", "StringValue": repr(value)}
    raise UsageError(
        f"The message attribute {name!r} is {value!r}. Give a string, a number, bytes, or boto's "
        'form {"DataType": "String", "StringValue": "…"}.'
    )


def _attribute_size(name: str, value: Mapping[str, Any]) -> int:
    parts = (name, value.get("DataType"), value.get("StringValue"), value.get("BinaryValue"))
    return sum(_bytes(part) for part in parts)


def _bytes(part: object) -> int:
    if isinstance(part, str):
        return len(part.encode("utf-8", "surrogatepass"))
    return len(part) if isinstance(part, bytes | bytearray) else 0
