"""The check of an upload against what the store said of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from . import proof
from .errors import MOST_DAMAGED, contradicted, damaged, unproven
from .files import Source
from .size_class import Transfer

Digest = tuple[str, str]
"""An algorithm and its text, both empty where nothing is told."""


class Proof:
    """What of the answers to uploads is compared with the files, for all of one engine."""

    def __init__(self, *, compares: bool, is_aws: bool, extra_args: Mapping[str, Any]) -> None:
        """``compares`` says whether the store is to compare what it gets with a checksum."""
        self._compares = compares
        self._is_aws = is_aws
        # The answers do not all say it.
        self._is_encrypted = (
            "SSECustomerAlgorithm" in extra_args
            or extra_args.get("ServerSideEncryption", "AES256") != "AES256"
        )

    def check(self, transfer: Transfer, headers: Mapping[str, str]) -> None:
        """Raise unless the answer (names in lower case) says that the store has the object.

        S3 gives an ETag in the answer to every upload, and no page with it:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html.
        """
        transfer.etag = proof.bare_etag(headers.get("etag", ""))
        if not transfer.etag or proof.is_page(headers):
            raise unproven(transfer.task)

    def digest(self, headers: Mapping[str, str], etag: str, *, size: int, part_size: int) -> Digest:
        """Return the digest in an answer that is to be that of a file of ``size`` bytes.

        ``etag`` is the bare one in it. The digest is the checksum, else the MD5 that the ETag is.
        That of an upload in parts has their number behind it; AWS itself compared the checksum of
        each of them, so that no large file is read again for AWS.
        """
        if not self._compares:
            return "", ""
        name, value = proof.checksum_of(headers)
        if name and "-" not in value:
            return name, value
        md5 = "" if self._is_encrypted else proof.md5_of(headers, etag)
        parts = proof.parts_in(md5) if "-" in md5 else 0
        if parts and (self._is_aws or not part_size or parts != -(-size // part_size)):
            md5 = ""
        return (proof.MD5, md5) if md5 else ("", "")


def check_sent(source: Source, transfer: Transfer, given: Digest, *, part_size: int = 0) -> None:
    """Raise when the file is not what it was, or has not the digest that the store gave."""
    name, expected = given
    found = _digest(source, name, part_size if "-" in expected else 0) if name else ""
    source.check()
    if found != expected:
        known, transfer.digest = transfer.digest, expected
        transfer.damages += 1
        again = known != expected and transfer.damages < MOST_DAMAGED
        raise damaged(transfer.task) if again else contradicted(transfer.task)


def _digest(source: Source, name: str, part_size: int) -> str:
    with contextlib.closing(source.chunks()) as chunks:
        if part_size:
            return proof.digest_of_parts(name, chunks, part_size)
        return proof.digest(name, chunks)
