"""The attributes and tags of queues: checked, and written as the strings that SQS takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..exceptions import UsageError
from .arguments import shown
from .text import check_text

# What a queue attribute may be given as; SQS itself takes strings alone.
AttributeValue = str | int | bool | Mapping[str, Any] | Sequence[Any]

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
MAX_TAGS = 50
MAX_TAG_NAME = 128
MAX_TAG_VALUE = 256

FIFO = "FifoQueue"


def attribute_strings(
    attributes: Mapping[str, AttributeValue] | None, *, fifo: bool
) -> dict[str, str]:
    """Return the attributes of a queue as the strings that SQS takes, without ``FifoQueue``.

    SQS takes ``FifoQueue`` as true on a FIFO queue that is being made, and nowhere else: one that
    agrees with the queue's name says nothing new. Raises
    :exc:`~philo_aws.exceptions.UsageError` for one that contradicts it, and for names and values
    that cannot be.
    """
    found = {name: _string(name, value) for name, value in _items("attributes", attributes)}
    said = found.pop(FIFO, None)
    if said is not None and said.lower() != str(fifo).lower():
        raise UsageError(
            f"The attribute {FIFO} is {shown(said)}, but a queue is a FIFO queue where its name "
            "ends in '.fifo', and nowhere else. Leave the attribute out, or change the name.",
            code="InvalidParameterValue",
        )
    return found


def tag_strings(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return the tags of a queue.

    Raises :exc:`~philo_aws.exceptions.UsageError` for more than 50, and for names (1 to 128
    characters, not AWS's own ``aws:``) and values (256 at most) that cannot be.
    """
    found: dict[str, Any] = dict(_items("tags", tags))
    if len(found) > MAX_TAGS:
        raise UsageError(f"There are {len(found)} tags. A queue takes {MAX_TAGS} at most.")
    for name, value in found.items():
        if len(name) > MAX_TAG_NAME or name.lower().startswith("aws:"):
            raise UsageError(
                f"{shown(name)} is no possible name of a tag: 1 to {MAX_TAG_NAME} characters, not "
                "beginning with 'aws:'."
            )
        if not isinstance(value, str) or len(value) > MAX_TAG_VALUE:
            raise UsageError(
                f"The tag {shown(name)} is {shown(value)}. Give a string of {MAX_TAG_VALUE} "
                "characters at most."
            )
        check_text("The name of the tag", name)
        check_text(f"The tag {shown(name)}", value)
    return found


def _items(what: str, given: object) -> list[tuple[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise UsageError(f"The {what} are {shown(given)}. Give a dict of names and values.")
    for name in given:
        if not isinstance(name, str) or not name:
            raise UsageError(f"The {what} have {shown(name)} as a name. Give names as strings.")
    return list(given.items())


def _string(name: str, value: object) -> str:
    text = value
    if isinstance(value, int | Mapping | list | tuple):
        try:
            text = json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                f"The attribute {shown(name)} cannot be written as JSON: {error}."
            ) from error
    if not isinstance(text, str):
        raise UsageError(
            f"The attribute {shown(name)} is {shown(value)}. Give a string, a whole number, a "
            "boolean, or a policy as a dict."
        )
    check_text("The name of the attribute", name)
    check_text(f"The attribute {shown(name)}", text)
    return text
