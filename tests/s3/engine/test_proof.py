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

from philo_aws.s3.engine.proof import CHUNK, chunks_of, digest, given, unproven_md5

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
    algorithm, expected = given({name: GOOD[name]})
    assert algorithm == ("md5" if name == "etag" else name.removeprefix("x-amz-checksum-"))
    assert digest(algorithm, chunks_of(descriptor)) == expected
    assert digest(algorithm, [BODY]) == expected
    assert digest(algorithm, [BODY, b"more"]) != expected


def test_a_checksum_is_taken_before_the_etag_where_both_are_wanted() -> None:
    assert given(GOOD) == ("crc64nvme", GOOD["x-amz-checksum-crc64nvme"])
    assert given(GOOD, checksums=False) == ("md5", GOOD["etag"].strip('"'))


def test_without_awscrt_the_checksums_that_only_it_computes_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert given(GOOD) == ("crc32", GOOD["x-amz-checksum-crc32"])


SAYS_NOTHING: list[dict[str, str]] = [
    {},
    {"etag": '"0123456789abcdef0123456789abcdef-3"'},
    {"etag": f'W/"{"0" * 32}"'},
    {"etag": "no hexadecimal digits, 32 in all"},
    {"etag": "0" * 32, "x-amz-server-side-encryption": "aws:kms"},
    {"etag": "0" * 32, "x-amz-server-side-encryption": "aws:kms:dsse"},
    {"etag": "0" * 32, "x-amz-server-side-encryption-customer-algorithm": "AES256"},
    {"etag": "0" * 32, "x-amz-storage-class": "EXPRESS_ONEZONE"},
]


@pytest.mark.parametrize(
    "headers",
    [
        *SAYS_NOTHING,
        {"x-amz-checksum-crc32": "AAAAAA==-3"},
        {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-type": "COMPOSITE"},
    ],
)
def test_what_says_nothing_of_the_whole(headers: dict[str, str]) -> None:
    assert given(headers) == ("", "")


def test_an_etag_is_an_md5_in_either_case_and_where_the_store_has_the_key() -> None:
    headers = {"etag": '"' + "AB" * 16 + '"', "x-amz-server-side-encryption": "AES256"}
    assert given(headers) == ("md5", "ab" * 16)


@pytest.mark.parametrize("headers", SAYS_NOTHING)
def test_an_upload_is_not_compared_by_what_says_nothing(headers: dict[str, str]) -> None:
    assert unproven_md5(headers.get("etag", "").strip('"'), headers.items()) == ""


def test_an_upload_is_compared_by_the_etag_where_the_store_tells_no_checksum() -> None:
    etag = "0" * 32
    answer = [("Server", "x"), ("ETag", f'"{etag}"')]
    assert unproven_md5(etag, answer) == etag
    assert unproven_md5(etag, [*answer, ("X-Amz-Checksum-CRC32", "AAAAAA==")]) == ""
