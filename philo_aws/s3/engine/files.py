"""The files of this machine at both ends of a transfer."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Generator
from typing import TYPE_CHECKING

from ...exceptions import AWSError, LocalFileError
from ...limits import MIB
from ..files import leftovers
from ..files.folders import Opened, lstat
from ..files.rooted import ANYWHERE, Root, path_of
from . import proof
from .base import Download, Upload

if TYPE_CHECKING:
    from .receiving import Received

TEMPORARY_PREFIX = leftovers.PREFIX
_REMEDIES = {
    errno.ENOSPC: "Make room on the disk.",
    errno.EDQUOT: "Make room on the disk.",
    errno.EROFS: "The file system is mounted read-only.",
    errno.EACCES: "Check the owner and mode of the file and its folder.",
    errno.EPERM: "Check the owner and mode of the file and its folder.",
    errno.EISDIR: "Move the folder of that name away.",
    errno.EEXIST: "Move the file in the place of its folder away.",
    errno.ENOTDIR: "Move the file in the place of its folder away.",
    errno.ENAMETOOLONG: "Choose a shorter target folder, or leave it out.",
}
_ALL_USED = (errno.EMFILE, errno.ENFILE)


class Source:
    """A file that is being uploaded, open from the beginning, and how it was then."""

    __slots__ = ("_before", "_descriptors", "_name", "_root", "descriptor", "path", "size")

    def __init__(self, task: Upload) -> None:
        self.path = task.path
        self._root, self._name = _place_of(task)
        self.descriptor, status = self._root.open_with_status(self._name)
        # Taken out by the one who closes it, as two threads may want to.
        self._descriptors = [self.descriptor]
        self.size = status.st_size
        self._before = _state(status)

    @property
    def name(self) -> str:
        """A path of the open file itself, for what takes nothing else; may be empty."""
        return path_of(self.descriptor)

    def chunks(self) -> Generator[bytes, None, None]:
        """Give the content."""
        yield from proof.chunks_of(self.descriptor, self.size)

    def check(self) -> None:
        """Raise :exc:`LocalFileError` when the file is not what it was at the beginning."""
        if _state(self._root.stat(self._name)) != self._before:
            raise changed(self.path)

    def close(self) -> None:
        """Close the file; nobody may read it any more."""
        _close(self._descriptors)


def changed(path: str) -> AWSError:
    """Return the error of a file that changed while it was uploaded."""
    return LocalFileError(
        f"{path!r} changed while it was read, so its object may hold a mixture. Upload it again.",
        code="FileChanged",
    )


class Target:
    """A file that is being downloaded, under a temporary name until it is complete."""

    __slots__ = (
        "_descriptors",
        "_folder",
        "_folders",
        "_last",
        "_mode",
        "_replaces",
        "_root",
        "descriptor",
        "path",
        "temporary",
    )

    def __init__(self, task: Download) -> None:
        self.path = task.path
        self.temporary = leftovers.new_name()
        self.descriptor = -1
        self._root, name = _place_of(task)
        self._folder, self._last = self._root.split(name)
        self._replaces = task.replaces
        self._mode: int | None = None
        # What is held is taken out by the one who lets go of it, as two threads may want to.
        self._descriptors: list[int] = []
        self._folders: list[Opened] = []
        with _told_of(self.path):
            self._folders.append(self._root.take(self._folder, make=True))

    @property
    def replaces(self) -> bool:
        """Whether there was a file before."""
        return self._mode is not None

    @property
    def name(self) -> str:
        """A path of the open file itself, for what takes nothing else; may be empty."""
        return path_of(self.descriptor)

    def open(self) -> int:
        """Make the temporary file, which stays open, and return its descriptor."""
        with _told_of(self.path):
            try:
                self.descriptor = self._make()
            except FileNotFoundError:
                # Another run, which deletes, took the folder for empty, as it was a moment ago.
                self._root.give(self._folders.pop())
                self._folders.append(self._root.take(self._folder, make=True))
                self.descriptor = self._make()
        self._descriptors.append(self.descriptor)
        return self.descriptor

    def _make(self) -> int:
        opened = self._folders[0]
        if self._replaces:
            with contextlib.suppress(FileNotFoundError):
                mode = lstat(opened.head + self._last, opened.descriptor).st_mode
                if stat.S_ISREG(mode):
                    # Not the bits beyond: what is downloaded must not run as the file's owner.
                    self._mode = mode & 0o777
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        return os.open(opened.head + self.temporary, flags, 0o666, dir_fd=opened.descriptor)

    def complete(self, *, mtime_ns: int | None, durable: bool) -> None:
        """Close the temporary file and put it in the place of the file before.

        ``durable`` waits until the bytes are on the disk. That is always done when a file is
        replaced: after a power cut there is the old one or the new one, and not an empty one.
        """
        opened = self._take_folder()
        with _told_of(self.path):
            try:
                if self._mode is not None:
                    os.fchmod(self.descriptor, self._mode)
                if mtime_ns is not None:
                    _set_time(self.descriptor, mtime_ns)
                if durable or self._mode is not None:
                    os.fsync(self.descriptor)
                self.close()
                if durable:  # the others took no time
                    self._root.check(opened)
                os.replace(
                    opened.head + self.temporary,
                    opened.head + self._last,
                    src_dir_fd=opened.descriptor,
                    dst_dir_fd=opened.descriptor,
                )
            except BaseException:
                self._remove(opened)
                raise
            finally:
                self._root.give(opened)

    def finish(self, received: Received, *, checked: bool) -> int:
        """Check the temporary file against the store's answer, put it in place; return its size.

        ``checked`` says that its checksum was compared before.
        """
        with _told_of(self.path):
            size = os.fstat(self.descriptor).st_size
            received.check_length(size)
            if not checked:
                received.check_content(proof.chunks_of(self.descriptor, size))
        self.complete(mtime_ns=received.mtime_ns(), durable=True)
        return size

    def probe(self) -> OSError | None:
        """Return why the temporary file can grow no further, if it cannot."""
        try:
            os.lseek(self.descriptor, 0, os.SEEK_END)
            os.write(self.descriptor, bytes(MIB))
        except OSError as error:
            return _unwritable(self.path, error)
        return None

    def close(self) -> None:
        """Close the temporary file; nobody may write to it any more."""
        _close(self._descriptors)

    def discard(self) -> None:
        """Remove the temporary file; the file before stays as it was."""
        try:
            opened = self._folders.pop()
        except IndexError:
            return  # it is in its place, or was removed before
        try:
            if self.descriptor >= 0:
                self._remove(opened)
        finally:
            self._root.give(opened)

    def _take_folder(self) -> Opened:
        try:
            return self._folders.pop()
        except IndexError:
            raise LocalFileError(f"The download to {self.path!r} was given up.") from None

    def _remove(self, opened: Opened) -> None:
        with contextlib.suppress(OSError):
            os.unlink(opened.head + self.temporary, dir_fd=opened.descriptor)


def store(task: Download, chunks: list[bytes], *, mtime_ns: int | None) -> None:
    """Write a whole object to its file."""
    target = Target(task)
    try:
        descriptor = target.open()
        with _told_of(task.path):
            write_all(descriptor, chunks)
        target.complete(mtime_ns=mtime_ns, durable=False)
    except BaseException:
        target.close()
        target.discard()
        raise


def write_all(descriptor: int, chunks: list[bytes]) -> None:
    """Write every byte of ``chunks``."""
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]


def _place_of(task: Upload | Download) -> tuple[Root, str]:
    root = task.root
    return (ANYWHERE, task.path) if root is None else (root, root.name_of(task.path))


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _set_time(descriptor: int, mtime_ns: int) -> None:
    try:
        os.utime(descriptor, ns=(mtime_ns, mtime_ns))
    except OverflowError:
        pass  # a time that this system does not have; the content is right all the same
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def _close(descriptors: list[int]) -> None:
    try:
        descriptor = descriptors.pop()
    except IndexError:
        return
    os.close(descriptor)


class _told_of:  # noqa: N801 - it is used as a function
    """Tell the errors of the block as those of the file that is written, by its own name.

    A class, as a generator would cost three times as much, of which each small file has three.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, AWSError):
            made = _unwritable(self._path, error)
            if made is not error:
                raise made from error


def _unwritable(path: str, error: OSError) -> OSError:
    if error.errno is None or error.errno in _ALL_USED:
        return error  # not of this file
    remedy = _REMEDIES.get(error.errno, "Run it again.")
    made = LocalFileError(f"{path!r} cannot be written: {error.strerror}. {remedy}")
    made.errno = error.errno
    return made
