"""The files of this machine at both ends of a transfer."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import stat
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...exceptions import AWSError, LocalFileError
from ...limits import MIB
from . import proof
from .base import Download

if TYPE_CHECKING:
    from .receiving import Received

TEMPORARY_PREFIX = ".philo-aws-"
TEMPORARY_SUFFIX = ".part"
"""A file between these two is a download that did not end; nothing else has such a name."""

_numbers = itertools.count()
_process = secrets.token_hex(6)


class Source:
    """A file that is being uploaded, and how it was when that began."""

    __slots__ = ("_before", "file", "path", "size")

    def __init__(self, path: str) -> None:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe or a device could block for ever.
            raise LocalFileError(f"{path!r} is not a regular file.", code="NotARegularFile")
        self.path = path
        self.size = status.st_size
        self.file: Any = None
        self._before = (status.st_size, status.st_mtime_ns, status.st_ino)

    def check(self) -> None:
        """Raise :exc:`LocalFileError` when the file is not what it was at the beginning."""
        status = os.stat(self.path)
        if (status.st_size, status.st_mtime_ns, status.st_ino) != self._before:
            raise changed(self.path)

    def chunks(self) -> Generator[bytes, None, None]:
        """Give the content."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            yield from proof.chunks_of(descriptor, self.size)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the file where it was opened here."""
        if self.file is not None:
            self.file.close()
            self.file = None


def changed(path: str) -> AWSError:
    """Return the error of a file that changed while it was uploaded."""
    return LocalFileError(
        f"{path!r} changed while it was read, so its object may hold a mixture. Upload it again.",
        code="FileChanged",
    )


class Target:
    """A file that is being downloaded, under a temporary name until it is complete."""

    __slots__ = ("_mode", "path", "temporary")

    def __init__(self, task: Download) -> None:
        self.path = task.path
        folder = os.path.dirname(task.path)
        # The process id too: forked processes count on from the same number.
        name = f"{_process}-{os.getpid():x}-{next(_numbers):x}"
        name = f"{TEMPORARY_PREFIX}{name}{TEMPORARY_SUFFIX}"
        self.temporary = os.path.join(folder, name)
        self._mode: int | None = None
        if task.replaces:
            with contextlib.suppress(OSError):
                # Not the bits beyond: what comes from a bucket must not run as the file's owner.
                self._mode = os.stat(self.path).st_mode & 0o777

    @property
    def replaces(self) -> bool:
        """Whether there was a file before."""
        return self._mode is not None

    def open(self) -> int:
        """Make the temporary file, and the folder where it is missing; return its descriptor."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        try:
            return os.open(self.temporary, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self.temporary), exist_ok=True)
            return os.open(self.temporary, flags, 0o666)

    def complete(self, descriptor: int, *, mtime_ns: int | None, durable: bool) -> None:
        """Close the temporary file and put it in the place of the file before.

        ``durable`` waits until the bytes are on the disk. That is always done when a file is
        replaced: after a power cut there is the old one or the new one, and not an empty one.
        """
        try:
            if self._mode is not None:
                os.fchmod(descriptor, self._mode)
            if mtime_ns is not None:
                os.utime(descriptor, ns=(mtime_ns, mtime_ns))
            if durable or self._mode is not None:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(self.temporary, self.path)

    def finish(self, received: Received, *, checked: bool) -> int:
        """Check the temporary file against the store's answer, put it in place; return its size.

        ``checked`` says that its checksum was compared before.
        """
        descriptor = os.open(self.temporary, os.O_RDWR)
        try:
            size = os.fstat(descriptor).st_size
            received.check_length(size)
            if not checked:
                received.check_content(proof.chunks_of(descriptor, size))
        except BaseException:
            os.close(descriptor)
            raise
        self.complete(descriptor, mtime_ns=received.mtime_ns(), durable=True)
        return size

    def probe(self) -> OSError | None:
        """Return why the temporary file can grow no further, if it cannot."""
        try:
            with open(self.temporary, "ab", buffering=0) as file:
                file.write(bytes(MIB))
        except OSError as error:
            return OSError(error.errno, error.strerror, self.path)
        return None

    def discard(self) -> None:
        """Remove the temporary file; the file before stays as it was."""
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)


def store(task: Download, chunks: list[bytes], *, mtime_ns: int | None) -> None:
    """Write a whole object to its file."""
    target = Target(task)
    try:
        descriptor = target.open()
        try:
            write_all(descriptor, chunks)
        except BaseException:
            os.close(descriptor)
            raise
        target.complete(descriptor, mtime_ns=mtime_ns, durable=False)
    except BaseException:
        target.discard()
        raise


def write_all(descriptor: int, chunks: list[bytes]) -> None:
    """Write every byte of ``chunks``."""
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]
