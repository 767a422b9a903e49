"""The content of an object: as a file, as bytes, or in blocks with a check at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...arguments import mapping, whole_number
from ...conf import Purpose
from ...limits import MIB
from ..engine import proof
from .read_errors import damaged, too_large
from .reading import ObjectReader

LIMIT = 64 * MIB
"""Bytes of the largest object that is read into memory, unless another limit is given."""


def open_object(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    byte_range: str | None = None,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> ObjectReader:
    """Open an object as a binary file that streams and can be sought in without a download.

    ::

        with open_object("bucket", "table.csv") as raw:
            for line in io.TextIOWrapper(io.BufferedReader(raw)):
                ...

    ``byte_range`` is a part of it, as ``0-99``, ``100-`` or ``-100`` (the last hundred);
    ``extra_args`` are boto's parameters, such as ``RequestPayer``. What it tells of the object, and
    what reading raises, is in :class:`~philo_aws.s3.objects.reading.ObjectReader`. Raises
    :exc:`~philo_aws.exceptions.ObjectNotFoundError`, :exc:`~philo_aws.exceptions.UsageError`, and
    :exc:`~philo_aws.exceptions.InvalidRequestError` for a range behind the end.
    """
    given = mapping("extra_args", extra_args)
    if version_id:
        given["VersionId"] = version_id
    return ObjectReader(
        bucket_name, key, region_name, byte_range=byte_range, extra_args=given, purpose=purpose
    )


def read_object(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    byte_range: str | None = None,
    version_id: str | None = None,
    limit: int | None = LIMIT,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> bytes:
    """Return the content of an object, or some bytes of it, as S3 keeps it.

    ``limit`` are the bytes that it may have, 64 MiB unless said otherwise, ``None`` any number.
    The parameters are those of :func:`open_object`. A whole object is compared with its checksum,
    else with its ETag where that is an MD5; of a range the length alone is known. Raises what
    :func:`open_object` does, :exc:`~philo_aws.exceptions.InvalidRequestError` (``EntityTooLarge``)
    for more bytes than may be, and :exc:`~philo_aws.exceptions.ServiceError`
    (``ChecksumMismatch``) for damaged ones.
    """
    if limit is not None:
        whole_number("limit", limit)
    with open_object(
        bucket_name,
        key,
        region_name,
        byte_range=byte_range,
        version_id=version_id,
        extra_args=extra_args,
        purpose=purpose,
    ) as reader:
        if limit is not None and reader.size > limit:
            raise too_large(key, reader.size, limit)
        return b"".join(blocks(reader, key))


def blocks(reader: ObjectReader, key: str) -> Iterator[bytes]:
    """Yield what follows in blocks of 1 MiB at most; of a whole object the end is checked.

    Raises :exc:`~philo_aws.exceptions.ServiceError` (``ChecksumMismatch``) behind the last block
    where all of them together are not what the store says of the object, and what reading raises.
    """
    name, expected = reader.digest if not reader.tell() else ("", "")
    seen = proof.new_hash(name) if name else None
    while block := reader.read(MIB):
        if seen is not None:
            seen.update(block)
        yield block
    if seen is not None and proof.spelled(name, seen.digest()) != expected:
        raise damaged(key)
