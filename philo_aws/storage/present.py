"""Names of files as a tree of folders, which S3 has not: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ODD = re.compile(r"\\|(?:^|/)\.{0,2}(?:/|$)")


def is_addressable(key: str) -> bool:
    """Say whether a storage has a name for what is under this key, relative to its location.

    Others (``a//b``, ``./a``, with backslashes, those of folders) would be normalised to another.
    """
    return _ODD.search(key) is None


class Names:
    """Which names there are, and what is in a folder of them, without a look at all others."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        # By folder; dicts in the place of sets, as they keep the order.
        self._files: dict[str, dict[str, None]] = {}
        self._folders: dict[str, dict[str, None]] = {}
        for name in names:
            self.add(name)

    def __contains__(self, name: str) -> bool:
        folder, _, last = name.rpartition("/")
        return last in self._files.get(folder, ())

    def add(self, name: str) -> None:
        """Take a name in, and the folders above it."""
        folder, _, last = name.rpartition("/")
        files = self._files.get(folder)
        if files is None:
            files = self._files[folder] = {}
            self._link(folder)
        files[last] = None

    def _link(self, folder: str) -> None:
        while folder:
            above, _, last = folder.rpartition("/")
            others = self._folders.setdefault(above, {})
            if last in others:
                return
            others[last] = None
            folder = above

    def discard(self, name: str) -> None:
        """Take a name out, and the folders above it that are empty then."""
        folder, _, last = name.rpartition("/")
        files = self._files.get(folder)
        if files is None or last not in files:
            return
        del files[last]
        if not files:
            del self._files[folder]
        while folder and not self.has_folder(folder):
            above, _, last = folder.rpartition("/")
            del self._folders[above][last]
            if not self._folders[above]:
                del self._folders[above]
            folder = above

    def has_folder(self, folder: str) -> bool:
        """Say whether there is anything in a folder; the one at the top is an empty text."""
        return folder in self._files or folder in self._folders

    def listdir(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder."""
        return list(self._folders.get(folder, ())), list(self._files.get(folder, ()))
