"""The attributes and tags of queues: checked, and written as the strings that SQS takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import mapping, show
from ..exceptions import UsageError
from ..sentences import Sentence
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
            Sentence(
                gettext_noop(
                    "The attribute {name} is {value}, but a queue is a FIFO queue where its "
                    "name ends in '.fifo', and nowhere else. Leave the attribute out, or "
                    "change the name."
                ),
                name=FIFO,
                value=show(said),
            ),
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
        raise UsageError(
            Sentence(
                gettext_noop("There are {count} tags. A queue takes {most} at most."),
                count=len(found),
                most=MAX_TAGS,
            )
        )
    for name, value in found.items():
        if not 1 <= len(name) <= MAX_TAG_NAME or name.lower().startswith("aws:"):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "{name} is no possible name of a tag: 1 to {most} characters, "
                        "not beginning with 'aws:'."
                    ),
                    name=show(name),
                    most=MAX_TAG_NAME,
                )
            )
        if not isinstance(value, str) or len(value) > MAX_TAG_VALUE:
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "The tag {name} is {value}. Give a string of {most} characters at most."
                    ),
                    name=show(name),
                    value=show(value),
                    most=MAX_TAG_VALUE,
                )
            )
        check_text(Sentence(gettext_noop("The name of the tag")), name)
        check_text(Sentence(gettext_noop("The tag {name}"), name=show(name)), value)
    return found


def _string(name: str, value: object) -> str:
    text = value
    if isinstance(value, int | Mapping | list | tuple):
        try:
            text = json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                Sentence(
                    gettext_noop("The attribute {name} cannot be written as JSON: {error}."),
                    name=show(name),
                    error=str(error),
                )
            ) from error
    if not isinstance(text, str):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The attribute {name} is {value}. Give a string, a whole number, a "
                    "boolean, or a policy as a dict."
                ),
                name=show(name),
                value=show(value),
            )
        )
    check_text(Sentence(gettext_noop("The name of the attribute")), name)
    check_text(Sentence(gettext_noop("The attribute {name}"), name=show(name)), text)
    return text
