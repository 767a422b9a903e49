"""What a store's answer says of the bytes of an object, and the same of the bytes at this end."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from ...limits import MIB

CHUNK = MIB
MD5 = "md5"
_CRC_BYTES = {"crc64nvme": 8, "crc32c": 4, "crc32": 4}
_HASHES = ("sha256", "sha1")
_HEADERS = tuple((name, f"x-amz-checksum-{name}") for name in (*_CRC_BYTES, *_HASHES))
_LOOKS_LIKE_MD5 = re.compile(r"[0-9a-f]{32}")


def given(headers: Mapping[str, str], *, checksums: bool = True) -> tuple[str, str]:
    """Return the algorithm and the digest that the answer's headers (lower-case names) give.

    Both are empty where nothing is said of the object as a whole: the checksum, or the ETag, of an
    object sent in parts is one over those of its parts, whose sizes nobody tells. Without
    ``checksums`` only the ETag is looked at.
    """
    if checksums:
        for name, header in _HEADERS:
            value = headers.get(header, "")
            if value and "-" not in value and _is_whole(headers) and _is_computable(name):
                return name, value
    md5 = md5_of(headers)
    return (MD5, md5) if md5 else ("", "")


def md5_of(headers: Mapping[str, str]) -> str:
    """Return the MD5 that the ETag is, empty where it is none.

    ETags of other meaning look the same where the object is encrypted with a key of one's own, and
    in directory buckets: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html.
    """
    etag = headers.get("etag", "").strip('"').lower()
    if not _LOOKS_LIKE_MD5.fullmatch(etag):
        return ""
    other = (
        headers.get("x-amz-server-side-encryption", "AES256") != "AES256"
        or "x-amz-server-side-encryption-customer-algorithm" in headers
        or headers.get("x-amz-storage-class") == "EXPRESS_ONEZONE"
    )
    return "" if other else etag


def unproven_md5(etag: str, headers: Collection[tuple[str, str]]) -> str:
    """Return the MD5 to compare with what was sent, by the answer to an upload.

    It is empty where the store tells the checksum that it compared, and where its ETag is no MD5.
    """
    if len(etag) != 32:
        return ""
    for name, _ in headers:
        if name[:15].lower() == "x-amz-checksum-":
            return ""
    return md5_of({name.lower(): value for name, value in headers})


def digest(name: str, chunks: Iterable[bytes]) -> str:
    """Return the digest of all ``chunks`` as the headers of a store spell it."""
    if name in _CRC_BYTES:
        update = _crc_function(name)
        crc = 0
        for chunk in chunks:
            crc = update(chunk, crc)
        return base64.b64encode(crc.to_bytes(_CRC_BYTES[name], "big")).decode()
    found = hashlib.new(name, usedforsecurity=False)
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest() if name == MD5 else base64.b64encode(found.digest()).decode()


def chunks_of(descriptor: int) -> Iterator[bytes]:
    """Give the content of an open file."""
    offset = 0
    while chunk := os.pread(descriptor, CHUNK, offset):
        offset += len(chunk)
        yield chunk


def _is_whole(headers: Mapping[str, str]) -> bool:
    return headers.get("x-amz-checksum-type") != "COMPOSITE"


def _is_computable(name: str) -> bool:
    return name not in ("crc64nvme", "crc32c") or importlib.util.find_spec("awscrt") is not None


def _crc_function(name: str) -> Callable[[bytes, int], int]:
    if name == "crc32":
        return zlib.crc32
    from awscrt import checksums

    function: Callable[[bytes, int], int] = getattr(checksums, name)
    return function
