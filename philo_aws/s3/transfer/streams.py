"""Objects from and to open files that have no name, no size or no end yet: pipes above all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ...aws_errors import translated
from ...conf import Purpose, TransferConfig
from ...exceptions import InvalidRequestError, UsageError
from ...limits import MIB
from ..engine.base import Download
from ..engine.files import Target, write_all
from ..files.charset import LARGEST
from ..headers import HeaderRule, Headers
from ..objects.contents import blocks, open_object
from ..objects.reading import ObjectReader
from .writer import ObjectWriter

Progress = Callable[[int], None]
BLOCK = MIB
"""Bytes read at once."""


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end only."""


class Writable(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> Any:
        """Take all of them."""


def upload_fileobj(
    file: Readable,
    bucket_name: str,
    destination_key: str,
    region_name: str | None = None,
    *,
    headers: Sequence[HeaderRule] = (),
    default_headers: Mapping[str, str] | None = None,
    allow_empty: bool = True,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    on_bytes: Progress | None = None,
    purpose: Purpose = "commands",
) -> str:
    """Make an object of all that a file open for reading bytes still gives; return its ETag.

    Nothing need be known of its size: it may be a pipe, and have up to 42 TiB. It is sent in parts
    as it comes, in some 55 MiB of memory however long it is (see
    :class:`~philo_aws.s3.transfer.writer.ObjectWriter`). Whatever fails, reading it too, or an
    interrupt, leaves nothing in the bucket, and an object that was there as it was. The content
    type comes from the key, the charset of a text of up to 8 MiB from the content. ``on_bytes`` is
    called with the bytes taken since its last call. Raises
    :exc:`~philo_aws.exceptions.UsageError` for a file of text and for a key that ends in a slash,
    :exc:`~philo_aws.exceptions.InvalidRequestError` (``EmptyContent``) where nothing comes and
    ``allow_empty`` is false, and what else AWS answers.
    """
    if destination_key[-1:] == "/":
        raise UsageError(
            f"The key {destination_key!r} is that of a folder: no download makes a file of it. "
            "Put a name behind it."
        )
    made = Headers(headers, default_headers)
    # What cannot be sent is told before anything is waited for.
    _writer(bucket_name, destination_key, region_name, {}, extra_args, transfer, purpose).abort()
    given = _blocks_of(file, on_bytes)
    first, size = [], 0
    for block in given:
        first.append(block)
        size += len(block)
        if size > LARGEST:
            break
    if not size and not allow_empty:
        raise InvalidRequestError(
            f"Nothing came, so {destination_key!r} was not written. Look at what should have given "
            "its bytes; allow_empty makes an empty object.",
            code="EmptyContent",
        )
    about = made.of(destination_key, blocks=first if size <= LARGEST else None)
    with _writer(
        bucket_name, destination_key, region_name, about, extra_args, transfer, purpose
    ) as writer:
        for block in first:
            writer.write(block)
        del first
        for block in given:
            writer.write(block)
        return writer.close()


def download_fileobj(
    file: Writable,
    bucket_name: str,
    source_key: str,
    region_name: str | None = None,
    *,
    byte_range: str | None = None,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    on_size: Progress | None = None,
    on_bytes: Progress | None = None,
    purpose: Purpose = "commands",
) -> None:
    """Write the content of an object, or some bytes of it, to a file open for writing bytes.

    It is written as it comes, in blocks of 1 MiB at most, and is known to be right when this
    returns, not before: the content of a whole object is compared with its checksum, else with its
    ETag where that is an MD5. ``byte_range`` is as for :func:`~philo_aws.s3.open_object`; the
    callbacks are those of :func:`~philo_aws.s3.download_file`, which for a file with a name is the
    better one. Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`,
    :exc:`~philo_aws.exceptions.ServiceError` (``ChecksumMismatch``), and what the file raises.
    """
    with open_object(
        bucket_name,
        source_key,
        region_name,
        byte_range=byte_range,
        version_id=version_id,
        extra_args=extra_args,
        purpose=purpose,
    ) as reader:
        if on_size:
            on_size(reader.size)
        for block in blocks(reader, source_key):
            file.write(block)
            if on_bytes:
                on_bytes(len(block))


def download_range(
    path: str, reader: ObjectReader, key: str, *, on_bytes: Progress | None = None
) -> None:
    """Make a file of what ``reader`` gives, in the place of another one when all has come.

    Raises :exc:`~philo_aws.exceptions.LocalFileError`, and what reading raises.
    """
    target = Target(Download(key=key, path=path, size=reader.size))
    try:
        descriptor = target.open()
        for block in blocks(reader, key):
            with translated(filename=path):
                write_all(descriptor, [block])
            if on_bytes:
                on_bytes(len(block))
        target.complete(mtime_ns=None, durable=True)
    except BaseException:
        target.close()
        target.discard()
        raise


def _writer(
    bucket_name: str,
    key: str,
    region_name: str | None,
    headers: Mapping[str, str],
    extra_args: Mapping[str, Any] | None,
    transfer: TransferConfig | None,
    purpose: Purpose,
) -> ObjectWriter:
    return ObjectWriter(
        bucket_name,
        key,
        region_name,
        headers=headers,
        extra_args=extra_args,
        transfer=transfer,
        purpose=purpose,
    )


def _blocks_of(file: Readable, on_bytes: Progress | None) -> Iterator[bytes]:
    name = getattr(file, "name", "")
    while True:
        with translated(filename=os.fspath(name) if isinstance(name, str) else ""):
            block = file.read(BLOCK)
        if not isinstance(block, bytes | bytearray | memoryview):
            # A pipe that does not block gives None where nothing has come yet, which is no end.
            raise UsageError(
                f"The file gives {type(block).__name__} and no bytes. Open it for reading bytes "
                "('rb'), and so that it waits for what is still to come."
            )
        if not block:
            return
        if on_bytes:
            on_bytes(len(block))
        yield bytes(block)
