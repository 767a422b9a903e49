"""Text that SQS takes: in bodies and attributes, and in the ids of groups and duplicates."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop

from ..arguments import show
from ..exceptions import UsageError
from ..sentences import Sentence

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
    if text.isascii() and text.isprintable():
        return  # as most are, which is seen at once
    if found := _NOT_IN_XML.search(text):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{what} holds {character} at position {position:,}, a character that SQS does "
                    "not take. Encode it, for example by JSON or base64."
                ),
                what=what,
                character=ascii(found[0]),
                position=found.start(),
            ),
            code="InvalidMessageContents",
        )


def check_id(name: str, value: object) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless ``value`` is a group's or such an id.

    That is 1 to 128 letters, digits and signs of ASCII, no spaces.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The id {name} is {value}. Give 1 to {most} letters, digits and signs such as "
                    "'-' or ':' of ASCII, no spaces."
                ),
                name=name,
                value=show(value),
                most=MAX_ID,
            ),
            code="InvalidParameterValue",
        )
