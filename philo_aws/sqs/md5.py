"""The MD5 digests by which SQS proves what it has: of a body, and of message attributes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

_TEXT = b"\x01"
_BINARY = b"\x02"


def md5_of_body(body: str) -> str:
    """Return the digest of a body, in hexadecimal, as ``MD5OfMessageBody`` has it."""
    return hashlib.md5(_utf8(body), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the digest of attributes in boto's form, as ``MD5OfMessageAttributes`` has it.

    In the order of the names: name, data type, one byte for text or bytes, value; all but that byte
    behind its length in four bytes.
    """
    digest = hashlib.md5(usedforsecurity=False)
    for name, value in sorted(attributes.items(), key=lambda item: _utf8(item[0])):
        digest.update(_counted(_utf8(name)))
        digest.update(_counted(_utf8(value["DataType"])))
        if value["DataType"].startswith("Binary"):
            digest.update(_BINARY)
            digest.update(_counted(bytes(value["BinaryValue"])))
        else:
            digest.update(_TEXT)
            digest.update(_counted(_utf8(value["StringValue"])))
    return digest.hexdigest()


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _utf8(text: str) -> bytes:
    # What a server sends may hold halves of surrogate pairs: it has no digest that fits, no error.
    return text.encode("utf-8", "surrogatepass")
