"""Bytes that become an object: written as they come, or those of a file."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from ...aws_errors import translated
from ...conf import Purpose, TransferConfig
from ...exceptions import AWSError
from ...limits import MIB
from ..objects.writing import Body, ObjectRequests
from ..request.remote import make_remote
from .local_file import LocalFile, descriptor_of
from .part_sending import DISK, IN_MEMORY, MEMORY, PartSending, part_size_of

BLOCK = MIB
"""Bytes read at once of a file that is none of this machine's."""


class ObjectWriter:
    """What is written becomes an object when it is closed; before that nothing is there.

    ::

        with ObjectWriter("bucket", "key") as writer:
            writer.write(b"...")

    Less than a part (``transfer.part_size``, 8 MiB) is one request. More is sent in parts as soon
    as there is one, several at a time: in no more than about 45 MiB of memory whatever comes, and
    up to 42 TiB (see :func:`~philo_aws.s3.transfer.part_sending.part_size_of`; parts of more than
    16 MiB wait in temporary files). A block that ends with an exception gives the object up, and so
    does whatever fails: no part of it stays in the bucket. It is for one thread.
    """

    def __init__(
        self,
        bucket_name: str,
        key: str,
        region_name: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        extra_args: Mapping[str, Any] | None = None,
        if_none_match: bool = False,
        if_match: str | None = None,
        transfer: TransferConfig | None = None,
        purpose: Purpose = "commands",
    ) -> None:
        """Look at what is given; nothing is sent before there is a part.

        ``headers`` are the object's HTTP headers, ``extra_args`` boto's parameters besides. With
        ``if_none_match`` no object is replaced, with ``if_match`` only the one of this ETag: see
        :class:`~philo_aws.s3.objects.writing.ObjectRequests`. Raises
        :exc:`~philo_aws.exceptions.UsageError`.
        """
        remote = make_remote(bucket_name, region_name, "", extra_args, transfer, purpose)
        self._first = remote.tuning.part_size
        self._at_once = remote.tuning.max_concurrency
        self._requests = ObjectRequests(
            remote, key, headers, if_none_match=if_none_match, if_match=if_match
        )
        self._sending: PartSending | None = None
        self._number = 1
        self._part = _Part(self._first)
        self._etag = ""
        self._error: BaseException | None = None
        self.closed = False
        """Whether no more can be written."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes; waits where as many parts are on their way as may be.

        Raises the error of a part that was sent before, and :exc:`ValueError` once it is closed.
        """
        if self.closed:
            raise self._error or ValueError("The object is written to after it was closed.")
        left = memoryview(data).cast("B")
        with self._given_up_on_error():
            while left:
                left = left[self._part.take(left) :]
                if not self._part.room:
                    self._send()

    def close(self) -> str:
        """Make the object, and return its ETag as the store spells it.

        Raises :exc:`~philo_aws.exceptions.ConflictError` where the condition does not hold, the
        error of a part that could not be sent, and what else AWS answers; nothing is left then. To
        close it again does nothing.
        """
        if self.closed:
            if self._error is not None:
                raise self._error
            return self._etag
        with self._given_up_on_error():
            if self._sending is None:
                self._etag = self._requests.put(self._part.all_bytes())
            else:
                if self._part.filled:
                    self._send()
                self._etag = self._sending.finish()
        self._end()
        return self._etag

    def abort(self) -> None:
        """Give the object up: nothing of it stays. Does nothing once it is closed."""
        if not self.closed:
            self._end()
            if self._sending is not None:
                self._sending.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def abandon(self) -> None:
        """Give the object up without waiting for the store to know of it."""
        if not self.closed:
            self._end()
            if self._sending is not None:
                self._sending.abandon()

    def __del__(self) -> None:
        if getattr(self, "closed", True):
            return
        self.abandon()
        warnings.warn(
            "An ObjectWriter was neither closed nor aborted: its object was given up.",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )

    def _send(self) -> None:
        part = self._part
        if self._sending is None:
            self._sending = PartSending(self._requests, self._at_once)
        # The next one is filled while these are on their way.
        budget = DISK if part.is_on_disk else MEMORY - part.size
        self._sending.send(part, part.filled, budget=budget)
        self._number += 1
        self._part = _Part(part_size_of(self._number, self._first))

    @contextlib.contextmanager
    def _given_up_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.abort()
            self._error = error if isinstance(error, AWSError) else None
            raise

    def _end(self) -> None:
        self.closed = True
        self._part.close()


class _Part:
    """A part that is being filled."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.filled = 0
        self.is_on_disk = size > IN_MEMORY
        self._file = _new_file() if self.is_on_disk else io.BytesIO()

    @property
    def room(self) -> int:
        """The bytes that it lacks."""
        return self.size - self.filled

    def take(self, data: memoryview) -> int:
        """Add as much of ``data`` as there is room for, and return how much that is."""
        taken = data[: self.room]
        self._file.write(taken)
        self.filled += len(taken)
        return len(taken)

    def content(self) -> Body:
        """Return what is in it."""
        if self.is_on_disk:
            self._file.seek(0)
            return self._file
        return self.all_bytes()

    def all_bytes(self) -> bytes:
        """Return what is in it."""
        if isinstance(self._file, io.BytesIO):
            return self._file.getvalue()  # which has no second copy of it
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def _new_file() -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile())


def upload_content(
    content: str | os.PathLike[str] | BinaryIO,
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    extra_args: Mapping[str, Any] | None = None,
    if_none_match: bool = False,
    if_match: str | None = None,
    transfer: TransferConfig | None = None,
    purpose: Purpose = "commands",
) -> str:
    """Make an object of a file, by its path or open for reading bytes; return its ETag.

    It is read from its beginning where it can be, and never closed. A file of this machine is read
    by the threads that send it, up to 48.8 TiB, and its place is left as it is; any other goes
    through an :class:`ObjectWriter`, of which the keywords are. Raises
    :exc:`~philo_aws.exceptions.LocalFileError` for a file that cannot be read or that changes while
    it is, of which nothing is stored then, and what :meth:`ObjectWriter.close` raises.
    """
    condition: dict[str, Any] = {"if_none_match": if_none_match, "if_match": if_match}
    if isinstance(content, str | os.PathLike):
        with translated(filename=os.fspath(content)):
            file = open(content, "rb")  # noqa: SIM115 - closed below
        with file:
            return upload_content(
                file,
                bucket_name,
                key,
                region_name,
                headers=headers,
                extra_args=extra_args,
                transfer=transfer,
                purpose=purpose,
                **condition,
            )
    descriptor = descriptor_of(content)
    if descriptor is not None:
        remote = make_remote(bucket_name, region_name, "", extra_args, transfer, purpose)
        requests = ObjectRequests(remote, key, headers, **condition)
        name = str(getattr(content, "name", ""))
        return LocalFile(descriptor, name).upload(requests, remote.tuning)
    if content.seekable():
        content.seek(0)
    with ObjectWriter(
        bucket_name,
        key,
        region_name,
        headers=headers,
        extra_args=extra_args,
        transfer=transfer,
        purpose=purpose,
        **condition,
    ) as writer:
        while block := content.read(BLOCK):
            writer.write(block)
        return writer.close()
