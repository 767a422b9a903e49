"""Metadata and tags as S3 takes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from ...arguments import mapping, text
from ...exceptions import UsageError
from ...limits import MAX_METADATA_BYTES, MAX_TAG_NAME, MAX_TAG_VALUE, MAX_TAGS
from ...sentences import Sentence

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_S3Tag.html
_SIGNS = "+-=._:/@"


def check_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return ``metadata`` if S3 can take it: header names, ASCII values, 2,048 bytes in all.

    Of names that differ in their case alone S3 would keep one, and of a value without the blanks
    around it.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    total = 0
    for name, value in mapping("Metadata", metadata).items():
        if not name or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in name):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "{name!r} is no metadata name: letters, digits, hyphens, dots and "
                        "underscores."
                    ),
                    name=name,
                )
            )
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "The metadata value of {name!r} has characters that a header cannot "
                        "carry. Use printable ASCII."
                    ),
                    name=name,
                )
            )
        if value != value.strip():
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "The metadata value of {name!r} begins or ends with a blank, which S3 "
                        "does not keep. Leave it out."
                    ),
                    name=name,
                )
            )
        total += len(name) + len(value)
    if len({name.lower() for name in metadata}) < len(metadata):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "Metadata names that differ in their case alone are one. Keep one of them."
                )
            )
        )
    if total > MAX_METADATA_BYTES:
        raise UsageError(
            Sentence(
                gettext_noop("The metadata has {total:,} bytes; S3 takes {most:,} at most."),
                total=total,
                most=MAX_METADATA_BYTES,
            )
        )
    return dict(metadata)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` for tags that S3 refuses.

    Lengths are counted in UTF-16, as S3 does: a character beyond U+FFFF counts twice.
    """
    tags = mapping("tags", tags)
    if len(tags) > MAX_TAGS:
        raise UsageError(
            Sentence(
                gettext_noop("An object can have {most} tags; these are {count}. Remove some."),
                most=MAX_TAGS,
                count=len(tags),
            )
        )
    for name, value in tags.items():
        if not 0 < _length(name) <= MAX_TAG_NAME:
            raise UsageError(
                Sentence(
                    gettext_noop("A tag's name has 1 to {most} characters; {name!r} has {length}."),
                    most=MAX_TAG_NAME,
                    name=name[:40],
                    length=_length(name),
                )
            )
        if _length(text(f"The value of the tag {name!r}", value)) > MAX_TAG_VALUE:
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "A tag's value has at most {most} characters; that of {name!r} "
                        "has {length}."
                    ),
                    most=MAX_TAG_VALUE,
                    name=name,
                    length=_length(value),
                )
            )
        for what, given in ((gettext_noop("name"), name), (gettext_noop("value"), value)):
            if other := next((sign for sign in given if not _is_taken(sign)), ""):
                raise UsageError(
                    Sentence(
                        gettext_noop(
                            "The {what} {value!r} of a tag has {other!r}. Tags are made of "
                            "letters, digits, spaces and {signs}."
                        ),
                        what=Sentence(what),
                        value=given[:40],
                        other=other,
                        signs=_SIGNS,
                    )
                )
        if name.lower().startswith("aws:"):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "The tag {name!r} begins with 'aws:', which AWS keeps for itself."
                    ),
                    name=name,
                )
            )


def _length(given: str) -> int:
    return len(given) + sum(character > "\uffff" for character in given)


def _is_taken(character: str) -> bool:
    # Letters, separators and numbers of Unicode; what is put together of a letter and an accent is
    # refused by S3.
    return character in _SIGNS or unicodedata.category(character)[0] in "LZN"
