"""What is in the folders of a tree: see :mod:`philo_aws.s3.files.folders` for how it is reached."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from ...exceptions import LocalFileError
from .folders import NO_LINK, Folders, Opened, became_link, lstat, refuses_link

T = TypeVar("T")
_READ: int = (
    os.O_RDONLY
    # A pipe that was put in a file's place would block for ever.
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)


class Root(Folders):
    """A folder and the files below it, by relative names such as ``a/b``; for any thread."""

    def name_of(self, path: str) -> str:
        """Return the relative name of a path below the folder."""
        return path.removeprefix(self.base)

    def split(self, name: str) -> tuple[str, str]:
        """Return the folder of ``name``, and its last part."""
        folder, _, last = name.rpartition("/")
        return folder, last

    def open(self, name: str) -> int:
        """Open a file to be read, and return its descriptor; see :meth:`open_with_status`."""
        return self.open_with_status(name)[0]

    def open_with_status(self, name: str) -> tuple[int, os.stat_result]:
        """Open a file to be read, and return its descriptor and what the system knows of it.

        Raises as :meth:`take` does, and :exc:`~philo_aws.exceptions.LocalFileError` for what is no
        regular file: nothing is waited for that a pipe may never give.
        """
        flags = _READ if self.follow else _READ | NO_LINK
        try:
            descriptor = self._reading(name, lambda place, at: os.open(place, flags, dir_fd=at))
        except OSError as error:
            if refuses_link(error) and not self.follow:
                raise became_link(self.base + name) from error
            raise
        try:
            status = os.fstat(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        if stat.S_ISREG(status.st_mode):
            return descriptor, status
        os.close(descriptor)
        raise LocalFileError(f"{self.base + name!r} is not a regular file.", code="NotARegularFile")

    def stat(self, name: str) -> os.stat_result:
        """Return what the system knows of a file. Raises as :meth:`take` does."""
        follow = self.follow
        return self._reading(
            name, lambda place, at: os.stat(place, dir_fd=at, follow_symlinks=follow)
        )

    def _reading(self, name: str, read: Callable[[str, int | None], T]) -> T:
        """Read what was in the folder of ``name``; anew where that is another folder by now."""
        folder, last = self.split(name)
        for sure in (False, True):
            opened = self.take(folder, sure=sure)
            try:
                return read(opened.head + last, opened.descriptor)
            except FileNotFoundError:
                if sure or self.is_still(opened):
                    raise
            finally:
                self.give(opened)
        raise AssertionError(name)

    def unlink(self, name: str, *, size: int, mtime_ns: int, inode: int) -> None:
        """Remove a file that still is as it was; one that is gone by now is no error.

        Raises :exc:`~philo_aws.exceptions.LocalFileError` for one that changed, and as
        :meth:`take` does.
        """
        folder, last = self.split(name)
        with contextlib.suppress(FileNotFoundError), self.holding(folder) as opened:
            place = opened.head + last
            status = lstat(place, opened.descriptor)
            if (status.st_size, status.st_mtime_ns, status.st_ino) != (size, mtime_ns, inode):
                raise LocalFileError(
                    f"{self.base + name!r} changed after it was looked at, so it was not "
                    "deleted. Run it again.",
                    code="FileChanged",
                )
            os.unlink(place, dir_fd=opened.descriptor)

    def remove_empty(self, folder: str) -> bool:
        """Remove a folder and those in it if nothing else is in them; say whether it is gone."""
        waiting = [(folder, False)]
        while waiting:
            place, seen = waiting.pop()
            try:
                if not seen:
                    waiting.append((place, True))
                    waiting += [(f"{place}/{name}", False) for name in self._folders_in(place)]
                    continue
                above, last = self.split(place)
                with self.holding(above) as opened:
                    os.rmdir(opened.head + last, dir_fd=opened.descriptor)
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True

    def _folders_in(self, folder: str) -> list[str]:
        with self.holding(folder) as opened, listing(opened) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


class _Anywhere(Root):
    """Files by their whole paths, as the user gave them; links are followed."""

    def __init__(self) -> None:
        super().__init__("", follow=True)
        self.base = ""

    def split(self, name: str) -> tuple[str, str]:
        last = os.path.basename(name)
        return name[: len(name) - len(last)], last

    def take(self, folder: str = "", *, make: bool = False, sure: bool = True) -> Opened:
        if make and folder and not os.path.isdir(folder):
            os.makedirs(folder, exist_ok=True)
        return Opened(folder, None, None, folder)

    def is_still(self, opened: Opened) -> bool:
        return True


ANYWHERE: Root = _Anywhere()
"""For a single file, which is in no folder that was chosen."""


@contextlib.contextmanager
def listing(opened: Opened) -> Iterator[Iterator[os.DirEntry[str]]]:
    """Give the block what is in an open folder; the entries are of use in it alone."""
    if opened.descriptor is None:
        with os.scandir(opened.head) as entries:
            yield entries
        return
    # The folder may be open for passing through it only.
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=opened.descriptor)
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    finally:
        os.close(descriptor)


def path_of(descriptor: int) -> str:
    """Return a path that is this open file, whatever its name leads to; empty for none such."""
    return f"/proc/self/fd/{descriptor}" if _has_proc() else ""


@functools.cache
def _has_proc() -> bool:
    # Systems other than Linux share the file's offset behind such a path.
    if sys.platform != "linux":
        return False
    descriptor = os.open(os.curdir, os.O_RDONLY)
    try:
        return os.path.samestat(os.stat(f"/proc/self/fd/{descriptor}"), os.fstat(descriptor))
    except OSError:
        return False
    finally:
        os.close(descriptor)
