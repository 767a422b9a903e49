"""The names of objects inside a zip: harmless on every system, and no two of them the same."""

from __future__ import annotations

import unicodedata

MAX_NAME_BYTES = 240
"""Of one part of a path, by UTF-8; file systems take 255, and a number may have to be added."""
MAX_SUFFIX_BYTES = 40
"""Of what counts as a suffix, and is kept where a name is shortened."""

# What Windows keeps for devices, with whatever suffix.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{kind}{n}" for kind in ("com", "lpt") for n in "123456789"}
)


class Names:
    """The names given so far; the time for a name does not grow with their number.

    A file is never called as a folder is, nor the other way round: an unpacker could make only one
    of ``dir`` and ``dir/file``. Names that differ in their case alone, or in the Unicode form of
    their letters, are the same name, since on macOS and Windows they are.
    """

    def __init__(self, *reserved: str) -> None:
        self._files: set[tuple[int, str]] = set()
        # Folders by their parent's number and their own name: as the next number, so that long
        # paths are not kept once for each of their parts.
        self._folders: dict[tuple[int, str], int] = {}
        # What a folder is called whose own name a file has.
        self._renamed: dict[tuple[int, str], str] = {}
        self._numbers: dict[tuple[int, str], int] = {}
        for name in reserved:
            self.take(name)

    def take(self, key: str) -> str:
        """Return a relative path for ``key`` that leads no unpacker astray, and is not yet taken.

        It has no ``..``, no leading slash, no drive, no control or direction characters, and no
        part that is longer than :data:`MAX_NAME_BYTES`.
        """
        parts = harmless(key)
        path: list[str] = []
        parent = 0
        for part in parts[:-1]:
            name = self._folder_name(parent, part)
            path.append(name)
            parent = self._folders.setdefault((parent, folded(name)), len(self._folders) + 1)
        name = self._free(parent, parts[-1])
        self._files.add((parent, folded(name)))
        return "/".join([*path, name])

    def _folder_name(self, parent: int, name: str) -> str:
        wanted = (parent, folded(name))
        if wanted not in self._files:
            return name
        if wanted not in self._renamed:
            self._renamed[wanted] = self._free(parent, name)
        return self._renamed[wanted]

    def _free(self, parent: int, name: str) -> str:
        wanted = (parent, folded(name))
        # Where it stopped before, it goes on: a thousand objects of one name are not a million
        # comparisons.
        number = self._numbers.get(wanted, 1)
        candidate = numbered(name, number)
        while self._is_taken(parent, candidate):
            number += 1
            candidate = numbered(name, number)
        self._numbers[wanted] = number
        return candidate

    def _is_taken(self, parent: int, name: str) -> bool:
        place = (parent, folded(name))
        return place in self._files or place in self._folders


def folded(name: str) -> str:
    """Return what two names share that a file system may take for one."""
    return unicodedata.normalize("NFC", name).casefold()


def harmless(key: str) -> list[str]:
    """Return the parts of a path for ``key``, at least one."""
    cleaned = "".join(
        "_" if character in '\\:*?"<>|' or unicodedata.category(character)[0] == "C" else character
        for character in key
    )
    # Windows drops dots and spaces at the end, so that "a." would be "a", and ".. " be "..".
    parts = [part.strip(" ").rstrip(" .") for part in cleaned.split("/")]
    return [_short(_no_device(part)) for part in parts if part] or ["_"]


def numbered(name: str, number: int) -> str:
    """Return ``name`` with a number before its suffix; 1 is the name itself."""
    if number == 1:
        return name
    stem, suffix = split_suffix(name)
    return f"{stem} ({number}){suffix}"


def split_suffix(name: str) -> tuple[str, str]:
    """Return a name without its suffix, and the suffix with its dot; it may be empty."""
    stem, dot, suffix = name.rpartition(".")
    if not (stem and dot) or len(suffix.encode()) > MAX_SUFFIX_BYTES:
        return name, ""
    return stem, f".{suffix}"


def _no_device(name: str) -> str:
    stem, dot, rest = name.partition(".")
    return f"{stem}_{dot}{rest}" if stem.rstrip(" ").casefold() in _DEVICES else name


def _short(name: str) -> str:
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, suffix = split_suffix(name)
    room = MAX_NAME_BYTES - len(suffix.encode())
    cut = stem.encode()[:room].decode(errors="ignore").rstrip(" .")
    return f"{cut}{suffix}" or "_"
