"""The first or the last lines of an object, of which no more is read than they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...arguments import mapping, whole_number
from ...conf import Purpose
from ...exceptions import ConflictError
from ...limits import MIB
from ..request.names import check_bucket_name, check_key
from .read_errors import replaced
from .reading import ObjectReader

FIRST = 64 * 1024
"""Bytes that are asked for at first; each further request asks for four times as many."""
MOST_AHEAD = 8 * MIB
"""Bytes of one request for the first lines at most: what of them is too much was in vain."""
HELD = 8 * MIB
"""Bytes of the last lines that are held while their beginning is looked for; of more they are read
once more."""
_GROWTH = 4
_END = b"\n"


def head_lines(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    lines: int = 10,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> Iterator[bytes]:
    """Yield the first ``lines`` of an object, 1 at least, in blocks of 1 MiB at most.

    A line ends with a line feed; the last one need not. 64 KiB are asked for, then 256 KiB, and so
    on up to 8 MiB. Raises what :func:`~philo_aws.s3.open_object` does, when it is iterated, and
    :exc:`~philo_aws.exceptions.ConflictError` where the object is replaced meanwhile.
    """
    whole_number("lines", lines, 1)
    return _head(_Sections(bucket_name, key, region_name, version_id, extra_args, purpose), lines)


def tail_lines(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    lines: int = 10,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> Iterator[bytes]:
    """Yield the last ``lines`` of an object, 1 at least, in blocks of 1 MiB at most.

    Its end is read first, 64 KiB, and what is before it in blocks of up to 1 MiB until so many
    lines are found; of more than 8 MiB nothing is held, and they are read once more. Raises as
    :func:`head_lines` does.
    """
    whole_number("lines", lines, 1)
    return _tail(_Sections(bucket_name, key, region_name, version_id, extra_args, purpose), lines)


class _Sections:
    """Opens parts of one object, which all are of the one that was opened first."""

    def __init__(
        self,
        bucket_name: str,
        key: str,
        region_name: str | None,
        version_id: str | None,
        extra_args: Mapping[str, Any] | None,
        purpose: Purpose,
    ) -> None:
        check_bucket_name(bucket_name)
        check_key(key)
        self._given = mapping("extra_args", extra_args)
        if version_id:
            self._given["VersionId"] = version_id
        self._where = (bucket_name, key, region_name)
        self._purpose: Purpose = purpose
        self._etag = ""

    def open(self, byte_range: str) -> ObjectReader:
        given = self._given | ({"IfMatch": self._etag} if self._etag else {})
        try:
            reader = ObjectReader(
                *self._where, byte_range=byte_range, extra_args=given, purpose=self._purpose
            )
        except ConflictError as error:
            if not self._etag:
                raise
            bucket, key, _ = self._where
            raise replaced({"bucket": bucket, "key": key}) from error
        if self._etag and reader.etag != self._etag:
            # A store that knows no conditions.
            reader.close()
            raise replaced({"bucket": self._where[0], "key": self._where[1]})
        self._etag = reader.etag
        return reader


def _head(sections: _Sections, lines: int) -> Iterator[bytes]:
    start, size = 0, FIRST
    while True:
        with sections.open(f"{start}-{start + size - 1}") as reader:
            while block := reader.read(MIB):
                found = block.count(_END)
                if found >= lines:
                    yield block[: _behind(block, lines)]
                    return
                lines -= found
                yield block
            start += reader.size
            if start >= reader.object_size:
                return
        size = min(size * _GROWTH, MOST_AHEAD)


def _tail(sections: _Sections, lines: int) -> Iterator[bytes]:
    with sections.open(f"-{FIRST}") as reader:
        start = reader.object_size - reader.size
        held: list[bytes] = [reader.readall()]
    # The last line ends with the object, with a mark or without.
    left = lines + held[0].endswith(_END)
    size, is_held = FIRST, True
    block = held[0]
    while (found := block.count(_END)) < left and start:
        left -= found
        size = min(size * _GROWTH, MIB)
        first = max(start - size, 0)
        with sections.open(f"{first}-{start - 1}") as reader:
            block = reader.readall()
        start = first
        held.append(block)
        if is_held and sum(map(len, held)) > HELD:
            is_held = False
        if not is_held:
            del held[:-1]
    # The mark before the first of the lines, which it is not one of.
    cut = _behind(block, found - left + 1) if found >= left else 0
    if is_held:
        held[-1] = block[cut:]
        while held:
            if block := held.pop():
                yield block
        return
    del held
    with sections.open(f"{start + cut}-") as reader:
        while block := reader.read(MIB):
            yield block


def _behind(block: bytes, lines: int) -> int:
    """Return the place behind the first ``lines`` of a block, which has as many."""
    place = 0
    for _ in range(lines):
        place = block.index(_END, place) + 1
    return place
