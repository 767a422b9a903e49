"""Files below a folder, streamed in the byte order of the keys they become."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ..exceptions import AWSError, LocalFileError
from .filters import Filter

LINK = "symbolic link, not followed"
LOOP = "symbolic link to a folder it is in"

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
    root: str | os.PathLike[str], *, chosen: Filter | None = None, follow_symlinks: bool = False
) -> Iterator[Found]:
    """Yield the files below ``root`` that ``chosen`` keeps, in the byte order of their keys.

    Nothing is left out silently: a link that is not followed, a loop of links, a special file, a
    broken link, a folder that cannot be read and a name that is no Unicode come as
    :class:`Obstacle`. Folders that it excludes are not opened. Memory holds the names of
    one folder on each level. Raises :exc:`~philo_aws.exceptions.LocalFileError` for a ``root``
    that is no readable folder.
    """
    top = os.fspath(root)
    if not os.path.isdir(top):
        what = "is a file, not a folder" if os.path.lexists(top) else "does not exist"
        raise LocalFileError(f"The folder {top!r} {what}. Check the path.")
    try:
        names = _names(top, follow_symlinks)
    except OSError as error:
        raise LocalFileError(f"The folder {top!r} cannot be read: {error.strerror}.") from error
    ids = (_identity(os.stat(top)),) if follow_symlinks else ()
    first = _Level(top.rstrip("/") + "/", "", ids, names)
    return _walk(first, chosen or Filter(), follow_symlinks)


class _Level(NamedTuple):
    path: str
    key: str
    ids: tuple[tuple[int, int], ...]
    names: list[str]


def _walk(first: _Level, chosen: Filter, follow: bool) -> Iterator[Found]:
    keeps = chosen.keeps if chosen else None
    status_of = os.stat if follow else os.lstat
    is_regular = stat.S_ISREG
    levels = [(first, iter(first.names))]
    while levels:
        level, rest = levels[-1]
        path, key = level.path, level.key
        for name in rest:
            child, child_key = path + name, key + name
            if name[-1] == "/":
                if keeps is not None and not chosen.may_hold(child_key):
                    continue
                below = _open(level, child, child_key, follow)
                if isinstance(below, _Level):
                    levels.append((below, iter(below.names)))
                    break
                yield below
                continue
            if keeps is not None and not keeps(child_key):
                continue
            try:
                status = status_of(child)
            except OSError as error:
                yield _unreadable(child_key, child, error)
                continue
            if not is_regular(status.st_mode):
                yield _irregular(child_key, child, status.st_mode)
            elif child_key.isascii() or _is_text(child_key):
                yield File(child_key, child, status.st_size, status.st_mtime_ns)
            else:
                yield _undecodable(child_key, child)
        else:
            levels.pop()


def _names(folder: str, follow: bool) -> list[str]:
    # A folder sorts as its children do, which all have a "/" after its name; strings sort by code
    # point, which is the order of their UTF-8 bytes.
    with os.scandir(folder) as entries:
        names = [entry.name + "/" if _is_folder(entry, follow) else entry.name for entry in entries]
    names.sort()
    return names


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # a link to itself; it is reported when its turn comes
        return False


def _open(level: _Level, path: str, key: str, follow: bool) -> _Level | Obstacle:
    ids = level.ids
    try:
        if follow:
            identity = _identity(os.stat(path))
            if identity in ids:
                return Obstacle(key, path, LOOP, None)
            ids = (*ids, identity)
        return _Level(path, key, ids, _names(path, follow))
    except OSError as error:
        return _unreadable(key, path, error)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_text(key: str) -> bool:
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _irregular(key: str, path: str, mode: int) -> Obstacle:
    if stat.S_ISLNK(mode):
        if not os.path.exists(path):
            return _failed(key, path, "{} is a broken symbolic link.")
        return Obstacle(key + "/" if os.path.isdir(path) else key, path, LINK, None)
    kind = _SPECIAL.get(stat.S_IFMT(mode), "of an unknown kind")
    return _failed(key, path, f"{{}} is {kind}, not a file.")


def _unreadable(key: str, path: str, error: OSError) -> Obstacle:
    if os.path.islink(path.rstrip("/")):
        return _failed(key, path, "{} is a broken symbolic link.")
    if isinstance(error, FileNotFoundError):
        return _failed(key, path, "{} vanished while the folder was read.")
    return _failed(key, path, f"{{}} cannot be read: {error.strerror}.")


def _undecodable(key: str, path: str) -> Obstacle:
    return _failed(key, path, "The name {} is not valid UTF-8, as every key must be. Rename it.")


def _failed(key: str, path: str, sentence: str) -> Obstacle:
    shown = repr(path if _is_text(path) else os.fsencode(path))
    remedy = "" if "Rename" in sentence else " Mend it, remove it, or leave it out with --exclude."
    return Obstacle(key, path, "", LocalFileError(sentence.format(shown) + remedy))
