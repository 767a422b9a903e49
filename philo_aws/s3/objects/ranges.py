"""Which bytes of an object are meant, as HTTP writes it: ``0-99``, ``100-``, ``-100``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...answers import no_proof
from ...arguments import text
from ...exceptions import AWSError, UsageError

_WRITTEN = re.compile(r"(?:bytes=)?(\d{0,15})-(\d{0,15})", re.ASCII)
_TOLD = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)
# That of AWS, and what botocore makes of an answer without one.
_BEYOND = ("InvalidRange", "416")


class ByteRange(NamedTuple):
    """Some bytes of an object that follow each other."""

    first: int | None
    """The place of the first, from 0; ``None`` for the last ones of the object."""
    last: int | None
    """The place of the last, ``None`` for all that follow; without ``first`` how many they are."""

    @property
    def header(self) -> str:
        """The value of the header ``Range``."""
        written = ("" if number is None else str(number) for number in self)
        return f"bytes={'-'.join(written)}"

    @property
    def may_be_empty(self) -> bool:
        """Whether an object without a byte has it, as it has a beginning and an end."""
        return not self.first


class Place(NamedTuple):
    """Which bytes of their object those of an answer are."""

    start: int
    """The place of the first that is wanted, from 0."""
    size: int
    """How many are wanted."""
    of: int
    """The bytes of the object."""
    before: int = 0
    """The bytes of the answer that come before the first that is wanted."""


def read_range(written: str) -> ByteRange:
    """Return the range that is written ``0-99``, ``100-`` or ``-100``, as in HTTP.

    Raises :exc:`~philo_aws.exceptions.UsageError` for another form, and for one without a byte.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    found = _WRITTEN.fullmatch(text("byte_range", written).strip())
    first, last = (int(part) if part else None for part in found.groups()) if found else (None, 0)
    if (first is None and not last) or (first is not None and last is not None and last < first):
        raise UsageError(
            f"{written!r} is no range of bytes. Write 0-99 for the first hundred, 100- for what "
            "follows these, -100 for the last hundred."
        )
    return ByteRange(first, last)


def place_of(answer: Mapping[str, Any], asked: ByteRange | None) -> Place:
    """Return where the bytes of boto's answer to a ``GetObject`` are.

    Some stores know no ranges, or not of versions, and give the whole object: what comes before
    the range is to be read past then. Raises :exc:`~philo_aws.exceptions.ServiceError` for other
    bytes than were asked for.
    """
    size = int(answer["ContentLength"])
    told = str(answer.get("ContentRange", ""))
    if not told or not size:
        start, end = _ends(asked, size)
        return Place(start, max(end - start, 0), size, start)
    found = _TOLD.fullmatch(told)
    if found is None or asked is None:
        raise no_proof("GetObject")
    first, last, whole = map(int, found.groups())
    if (first, last + 1) != _ends(asked, whole) or size != last + 1 - first:
        raise no_proof("GetObject")
    return Place(first, size, whole)


def _ends(asked: ByteRange | None, whole: int) -> tuple[int, int]:
    """Return the place of the first byte of a range, and that behind its last one."""
    if asked is None:
        return 0, whole
    if asked.first is None:
        return max(whole - (asked.last or 0), 0), whole
    return asked.first, whole if asked.last is None else min(asked.last + 1, whole)


def is_beyond(error: AWSError) -> bool:
    """Say whether a store said that the object has no such bytes."""
    return error.code in _BEYOND
