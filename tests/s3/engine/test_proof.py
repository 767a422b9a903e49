"""A file against the checksums of its object."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from awscrt import checksums

from philo_aws.s3.engine.proof import CHUNK, matches

BODY = os.urandom(CHUNK + 12345)


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "f").write_bytes(BODY)
    with (tmp_path / "f").open("rb") as file:
        yield file.fileno()


def text(number: int, size: int) -> str:
    return base64.b64encode(number.to_bytes(size, "big")).decode()


GOOD = {
    "x-amz-checksum-crc64nvme": text(checksums.crc64nvme(BODY), 8),
    "x-amz-checksum-crc32c": text(checksums.crc32c(BODY), 4),
    "x-amz-checksum-crc32": text(zlib.crc32(BODY), 4),
    "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
    "etag": f'"{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"',
}


@pytest.mark.parametrize("name", GOOD)
def test_each_checksum(descriptor: int, name: str) -> None:
    assert matches(descriptor, {name: GOOD[name]}) is True
    other = "0" * 32 if name == "etag" else base64.b64encode(b"\0" * 8).decode()
    assert matches(descriptor, {name: other}) is False


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"etag": '"0123456789abcdef0123456789abcdef-3"'},
        {"x-amz-checksum-crc32": "AAAAAA==-3"},
        {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-type": "COMPOSITE"},
        {"etag": "0" * 32, "x-amz-server-side-encryption": "aws:kms"},
        {"etag": "0" * 32, "x-amz-server-side-encryption-customer-algorithm": "AES-256"},
    ],
)
def test_what_says_nothing_of_the_whole(descriptor: int, headers: dict[str, str]) -> None:
    assert matches(descriptor, headers) is None
