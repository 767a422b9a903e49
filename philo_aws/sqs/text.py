"""Text that SQS takes: in bodies and attributes, and in the ids of groups and duplicates."""

from __future__ import annotations

import re

from ..arguments import show
from ..exceptions import UsageError

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
MAX_ID = 128

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Letters, digits and the punctuation of ASCII.
_ID = re.compile(rf"[!-~]{{1,{MAX_ID}}}")


def check_text(what: str, text: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` for a character that SQS does not take.

    It takes those of XML 1.0: tab, line breaks, space and above; no other control characters, no
    halves of surrogate pairs.
    """
    if found := _NOT_IN_XML.search(text):
        raise UsageError(
            f"{what} holds {found[0]!a} at position {found.start():,}, a character "
            "that SQS does not take. Encode it, for example by JSON or base64.",
            code="InvalidMessageContents",
        )


def check_id(name: str, value: object) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless ``value`` is a group's or such an id.

    That is 1 to 128 letters, digits and signs of ASCII, no spaces.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise UsageError(
            f"{name} is {show(value)}. Give 1 to {MAX_ID} letters, digits and signs such as "
            "'-' or ':' of ASCII, no spaces.",
            code="InvalidParameterValue",
        )
