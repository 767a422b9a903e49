"""The attributes and tags of queues: checked, and written as the strings that SQS takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..arguments import mapping, show
from ..exceptions import UsageError
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
    found = {
        name: _string(name, value) for name, value in mapping("attributes", attributes).items()
    }
    said = found.pop(FIFO, None)
    if said is not None and said.lower() != str(fifo).lower():
        raise UsageError(
            f"The attribute {FIFO} is {show(said)}, but a queue is a FIFO queue where its name "
            "ends in '.fifo', and nowhere else. Leave the attribute out, or change the name.",
            code="InvalidParameterValue",
        )
    return found


def tag_strings(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return the tags of a queue.

    Raises :exc:`~philo_aws.exceptions.UsageError` for more than 50, and for names (1 to 128
    characters, not AWS's own ``aws:``) and values (256 at most) that cannot be.
    """
    found = mapping("tags", tags)
    if len(found) > MAX_TAGS:
        raise UsageError(f"There are {len(found)} tags. A queue takes {MAX_TAGS} at most.")
    for name, value in found.items():
        if not 1 <= len(name) <= MAX_TAG_NAME or name.lower().startswith("aws:"):
            raise UsageError(
                f"{show(name)} is no possible name of a tag: 1 to {MAX_TAG_NAME} characters, not "
                "beginning with 'aws:'."
            )
        if not isinstance(value, str) or len(value) > MAX_TAG_VALUE:
            raise UsageError(
                f"The tag {show(name)} is {show(value)}. Give a string of {MAX_TAG_VALUE} "
                "characters at most."
            )
        check_text("The name of the tag", name)
        check_text(f"The tag {show(name)}", value)
    return found


def _string(name: str, value: object) -> str:
    text = value
    if isinstance(value, int | Mapping | list | tuple):
        try:
            text = json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                f"The attribute {show(name)} cannot be written as JSON: {error}."
            ) from error
    if not isinstance(text, str):
        raise UsageError(
            f"The attribute {show(name)} is {show(value)}. Give a string, a whole number, a "
            "boolean, or a policy as a dict."
        )
    check_text("The name of the attribute", name)
    check_text(f"The attribute {show(name)}", text)
    return text
