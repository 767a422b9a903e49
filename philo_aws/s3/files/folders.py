"""The folders of a tree, each opened from the one above it, and through no symbolic link.

The system looks a path up anew at each use. Who may write into a tree could put a link in the place
of a folder after that was looked at, and what is written, read or deleted by its path would be
elsewhere. So what is in a folder is named relative to its descriptor. The folder at the top is the
user's own word, and may be a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator

from ...closing import Closing
from ...exceptions import LocalFileError

KEPT = 12
"""Folders kept open for the next file in them; few, as some systems allow 64 files in all."""
BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd

NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
# What it takes to pass through a folder, without the right to list it.
_PASS: int = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_LINKS = (errno.ELOOP, errno.EMLINK)


class Opened:
    """A folder that is open, for as long as anybody uses it."""

    __slots__ = ("descriptor", "folder", "head", "identity", "kept", "top", "users")

    def __init__(self, folder: str, descriptor: int | None, top: Opened | None, head: str = ""):
        self.folder = folder
        self.descriptor = descriptor
        """For ``dir_fd``."""
        self.head = head
        """What stands before the names of what is in it."""
        self.top = top
        self.identity = identity(os.fstat(descriptor)) if descriptor is not None else None
        self.kept = False
        self.users = 1


class Folders(Closing):
    """A folder and those below it, by relative names such as ``a/b``; for any thread."""

    def __init__(self, path: str | os.PathLike[str], *, follow: bool = False) -> None:
        """With ``follow`` the links below the folder are followed."""
        self.path = os.fspath(path)
        self.base = self.path.rstrip("/") + "/"
        self.follow = follow
        self._lock = threading.Lock()
        self._top: Opened | None = None
        self._kept: OrderedDict[str, Opened] = OrderedDict()
        self._over = False

    def close(self) -> None:
        """Close the folders, each as soon as nobody uses it."""
        with self._lock:
            self._over = True
            kept, top = list(self._kept.values()), self._top
            self._kept.clear()
            self._top = None
        self._let_go(kept)
        if top is not None:
            self.give(top)

    def take(self, folder: str = "", *, make: bool = False, sure: bool = True) -> Opened:
        """Open a folder; ``make`` makes it where it is missing. To be given back.

        Unless ``sure`` it may have been moved or removed since somebody else took it.

        Raises :exc:`~philo_aws.exceptions.LocalFileError` for a symbolic link on the way, and
        :exc:`OSError`.
        """
        if not BY_DESCRIPTOR:
            return self._by_path(folder, make)
        if not folder:
            return self._take_top()
        with self._lock:
            opened = self._kept.get(folder)
            if opened is not None:
                opened.users += 1
                self._kept.move_to_end(folder)
        if opened is not None:
            if not sure or self.is_still(opened):
                return opened
            self._let_go([opened])
            self.give(opened)
        opened = self._open(folder, make)
        self._keep(opened)
        return opened

    def give(self, opened: Opened) -> None:
        """Give back what was taken."""
        with self._lock:
            opened.users -= 1
            unused = not opened.users and not opened.kept
        if unused:
            self._close(opened)

    @contextlib.contextmanager
    def holding(self, folder: str = "", *, make: bool = False) -> Iterator[Opened]:
        """Give the block an open folder: see :meth:`take`."""
        opened = self.take(folder, make=make)
        try:
            yield opened
        finally:
            self.give(opened)

    def is_still(self, opened: Opened) -> bool:
        """Say whether a folder is where it was when it was opened, and no link leads there."""
        folder = opened.folder
        if opened.descriptor is None:
            return not self._has_link(folder)
        if opened.top is None:
            return True
        top = opened.top.descriptor
        try:
            if not self.follow:
                end = folder.find("/")
                while end >= 0:
                    if not stat.S_ISDIR(lstat(folder[:end], top).st_mode):
                        return False
                    end = folder.find("/", end + 1)
            status = os.stat(folder, dir_fd=top, follow_symlinks=self.follow)
        except OSError:
            return False
        return identity(status) == opened.identity

    def check(self, opened: Opened) -> None:
        """Raise :exc:`~philo_aws.exceptions.LocalFileError` unless :meth:`is_still`."""
        if not self.is_still(opened):
            raise LocalFileError(
                f"The folder {self.base + opened.folder!r} was moved or replaced meanwhile. "
                "Run it again.",
                code="Confined",
            )

    # -------------------------------------------------------------------------- opening

    def _take_top(self) -> Opened:
        with self._lock:
            if self._over:
                raise OSError(errno.EBADF, "The transfer is over", self.path)
            if self._top is None:
                self._top = Opened("", os.open(self.path, _PASS), None)
            self._top.users += 1
            return self._top

    def _open(self, folder: str, make: bool) -> Opened:
        top = self._take_top()
        try:
            assert top.descriptor is not None  # noqa: S101 - it was opened by one
            if self.follow:
                return Opened(folder, os.open(folder, _PASS, dir_fd=top.descriptor), top)
            return Opened(folder, self._descend(top.descriptor, folder, make), top)
        except BaseException:
            self.give(top)
            raise

    def _descend(self, top: int, folder: str, make: bool) -> int:
        descriptor, begin = top, 0
        try:
            while begin >= 0:
                end = folder.find("/", begin)
                way = folder if end < 0 else folder[:end]
                below = self._enter(descriptor, way[begin:], way, make)
                if descriptor != top:
                    os.close(descriptor)
                descriptor, begin = below, end + 1 if end >= 0 else -1
        except BaseException:
            if descriptor != top:
                os.close(descriptor)
            raise
        return descriptor

    def _enter(self, above: int, name: str, way: str, make: bool) -> int:
        try:
            try:
                return os.open(name, _PASS | NO_LINK, dir_fd=above)
            except FileNotFoundError:
                if not make:
                    raise
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=above)
                return os.open(name, _PASS | NO_LINK, dir_fd=above)
        except OSError as error:
            path = self.base + way
            if error.errno in (errno.ENOTDIR, *_LINKS) and _is_link(name, above):
                raise became_link(path) from error
            raise OSError(error.errno, error.strerror, path) from error

    def _keep(self, opened: Opened) -> None:
        with self._lock:
            if self._over:
                return
            before = self._kept.pop(opened.folder, None)
            self._kept[opened.folder] = opened
            opened.kept = True
            many = len(self._kept) > KEPT
            oldest = self._kept.popitem(last=False)[1] if many else None
        self._let_go([other for other in (before, oldest) if other])

    def _let_go(self, dropped: list[Opened]) -> None:
        """Keep these open no longer than they are used."""
        with self._lock:
            for opened in dropped:
                if self._kept.get(opened.folder) is opened:
                    del self._kept[opened.folder]
            unused = [opened for opened in dropped if opened.kept and not opened.users]
            for opened in dropped:
                opened.kept = False
        for opened in unused:
            self._close(opened)

    def _close(self, opened: Opened) -> None:
        if opened.descriptor is not None:
            os.close(opened.descriptor)
        if opened.top is not None:
            self.give(opened.top)

    # ------------------------------------------------ where the system has no descriptors

    def _by_path(self, folder: str, make: bool) -> Opened:
        path = self.base + folder
        if self._has_link(folder):
            raise became_link(path)
        if make:
            os.makedirs(path, exist_ok=True)
        os.stat(os.path.join(path, ""))  # raises for what is no folder
        return Opened(folder, None, None, path + "/" if folder else path)

    def _has_link(self, folder: str) -> bool:
        if self.follow:
            return False
        ends = [place for place, sign in enumerate(folder) if sign == "/"]
        parts = [folder[:end] for end in ends] + [folder] * bool(folder)
        return any(os.path.islink(self.base + part) for part in parts)


def became_link(path: str) -> LocalFileError:
    """Return the error of a symbolic link where there was, or is to be, none."""
    return LocalFileError(
        f"{path!r} is a symbolic link by now, and was not followed. Remove it, or run it again.",
        code="Confined",
    )


def _is_link(name: str, above: int) -> bool:
    try:
        return stat.S_ISLNK(lstat(name, above).st_mode)
    except OSError:
        return False


def refuses_link(error: OSError) -> bool:
    """Say whether the system refused a symbolic link."""
    return error.errno in _LINKS


def identity(status: os.stat_result) -> tuple[int, int]:
    """Return what tells one file or folder from every other."""
    return status.st_dev, status.st_ino


def lstat(name: str, descriptor: int | None) -> os.stat_result:
    """Return what the system knows of ``name`` itself, be it a link."""
    return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
