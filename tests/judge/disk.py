"""Where a test looks into the folder of a storage, the storage is asked instead of the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

_storages: dict[str, Any] = {}

Look = Callable[..., Any]
Answer = Callable[[Any, str], Any]


def stands_for(folder: str, storage: Any) -> None:
    """Note that a storage has what would be in this folder."""
    _storages[folder] = storage


def found(path: object) -> tuple[Any, str] | None:
    """The storage that has a path, and the name there; `None` for what is on the disk."""
    for folder, storage in _storages.items():
        if str(path) == folder or str(path).startswith(folder + os.sep):
            return storage, str(path)[len(folder) + 1 :]
    return None


def asking(look: Look, answer: Answer) -> Look:
    """The function `look`, which asks the storage that has the path, if any."""

    def one(path: Any = ".", *rest: Any, **options: Any) -> Any:
        where = found(path)
        return look(path, *rest, **options) if where is None else answer(*where)

    return one


def names(storage: Any, name: str) -> list[str]:
    """What is in a folder."""
    folders, files = storage.listdir(name)
    return [*folders, *files]


def exists(storage: Any, name: str) -> bool:
    """Whether there is a file or a folder, but for the storage's own: that one tests take away."""
    return bool(name) and bool(storage.exists(name))


def ask_storages() -> None:
    """Have the functions ask by which Django's tests look at what they have done."""
    os.listdir = asking(os.listdir, names)
    os.path.exists = asking(os.path.exists, exists)
    os.path.getmtime = asking(
        os.path.getmtime, lambda storage, name: storage.get_modified_time(name).timestamp()
    )
    os.path.getctime = asking(
        os.path.getctime, lambda storage, name: storage.get_created_time(name).timestamp()
    )
