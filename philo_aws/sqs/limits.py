"""What SQS takes in a message, checked before anything is sent.

The numbers are from
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
and https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import show
from ..exceptions import UsageError
from ..sentences import Sentence
from .attributes import check_attribute
from .text import check_text

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_ENTRIES = 10
MAX_ATTRIBUTES = 10
MAX_DELAY = 900

_THE_BODY = Sentence(gettext_noop("The message body"))


def check_number(name: str, value: object, low: int, high: int, unit: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless it is ``low`` to ``high``.

    ``unit`` is marked for translation where it is written.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{name} is {value}. Give a whole number of {unit}, {low:,} to {high:,}."
                ),
                name=name,
                value=show(value),
                unit=Sentence(unit),
                low=low,
                high=high,
            ),
            code="InvalidParameterValue",
        )


def size_of_plain(body: str) -> int:
    """Return the bytes of a body that is known at once to be one that SQS takes, else 0."""
    if body.isascii() and body.isprintable() and len(body) <= MAX_MESSAGE_BYTES:
        return len(body)
    return 0


def check_message(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the bytes that a message counts, attributes included.

    Raises :exc:`~philo_aws.exceptions.UsageError`, with AWS's code for the fault, for a
    body that is empty, holds a character that SQS does not take or is too large with its
    attributes, and for more than 10 attributes, or one that SQS does not take.
    """
    if not body:
        raise UsageError(
            Sentence(gettext_noop("The message body is empty. SQS takes one character or more.")),
            code="MissingParameter",
        )
    check_text(_THE_BODY, body)
    if len(attributes) > MAX_ATTRIBUTES:
        raise UsageError(
            Sentence(
                gettext_noop("The message has {number} attributes. SQS takes {most} at most."),
                number=len(attributes),
                most=MAX_ATTRIBUTES,
            ),
            code="InvalidParameterValue",
        )
    size = len(body.encode()) + sum(check_attribute(*item) for item in attributes.items())
    if size > MAX_MESSAGE_BYTES:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The message has {size:,} bytes with its attributes. SQS takes {most:,} at "
                    "most: put the content into S3 and send its key."
                ),
                size=size,
                most=MAX_MESSAGE_BYTES,
            ),
            code="InvalidParameterValue",
        )
    return size
