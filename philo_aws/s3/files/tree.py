"""Files below a folder, streamed in the byte order of the keys they become."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ...exceptions import AWSError, LocalFileError
from ..filters import Filter
from .folders import Opened, identity
from .names import to_key, to_name
from .rooted import Root, listing

LINK = "symbolic link, not followed"
LOOP = "symbolic link to a folder it is in"
VANISHED = "Vanished"
"""The code of the error of what was in a folder's list and then no longer there."""

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class File(NamedTuple):
    """A regular file."""

    key: str
    """Its path relative to the folder, ``/``-separated."""
    path: str
    """Its path."""
    size: int
    """Its size in bytes."""
    mtime_ns: int
    """When it was last modified, in nanoseconds since 1970."""
    inode: int = 0
    """Its number in the file system: another one is another file."""


class Obstacle(NamedTuple):
    """Something in the tree that is not uploaded, and why."""

    key: str
    """The key it would have; one that ends with ``/`` stands for all below it."""
    path: str
    """Its path."""
    reason: str
    """Why it is left out, when that is as it should be; else empty."""
    error: AWSError | None
    """What went wrong, when something did."""


Found = File | Obstacle


def walk(
    root: str | os.PathLike[str] | Root,
    *,
    chosen: Filter | None = None,
    follow_symlinks: bool = False,
    below: str = "",
) -> Iterator[Found]:
    """Yield the files below ``root`` that ``chosen`` keeps, in the byte order of their keys.

    Nothing is left out silently: a link that is not followed, a loop of links, a special file, a
    broken link, a folder that cannot be read and a name that is no Unicode come as
    :class:`Obstacle`. Folders that it excludes are not opened. Memory holds the names of
    one folder on each level. ``below`` is a folder in it that stands for all. A
    :class:`~philo_aws.s3.files.rooted.Root` says itself whether links are followed. Raises
    :exc:`~philo_aws.exceptions.LocalFileError` for a ``root`` that is no readable folder.
    """
    made = root if isinstance(root, Root) else Root(root, follow=follow_symlinks)
    top = made.path
    if not os.path.isdir(top):
        what = "is a file, not a folder" if os.path.lexists(top) else "does not exist"
        raise LocalFileError(f"The folder {top!r} {what}. Check the path.")
    try:
        first = _level(made, below, ())
    except OSError as error:
        if isinstance(error, LocalFileError):
            raise
        raise LocalFileError(f"The folder {top!r} cannot be read: {error.strerror}.") from error
    return _walk(made, first, chosen or Filter())


class _Level(NamedTuple):
    folder: str
    ids: tuple[tuple[int, int], ...]
    names: list[str]
    """Those that are still to come, as parts of keys, the next one last."""


def _level(root: Root, folder: str, ids: tuple[tuple[int, int], ...]) -> _Level:
    # A folder sorts as its children do, which all have a "/" after its name; strings sort by code
    # point, which is the order of their UTF-8 bytes.
    with root.holding(to_name(folder)) as opened, listing(opened) as entries:
        names = [
            to_key(entry.name) + "/" if _is_folder(entry, root.follow) else to_key(entry.name)
            for entry in entries
        ]
        if root.follow:
            ids = (*ids, opened.identity or identity(os.stat(root.base + to_name(folder))))
    names.sort(reverse=True)
    return _Level(folder, ids, names)


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # a link to itself; it is reported when its turn comes
        return False


def _walk(root: Root, first: _Level, chosen: Filter) -> Iterator[Found]:
    levels = [first]
    while levels:
        level = levels[-1]
        names = level.names
        if not names:
            levels.pop()
            continue
        key = level.folder and level.folder + "/"
        below: _Level | Obstacle | None = None
        try:
            with root.holding(to_name(level.folder)) as opened:
                while names:
                    name = names.pop()
                    if name[-1] != "/":
                        found = _look(root, opened, key + name, name, chosen)
                        if found is not None:
                            yield found
                    elif not chosen or chosen.may_hold(key + name):
                        below = _open(root, level, key + name[:-1])
                        break
        except OSError as error:
            # The folder itself is no longer there, so nothing more of it can be told.
            levels.pop()
            yield _unreadable(root, key, error)
            continue
        if isinstance(below, _Level):
            levels.append(below)
        elif below is not None:
            yield below


def _look(root: Root, opened: Opened, key: str, name: str, chosen: Filter) -> Found | None:
    if chosen and not chosen.keeps(key):
        return None
    try:
        status = os.stat(
            opened.head + to_name(name), dir_fd=opened.descriptor, follow_symlinks=root.follow
        )
    except OSError as error:
        return _unreadable(root, key, error)
    path = root.base + to_name(key)
    if not stat.S_ISREG(status.st_mode):
        return _irregular(root, key, path, status.st_mode)
    if key.isascii() or _is_text(key):
        return File(key, path, status.st_size, status.st_mtime_ns, status.st_ino)
    return _failed(key, path, "The name {} is not valid UTF-8, as every key must be. Rename it.")


def _open(root: Root, level: _Level, folder: str) -> _Level | Obstacle:
    try:
        below = _level(root, folder, level.ids)
    except OSError as error:
        return _unreadable(root, folder + "/", error)
    if below.ids and below.ids[-1] in below.ids[:-1]:
        return Obstacle(folder + "/", root.base + to_name(folder) + "/", LOOP, None)
    return below


def _is_text(key: str) -> bool:
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _irregular(root: Root, key: str, path: str, mode: int) -> Obstacle:
    if not stat.S_ISLNK(mode):
        kind = _SPECIAL.get(stat.S_IFMT(mode), "of an unknown kind")
        return _failed(key, path, f"{{}} is {kind}, not a file.")
    if not os.path.exists(path):
        return _failed(key, path, "{} is a broken symbolic link.")
    return Obstacle(key + "/" if os.path.isdir(path) else key, path, LINK, None)


def _unreadable(root: Root, key: str, error: OSError) -> Obstacle:
    path = root.base + to_name(key)
    if isinstance(error, AWSError):
        return Obstacle(key, path, "", error)
    if os.path.islink(path.rstrip("/")):
        return _failed(key, path, "{} is a broken symbolic link.")
    if isinstance(error, FileNotFoundError):
        return _failed(key, path, "{} vanished while the folder was read.", VANISHED)
    return _failed(key, path, f"{{}} cannot be read: {error.strerror}.")


def _failed(key: str, path: str, sentence: str, code: str = "") -> Obstacle:
    text = to_key(path)
    shown = repr(text if _is_text(text) else os.fsencode(path))
    remedy = "" if "Rename" in sentence else " Mend it, remove it, or leave it out with --exclude."
    return Obstacle(key, path, "", LocalFileError(sentence.format(shown) + remedy, code=code))
