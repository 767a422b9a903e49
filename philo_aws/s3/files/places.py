"""Where an object may be written: below the target folder, and each in a place of its own."""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path

from ...exceptions import LocalFileError
from . import leftovers
from .names import to_name

# Bounds the memory of what is known about folders; a tree in key order asks for one at a time.
_REMEMBERED = 10_000


class OccupiedError(LocalFileError):
    """A folder is in a file's place, or a file in a folder's."""

    def __init__(self, key: str, path: str, place: str) -> None:
        what = "no folder" if place else "a folder"
        super().__init__(
            f"The object {key!r} cannot become a file here: {path!r} is {what}. Move it away, or "
            "use sync with --delete where it is needed no longer.",
            code="Confined",
        )
        self.place = place
        """The key of the file in the way; empty where it is a folder, at the object's own place."""


class Places:
    """Gives the path for one key after another, which come in key order."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        self.taken = False
        """Whether there is a file at the path that was given last."""
        self._base = self.root.rstrip("/") + "/"
        self._folders: set[str] = set()
        self._fresh: dict[str, bool] = {}
        self._files_above: list[str] = []
        self._folds_case, self._normalises = _foldings(self.root)
        self._taken: dict[str, str] = {}

    @property
    def folds(self) -> bool:
        """Whether this file system takes names for one that are two keys."""
        return self._folds_case or self._normalises

    def note(self, key: str) -> None:
        """Take note of a file that stays as it is, where the file system folds.

        Raises :exc:`~philo_aws.exceptions.LocalFileError` where it is one with that of another key.
        """
        if self.folds:
            self._check_folding(key)

    def holds(self, key: str) -> bool:
        """Say whether this file system takes the file of ``key`` for that of a key before."""
        return self.folds and self._folded(key) in self._taken

    def of(self, key: str) -> str:
        """Return the path for ``key``.

        Raises :exc:`~philo_aws.exceptions.LocalFileError` for a key that would leave the folder,
        be written through a symbolic link, take the place of a folder, or share its place with
        another key. Nothing is written here.
        """
        self._check_name(key)
        self._check_collision(key)
        path = self._base + to_name(key)
        if self._is_in_fresh_folder(key):
            self.taken = False
            return path
        self._check_folder(key)
        try:
            mode = self._mode_of(path, key)
        except FileNotFoundError:
            self.taken = False
            return path
        if stat.S_ISDIR(mode):
            raise OccupiedError(key, path, "")
        if not stat.S_ISREG(mode):
            kind = "a symbolic link" if stat.S_ISLNK(mode) else "a special file"
            raise _refused(key, f"{path!r} is {kind}")
        self.taken = True
        return path

    def _check_name(self, key: str) -> None:
        if "\0" in key:
            raise _refused(key, "file names cannot hold a NUL")
        if key.startswith("/"):
            raise _refused(key, "it begins with a slash")
        for part in key.split("/"):
            if part == "..":
                raise _refused(key, "its '..' leads out of the folder")
            if part in ("", "."):
                raise _refused(key, "it has an empty part or '.', which file names cannot show")
            if len(part) > 63 and len(os.fsencode(to_name(part))) > 255:
                raise _refused(key, f"the name {part[:20]!r}… is longer than 255 bytes")
        if os.name == "nt" and any(sign in key for sign in '\\:*?"<>|'):
            raise _refused(key, "it has characters that Windows keeps for itself")

    def _check_collision(self, key: str) -> None:
        # In key order whatever comes between "K" and "K/child" begins with "K" too, so the keys
        # that may still turn out to be folders are a chain of prefixes.
        above = self._files_above
        while above and not key.startswith(above[-1]):
            above.pop()
        for other in above:
            if key.startswith(other + "/"):
                raise _refused(key, f"the object {other!r} takes the place of its folder")
        self.note(key)
        above.append(key)

    def _check_folding(self, key: str) -> None:
        # This file system takes two names for one: every place must be known. Parts, because
        # "A/x" and "a/y" share a folder, which is no collision, but "A" and "a/y" are one.
        folded = self._folded(key)
        other = self._taken.setdefault(folded, key)
        if other != key:
            raise _refused(key, f"this file system takes it and {other!r} for one name")
        end = folded.find("/")
        # A folder that is known has no file in its place any more, as that was refused.
        while end >= 0 and folded[: folded.rfind("/") + 1] not in self._taken:
            if folded[:end] in self._taken:
                raise _refused(key, f"{self._taken[folded[:end]]!r} takes the place of its folder")
            self._taken.setdefault(folded[: end + 1], key)
            end = folded.find("/", end + 1)
        if folded + "/" in self._taken:
            raise _refused(key, "this file system has a folder of this name for other objects")

    def _folded(self, key: str) -> str:
        if key.isascii():
            return key.casefold() if self._folds_case else key
        folded = unicodedata.normalize("NFC", key) if self._normalises else key
        return unicodedata.normalize("NFC", folded.casefold()) if self._folds_case else folded

    def _is_in_fresh_folder(self, key: str) -> bool:
        """Say whether the folder of ``key`` held nothing before its first key came.

        What is in it by now was put there for other keys, so there is nothing to look for.
        """
        folder = key[: max(key.rfind("/"), 0)]
        fresh = self._fresh.get(folder)
        if fresh is None:
            self._check_folder(key)
            if len(self._fresh) > _REMEMBERED:
                self._fresh.clear()
            fresh = self._fresh[folder] = _is_empty(self._base + to_name(folder))
        return fresh

    def _check_folder(self, key: str) -> None:
        end = key.rfind("/")
        if end < 0 or key[:end] in self._folders:
            return
        if len(self._folders) > _REMEMBERED:
            self._folders.clear()
        place = key.find("/")
        while place >= 0:
            folder = key[:place]
            if folder not in self._folders:
                path = self._base + to_name(folder)
                try:
                    mode = self._mode_of(path, key)
                except FileNotFoundError:
                    return
                if stat.S_ISLNK(mode):
                    raise _refused(key, f"its folder {path!r} is a symbolic link")
                if stat.S_ISREG(mode):
                    raise OccupiedError(key, path, folder)
                if not stat.S_ISDIR(mode):
                    raise _refused(key, f"{path!r} is no folder")
                self._folders.add(folder)
            place = key.find("/", place + 1)

    def _mode_of(self, path: str, key: str) -> int:
        try:
            return os.lstat(path).st_mode
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise _refused(key, f"{path!r} cannot be used: {reason}") from error


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except FileNotFoundError:
        return True
    except OSError:
        return False  # which is told for each key


def _refused(key: str, why: str) -> LocalFileError:
    return LocalFileError(f"The object {key!r} cannot become a file here: {why}.", code="Confined")


def _foldings(root: str) -> tuple[bool, bool]:
    """Say whether the file system at ``root`` folds case and whether it normalises Unicode."""
    folder = Path(root)
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    # A temporary file's name, as other runs may be looking at the folder.
    name = leftovers.new_name("caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    try:
        with open(folder / to_name(name), "xb"):
            pass
        try:
            case = os.path.lexists(folder / to_name(name.upper()))
            form = os.path.lexists(folder / to_name(unicodedata.normalize("NFD", name)))
        finally:
            os.unlink(folder / to_name(name))
    except OSError:
        return False, False  # it cannot be written at all, which is told when it is tried
    return case, form
