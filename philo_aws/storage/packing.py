"""What a file of a batch is as an object: its headers, and its bytes, packed or not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..limits import MIB
from ..s3.files.media_types import is_text
from .contents import IN_MEMORY, headers_of_packed, is_packed, packed_blocks, with_charset

if TYPE_CHECKING:
    from ..s3.files.tree import File
    from .local import Spool
    from .media import S3Storage


class Packing:
    """Packs files of one batch and makes the headers of all; each name is one file's."""

    def __init__(self, storage: S3Storage, spool: Spool, types: Mapping[str, str]) -> None:
        """``types`` are the media types that contents brought themselves, by names."""
        self._storage = storage
        self._spool = spool
        self._types = types
        self._packed: dict[str, tuple[File, File, Mapping[str, str]]] = {}
        self._shared: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}

    def packed(self, name: str, file: File) -> File:
        """Return the file with the bytes that the object of this name has for ``file``."""
        if not self._storage.options.gzip:
            return file
        known = self._packed.get(name)
        if known is None or known[0] != file:
            known = self._packed[name] = (file, *self._pack(name, file))
        return known[1]

    def _pack(self, name: str, file: File) -> tuple[File, Mapping[str, str]]:
        headers = self._headers(name, file)
        if not is_packed(headers, self._storage.options.gzip):
            return file, headers
        made = self._spool.write(name, packed_blocks(_blocks(file)))
        if made.size >= file.size:
            self._spool.drop(made)
            return file, headers
        # When it was written counts, and not when it was packed.
        made = made._replace(mtime_ns=file.mtime_ns)
        return made, headers_of_packed(headers, file.size)

    def headers_of(self, name: str, file: File) -> Mapping[str, str]:
        """Return the HTTP headers of the object of this name; equal ones are the same mapping."""
        known = self._packed.get(name)
        is_known = known is not None and file in known[:2]
        headers = known[2] if known and is_known else self._headers(name, file)
        # The engines are quick with headers that they know as the same object.
        return self._shared.setdefault(tuple(headers.items()), headers)

    def _headers(self, name: str, file: File) -> dict[str, str]:
        headers = self._storage.headers_for(name)
        if name in self._types:
            headers["Content-Type"] = self._types[name]
        elif file.size <= IN_MEMORY and is_text(headers.get("Content-Type", "")):
            return with_charset(headers, name, _content(file))
        return headers


def _content(file: File) -> bytes:
    # What most files are must not slow the run down: a single read.
    descriptor = os.open(file.path, os.O_RDONLY)
    try:
        return os.read(descriptor, IN_MEMORY)
    finally:
        os.close(descriptor)


def _blocks(file: File) -> Iterator[bytes]:
    with open(file.path, "rb") as opened:
        while block := opened.read(MIB):
            yield block
