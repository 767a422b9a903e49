"""Whether a text is UTF-8: looked at, because a name cannot tell."""

from __future__ import annotations

import codecs
import contextlib
import os
import zlib
from collections.abc import Generator, Iterable, Iterator

from .rooted import ANYWHERE, Root

LARGEST = 8 * 1024 * 1024
"""The most bytes of a text that are looked at; of a larger one nothing is said."""
_CHUNK = 128 * 1024
_Decoder = codecs.getincrementaldecoder("utf-8")
_GZIP_HEADER = 16


def file_is_utf8(path: str, size: int, encoding: str = "", root: Root = ANYWHERE) -> bool:
    """Say whether the text in a file is UTF-8, as far as can be known.

    ``size`` is that of the file in bytes, ``encoding`` its ``Content-Encoding``. What is packed
    with ``gzip`` is unpacked; of ``br`` and ``zstd`` the file beside it is looked at, which has the
    name without its ending. It is opened as ``root`` opens the files below it. ``False`` for what
    cannot be read, and beyond :data:`LARGEST` bytes.
    """
    if size > LARGEST:
        return False
    if encoding not in ("", "gzip"):
        path = os.path.splitext(path)[0]
    try:
        if size < _CHUNK and not encoding:
            # What most files are must not slow the transfer down: a single read.
            descriptor = root.open(root.name_of(path))
            try:
                return is_utf8((os.read(descriptor, size + 1),))
            finally:
                os.close(descriptor)
        with contextlib.closing(_chunks(root, path)) as chunks:
            return is_utf8(_unpacked(chunks) if encoding == "gzip" else chunks)
    except (OSError, ValueError, zlib.error):
        return False


def blocks_are_utf8(blocks: Iterable[bytes], encoding: str = "") -> bool:
    """Say the same of a text that is in no file; ``False`` for what is packed with another way."""
    if encoding not in ("", "gzip"):
        return False
    try:
        return is_utf8(_unpacked(blocks) if encoding else blocks)
    except zlib.error:
        return False


def is_utf8(chunks: Iterable[bytes]) -> bool:
    """Say whether the text in ``chunks`` is UTF-8; ``False`` beyond :data:`LARGEST` bytes."""
    decoder = _Decoder()
    total = 0
    try:
        for chunk in chunks:
            total += len(chunk)
            # UTF-16 and the 7-bit encodings of ISO 2022 can be read as UTF-8 too, but are not.
            if total > LARGEST or b"\0" in chunk or b"\x1b" in chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(root: Root, path: str) -> Generator[bytes, None, None]:
    descriptor = root.open(root.name_of(path))
    try:
        while chunk := os.read(descriptor, _CHUNK):
            yield chunk
    finally:
        os.close(descriptor)


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(wbits=_GZIP_HEADER + zlib.MAX_WBITS)
    for chunk in chunks:
        rest = chunk
        while rest:
            yield unpacking.decompress(rest, _CHUNK)
            rest = unpacking.unconsumed_tail
    yield unpacking.flush()
    if not unpacking.eof or unpacking.unused_data:
        # Cut off, or followed by more that is packed: what is in the rest is not known.
        raise zlib.error("The text is not all that is packed.")
