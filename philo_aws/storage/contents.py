"""What is stored of a content that is saved: its headers, and its bytes, packed or not."""

from __future__ import annotations

import io
import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from ..limits import MIB
from ..s3.files.charset import is_utf8
from ..s3.files.media_types import guess_type, is_text, name_for_type

IN_MEMORY = 8 * MIB
"""The most bytes that are held to be looked at before the first of them is sent."""
PLAIN_SIZE = "x-amz-meta-plain-size"
"""The header that has the bytes of what was packed here, unpacked."""
_GZIP = 16 + zlib.MAX_WBITS
_BEST = 9


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object to be: what its headers are, and its bytes in blocks."""

    headers: Mapping[str, str]
    """Its HTTP headers."""
    blocks: Iterable[bytes]
    """Its content; consumed once."""


def stored(
    content: Any, name: str, headers: Mapping[str, str], gzip: tuple[str, ...] = ()
) -> Stored:
    """Return what is to be stored of ``content``, a file of Django's, under ``name``.

    ``headers`` are those that the name has; ``gzip`` are the media types to be packed.
    """
    made = with_type_of(content, name, headers)
    blocks = chunks_of(content)
    head, is_whole = _head(blocks)
    if is_whole:
        made = with_charset(made, name, head)
    if is_packed(made, gzip):
        if not is_whole:
            packing: Iterable[bytes] = packed_blocks(itertools.chain((head,), blocks))
            return Stored(headers={**made, "Content-Encoding": "gzip"}, blocks=packing)
        smaller = b"".join(packed_blocks((head,)))
        if len(smaller) < len(head):
            return Stored(headers=headers_of_packed(made, len(head)), blocks=(smaller,))
    return Stored(headers=made, blocks=(head,) if is_whole else itertools.chain((head,), blocks))


def headers_of_packed(headers: Mapping[str, str], size: int) -> dict[str, str]:
    """Return the headers of what was packed here and has ``size`` bytes unpacked."""
    return {**headers, "Content-Encoding": "gzip", PLAIN_SIZE: str(size)}


def with_type_of(content: Any, name: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return ``headers`` with the type that ``content`` says it has, where only the name told one.

    What a browser says of a file that was uploaded counts for nothing: it would let anybody store
    a page with scripts under the name of a picture.
    """
    made = dict(headers)
    own = getattr(content, "content_type", None)
    by_name = guess_type(name_for_type(name))[0]
    told_by_name = made.get("Content-Type") == by_name
    if told_by_name and own and isinstance(own, str) and not _is_uploaded(content):
        made["Content-Type"] = own
    return made


def _is_uploaded(content: Any) -> bool:
    # A form's file may be wrapped by the field's own.
    return isinstance(content, UploadedFile) or isinstance(
        getattr(content, "file", None), UploadedFile
    )


def with_charset(headers: dict[str, str], name: str, content: bytes) -> dict[str, str]:
    """Return ``headers`` that say UTF-8 where the name told a text and the content is no other."""
    kind, encoding = guess_type(name_for_type(name))
    told = headers.get("Content-Type") == kind and is_text(kind) and not encoding
    if told and not headers.get("Content-Encoding") and is_utf8((content,)):
        return {**headers, "Content-Type": f"{kind}; charset=utf-8"}
    return headers


def is_packed(headers: Mapping[str, str], gzip: tuple[str, ...]) -> bool:
    """Say whether an object of these headers is stored packed; what is already stays as it is."""
    if not gzip or headers.get("Content-Encoding"):
        return False
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in gzip


def is_packed_here(name: str, encoding: str, gzip: tuple[str, ...]) -> bool:
    """Say whether an object was packed by the option, and not by whoever made the file."""
    return encoding == "gzip" and bool(gzip) and not guess_type(name_for_type(name))[1]


def packed_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield ``blocks`` as gzip packs them: always to the same bytes, without a name or a time."""
    packing = zlib.compressobj(_BEST, zlib.DEFLATED, _GZIP)
    for block in blocks:
        if made := packing.compress(block):
            yield made
    yield packing.flush()


def chunks_of(content: Any) -> Iterator[bytes]:
    """Yield what is in a file of Django's from its beginning; texts become UTF-8.

    By ``chunks()``, which is all that some have. It is never closed here.
    """
    for chunk in content.chunks():
        yield chunk.encode() if isinstance(chunk, str) else bytes(chunk)


def _head(blocks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return the beginning of ``blocks``, which has it no more, and whether it was all."""
    made = io.BytesIO()
    while made.tell() <= IN_MEMORY:
        block = next(blocks, None)
        if block is None:
            return made.getvalue(), True
        made.write(block)
    return made.getvalue(), False
