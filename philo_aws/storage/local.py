"""What is saved in a batch as files of this machine: the saved files themselves, or copies."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterable
from typing import Any

from django.core.files.base import File as DjangoFile

from ..closing import Closing
from ..s3.files.tree import File
from .contents import chunks_of


def itself(name: str, content: Any) -> File | None:
    """Return the file on the disk that ``content`` is; ``None`` where it is none, or not for sure.

    Its path is enough to send it then, so nothing is copied.
    """
    if getattr(type(content), "chunks", None) is not DjangoFile.chunks:
        return None  # a class that gives its content in its own way
    file = content.file
    path = getattr(file, "name", None)
    if not isinstance(path, str) or getattr(file, "mode", "") != "rb":
        return None
    try:
        here, there = os.fstat(file.fileno()), os.stat(path)
    except (OSError, AttributeError, ValueError):
        return None
    if not os.path.samestat(here, there):
        return None
    return _file(name, path if os.path.isabs(path) else os.path.abspath(path), there)


def at(name: str, path: str) -> File | None:
    """Return the file of this path, if there is one."""
    try:
        return _file(name, path, os.stat(path))
    except OSError:
        return None


def _file(name: str, path: str, status: os.stat_result) -> File:
    return File(name, path, status.st_size, status.st_mtime_ns, status.st_ino)


class Spool(Closing):
    """Contents as files of a temporary folder, which is made for the first and goes with all."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._numbers = itertools.count()

    def put(self, name: str, content: Any) -> File:
        """Return a file of its own that has what is in ``content``, a file of Django's."""
        return self.write(name, chunks_of(content))

    def write(self, name: str, blocks: Iterable[bytes]) -> File:
        """Return a file of its own with these bytes."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="philo-aws-")
        path = os.path.join(self._folder.name, str(next(self._numbers)))
        with open(path, "xb") as file:
            file.writelines(blocks)
        return _file(name, path, os.stat(path))

    def drop(self, file: File) -> None:
        """Remove a file that is needed no more, if it is one of these."""
        if self._folder is not None and os.path.dirname(file.path) == self._folder.name:
            os.unlink(file.path)

    def close(self) -> None:
        """Remove all of them."""
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()
