"""Every hash of the package: what a store's answer says of an object's bytes, and what they are."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import importlib.util
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from ...limits import MIB

CHUNK = MIB
MD5 = "md5"
"""The name of the digest that an ETag is; its text is hexadecimal, that of all others base64."""
_CRC_BYTES = {"crc64nvme": 8, "crc32c": 4, "crc32": 4}
_XX = {"xxhash3": "new_xxhash3_64", "xxhash64": "new_xxhash64", "xxhash128": "new_xxhash3_128"}
# The cheapest come first.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
NAMES = (*_CRC_BYTES, *_XX, "sha1", "sha256", "sha512", MD5)
"""The algorithms of S3's checksums, in lower case."""
_PREFIX = "x-amz-checksum-"
_HEADERS = tuple((name, _PREFIX + name) for name in NAMES)
_OF_AWSCRT = frozenset({"crc64nvme", "crc32c", *_XX})
_AS_AWS = re.compile(r"[0-9a-f]{32}")
_LOOKS_LIKE_MD5 = re.compile(r"[0-9a-fA-F]{32}(?:-(\d{1,5}))?")


class Hash(Protocol):
    """What :mod:`hashlib` makes."""

    def update(self, chunk: Any, /) -> None:
        """Take some bytes."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""


# ----------------------------------------------------------------------------------- ETags


def bare_etag(text: str) -> str:
    """Return an ETag as AWS spells it, without its quotes.

    Stores, and proxies before them, write it without quotes or with others, escaped as in XML, as a
    weak one (``W/``), or its hexadecimal digits in capitals.
    """
    if len(text) == 34 and text[0] == text[33] == '"' and _AS_AWS.fullmatch(text, 1, 33):
        return text[1:33]
    text = text.strip()
    if text[:2] in ("W/", "w/"):
        text = text[2:]
    text = text.replace("&quot;", '"').replace("&#34;", '"').strip("\"'")
    return text.lower() if _LOOKS_LIKE_MD5.fullmatch(text) else text


def is_md5(etag: str) -> bool:
    """Say whether a bare ETag looks like the MD5 of a whole object."""
    found = _LOOKS_LIKE_MD5.fullmatch(etag)
    return found is not None and found[1] is None


def parts_in(etag: str) -> int:
    """Return of how many parts' MD5s a bare ETag may be the MD5; 0 where it is another one."""
    found = _LOOKS_LIKE_MD5.fullmatch(etag)
    return int(found[1] or 0) if found else 0


def is_encrypted(headers: Mapping[str, str]) -> bool:
    """Say whether the ETag only looks like an MD5, by the answer's headers (lower-case names).

    That is so where the object is encrypted with a key of one's own, and in directory buckets:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html.
    """
    return (
        headers.get("x-amz-server-side-encryption", "AES256") != "AES256"
        or "x-amz-server-side-encryption-customer-algorithm" in headers
        or headers.get("x-amz-storage-class") == "EXPRESS_ONEZONE"
    )


def md5_of(headers: Mapping[str, str], etag: str | None = None) -> str:
    """Return the MD5 that the ETag is, of the object or of its parts' MD5s; empty if it is none.

    ``etag`` is the bare one, where it is known already.
    """
    if etag is None:
        etag = bare_etag(headers.get("etag", ""))
    looks = _LOOKS_LIKE_MD5.fullmatch(etag) is not None
    return etag if looks and not is_encrypted(headers) else ""


# -------------------------------------------------------------------------- what is given


def given(headers: Mapping[str, str], *, checksums: bool = True) -> tuple[str, str]:
    """Return the algorithm and the digest that the answer's headers (lower-case names) give.

    Both are empty where nothing is said of the object as a whole: the checksum, or the ETag, of an
    object sent in parts is one over those of its parts, whose sizes nobody tells. Without
    ``checksums`` only the ETag is looked at.
    """
    if checksums:
        name, value = checksum_of(headers)
        if name and "-" not in value:
            return name, value
    md5 = md5_of(headers)
    return (MD5, md5) if is_md5(md5) else ("", "")


