"""Whether a downloaded file holds the bytes that its object's checksum stands for."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Mapping

from ...conf import MIB

CHUNK = MIB
_CRC_BYTES = {"crc64nvme": 8, "crc32c": 4, "crc32": 4}
_HASHES = ("sha256", "sha1")


def matches(descriptor: int, headers: Mapping[str, str]) -> bool | None:
    """Compare a file with the headers (lower-case names) of its object.

    ``None`` means that the store gave no checksum of the object as a whole: that of an object sent
    in parts may be one over the checksums of its parts, whose sizes nobody tells.
    """
    for name in (*_CRC_BYTES, *_HASHES):
        given = headers.get(f"x-amz-checksum-{name}", "")
        if given and "-" not in given and headers.get("x-amz-checksum-type") != "COMPOSITE":
            return _digest(name, descriptor) == given
    etag = headers.get("etag", "").strip('"')
    if len(etag) == 32 and has_md5_etag(headers):
        found = hashlib.md5(usedforsecurity=False)
        for chunk in _chunks(descriptor):
            found.update(chunk)
        return found.hexdigest() == etag
    return None


def has_md5_etag(headers: Mapping[str, str]) -> bool:
    """Say whether the object is not encrypted with a key of one's own, which makes other ETags."""
    return not any(
        name.startswith("x-amz-server-side-encryption") and value != "AES256"
        for name, value in headers.items()
    )


def _digest(name: str, descriptor: int) -> str:
    if name in _HASHES:
        found = hashlib.new(name, usedforsecurity=False)
        for chunk in _chunks(descriptor):
            found.update(chunk)
        return base64.b64encode(found.digest()).decode()
    update = _crc_function(name)
    crc = 0
    for chunk in _chunks(descriptor):
        crc = update(chunk, crc)
    return base64.b64encode(crc.to_bytes(_CRC_BYTES[name], "big")).decode()


def _crc_function(name: str) -> Callable[[bytes, int], int]:
    if name == "crc32":
        return zlib.crc32
    from awscrt import checksums

    function: Callable[[bytes, int], int] = getattr(checksums, name)
    return function


def _chunks(descriptor: int) -> Iterator[bytes]:
    offset = 0
    while chunk := os.pread(descriptor, CHUNK, offset):
        offset += len(chunk)
        yield chunk
