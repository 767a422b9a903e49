"""A file of this machine that becomes an object, or nothing where it changes meanwhile."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from ...conf import TransferConfig
from ...exceptions import LocalFileError
from ...limits import part_size_for
from ..objects.writing import Body, ObjectRequests
from ..request.sizes import check_size
from .part_sending import DISK, IN_MEMORY, MEMORY, PartSending

Check = Callable[[], None]
"""Raises where the file is not what it was."""


class LocalFile:
    """An open file of this machine, and how it was in the beginning."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._before = self._state()
        self._size = self._before[0]

    def _state(self) -> tuple[int, int]:
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns

    def upload(self, requests: ObjectRequests, tuning: TransferConfig) -> str:
        """Send it, at once or in parts."""
        check_size(self._size)
        if self._size <= tuning.part_size:
            body = _read(self._descriptor, self._size, 0)
            self._check()
            return requests.put(body)
        part_size = part_size_for(self._size, tuning.part_size)
        sending = PartSending(requests, tuning.max_concurrency)
        try:
            for start in range(0, self._size, part_size):
                size = min(part_size, self._size - start)
                budget = DISK if size > IN_MEMORY else MEMORY - part_size
                piece = _Piece(self._descriptor, start, size, self._check)
                sending.send(piece, size, budget=budget)
            sending.wait()
            self._check()
        except BaseException as error:
            sending.abort()
            if isinstance(error, Exception):
                # It may be why a part failed, in whatever words: who computes a checksum of a file
                # may say of its errors only that there was one.
                self._check(error)
            raise
        return sending.finish()

    def _check(self, cause: BaseException | None = None) -> None:
        if self._state() != self._before:
            raise LocalFileError(
                f"{self._name!r} changed while it was read, so it was not stored. Save it again.",
                code="FileChanged",
            ) from cause


class _Piece:
    """Some bytes of an open file, which may be closed meanwhile."""

    def __init__(self, descriptor: int, start: int, size: int, check: Check) -> None:
        self._check = check
        self._descriptors = [os.dup(descriptor)]
        self._start = start
        self._size = size

    def content(self) -> Body:
        """Return them, those of a large piece as a file."""
        if self._size <= IN_MEMORY:
            return _read(self._descriptors[0], self._size, self._start)
        section = _Section(self._descriptors[0], self._start, self._size, self._check)
        return cast("BinaryIO", section)

    def close(self) -> None:
        """Let go of the file."""
        while self._descriptors:
            os.close(self._descriptors.pop())


class _Section(io.RawIOBase):
    """A section of an open file as a file."""

    def __init__(self, descriptor: int, start: int, size: int, check: Check) -> None:
        self._check = check
        self._descriptor = descriptor
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # Before it is sent again: its checksum would be another one by now.
        self._check()
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: max(self._size - self._at, 0)]
        view[:] = _read(self._descriptor, len(view), self._start + self._at)
        self._at += len(view)
        return len(view)


def _read(descriptor: int, size: int, offset: int) -> bytes:
    # The store waits for all that was announced. What a file lacks that became shorter is never
    # stored, as it is seen in the end.
    return os.pread(descriptor, size, offset).ljust(size, b"\0")


def descriptor_of(content: Any) -> int | None:
    """Return the descriptor of a file of this machine whose bytes are those that it reads."""
    # Others have one too (of a packed file, of a pipe), but give other bytes, or have no places.
    if type(content).__module__ == "tempfile":
        content = getattr(content, "file", content)
    raw = getattr(content, "raw", content)
    if type(content) not in (io.BufferedReader, io.BufferedRandom, io.FileIO):
        return None
    if type(raw) is not io.FileIO or not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        return None
    content.flush()
    return raw.fileno()