def checksum_of(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the algorithm and the value of the cheapest checksum that can be compared.

    A value over those of parts has their number behind it, as an ETag has.
    """
    for name, header in _HEADERS:
        value = headers.get(header, "")
        if not value or not _is_computable(name):
            continue
        digest_, _, parts = value.partition("-")
        if headers.get("x-amz-checksum-type") == "COMPOSITE" and not parts:
            continue
        raw = _decoded(digest_)
        if raw:
            return name, raw.hex() + value[len(digest_) :] if name == MD5 else value
    return "", ""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""  # nothing that a checksum can be


def is_page(headers: Mapping[str, str]) -> bool:
    """Say whether an answer (lower-case names) is a page for people, and none of a store.

    AWS and the stores that speak its protocol name themselves in a header of their own
    (``x-amz-request-id``); what stands between here and there has no reason to.
    """
    if not headers.get("content-type", "").lower().startswith("text/html"):
        return False
    if headers.get("content-length") == "0":
        return False
    return not any(name.startswith("x-amz") for name in headers)


# -------------------------------------------------------------------------- what it really is


def new_hash(name: str) -> Hash:
    """Return an empty hash of one of :data:`NAMES`."""
    if name in _CRC_BYTES:
        return _Crc(name)
    if name in _XX:
        return _Xx(name)
    return hashlib.new(name, usedforsecurity=False)


def digest(name: str, chunks: Iterable[bytes]) -> str:
    """Return the digest of all ``chunks`` as the headers of a store spell it."""
    if name in _CRC_BYTES:  # with no object in between, as there are many small files
        function, value = _crc_function(name), 0
        for chunk in chunks:
            value = function(chunk, value)
        return base64.b64encode(value.to_bytes(_CRC_BYTES[name], "big")).decode()
    made = new_hash(name)
    for chunk in chunks:
        made.update(chunk)
    return spelled(name, made.digest())


def digest_of_parts(name: str, chunks: Iterable[bytes], part_size: int) -> str:
    """Return the digest of the digests of parts of so many bytes, and behind it their number."""
    whole, part, count, room = new_hash(name), new_hash(name), 0, 0
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            if not room:
                if count:
                    whole.update(part.digest())
                    part = new_hash(name)
                count, room = count + 1, part_size
            part.update(view[:room])
            taken = min(room, len(view))
            view, room = view[taken:], room - taken
    whole.update(part.digest())
    return f"{spelled(name, whole.digest())}-{count or 1}"


def etag_of_one_part(etag: str) -> str:
    """Return the ETag of the same content sent as the only part of an upload; empty for no MD5."""
    if not _LOOKS_LIKE_MD5.fullmatch(etag) or "-" in etag:
        return ""
    whole = new_hash(MD5)
    whole.update(bytes.fromhex(etag))
    return f"{spelled(MD5, whole.digest())}-1"


def chunks_of(descriptor: int, size: int = CHUNK) -> Iterator[bytes]:
    """Give the content of an open file, which has about ``size`` bytes."""
    # Reading one byte more than there is costs less than asking for a whole chunk.
    step = min(CHUNK, size + 1)
    offset = 0
    while chunk := os.pread(descriptor, step, offset):
        yield chunk
        if len(chunk) < step:
            return  # that was the end, so that small files are read at once
        offset += len(chunk)


def spelled(name: str, raw: bytes) -> str:
    """Return a digest as the headers of a store spell it."""
    return raw.hex() if name == MD5 else base64.b64encode(raw).decode()


def _is_computable(name: str) -> bool:
    return name not in _OF_AWSCRT or importlib.util.find_spec("awscrt") is not None


class _Crc:
    __slots__ = ("_function", "_size", "_value")

    def __init__(self, name: str) -> None:
        self._function = _crc_function(name)
        self._size = _CRC_BYTES[name]
        self._value = 0

    def update(self, chunk: Any) -> None:
        self._value = self._function(chunk, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _Xx:
    __slots__ = ("_made",)

    def __init__(self, name: str) -> None:
        from awscrt.checksums import XXHash

        self._made: Any = getattr(XXHash, _XX[name])()

    def update(self, chunk: Any) -> None:
        self._made.update(bytes(chunk))

    def digest(self) -> bytes:
        return bytes(self._made.finalize())


@functools.cache
def _crc_function(name: str) -> Callable[[Any, int], int]:
    if name == "crc32":
        return zlib.crc32
    from awscrt import checksums

    function: Callable[[Any, int], int] = getattr(checksums, name)
    return function
