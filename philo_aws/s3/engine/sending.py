"""The check of an upload against what the store said of it."""

from __future__ import annotations

from . import proof
from .errors import contradicted, damaged
from .files import Source
from .lanes import Transfer


def check_sent(source: Source, transfer: Transfer, md5: str) -> None:
    """Raise when the file is not what it was, or when its MD5 is not ``md5``, where one is given.

    Stores that do not know a checksum ignore it; their ETag then tells what they keep, at the price
    of reading the file again.
    """
    if not md5:
        source.check()
        return
    with open(source.path, "rb") as file:
        found = proof.digest(proof.MD5, proof.chunks_of(file.fileno()))
    source.check()
    if found == md5:
        return
    known, transfer.digest = transfer.digest, md5
    raise contradicted(transfer.task) if known == md5 else damaged(transfer.task)
