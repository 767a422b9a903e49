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

from philo_aws.s3.engine.proof import (
    CHUNK,
    NAMES,
    bare_etag,
    checksum_of,
    chunks_of,
    digest,
    digest_of_parts,
    given,
    is_md5,
    is_page,
    md5_of,
    parts_in,
)

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
def test_no_md5_is_taken_from_what_says_nothing(headers: dict[str, str]) -> None:
    assert not is_md5(md5_of(headers))


HEXES = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "text",
    [
        f'"{HEXES}"',
        HEXES,
        HEXES.upper(),
        f'W/"{HEXES}"',
        f"'{HEXES}'",
        f"&quot;{HEXES}&quot;",
        f"&#34;{HEXES.upper()}&#34;",
        f' "{HEXES}" ',
    ],
)
def test_an_etag_however_it_is_spelled(text: str) -> None:
    assert bare_etag(text) == HEXES
    assert is_md5(bare_etag(text))
    assert bare_etag(text.replace(HEXES, HEXES + "-3")).endswith(("-3", HEXES))


def test_an_etag_of_other_meaning_keeps_its_case() -> None:
    assert bare_etag('"0x8D4BCC2E4835CD0"') == "0x8D4BCC2E4835CD0"
    assert not is_md5("0x8D4BCC2E4835CD0")


@pytest.mark.parametrize(
    "etag, parts",
    [(HEXES, 0), (f"{HEXES}-1", 1), (f"{HEXES}-10000", 10_000), ("x-3", 0), (f"{HEXES}-", 0)],
)
def test_the_number_of_parts_in_an_etag(etag: str, parts: int) -> None:
    assert parts_in(etag) == parts
    assert is_md5(etag) == (etag == HEXES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part_size", [7, CHUNK, len(BODY), len(BODY) + 1])
def test_the_digest_of_parts_is_one_over_theirs(descriptor: int, name: str, part_size: int) -> None:
    body = BODY[:1000] if part_size < CHUNK else BODY
    parts = [body[start : start + part_size] for start in range(0, len(body), part_size)]
    raw = b"".join(
        bytes.fromhex(text) if name == "md5" else base64.b64decode(text)
        for text in (digest(name, [part]) for part in parts)
    )
    expected = f"{digest(name, [raw])}-{len(parts)}"
    chunks = [body[:300], body[300:]]
    assert digest_of_parts(name, chunks, part_size) == expected


def test_the_digest_of_nothing_is_of_one_part() -> None:
    nothing = hashlib.md5(usedforsecurity=False).digest()
    whole = hashlib.md5(nothing, usedforsecurity=False).hexdigest()
    assert digest_of_parts("md5", [], 5) == f"{whole}-1"


@pytest.mark.parametrize("name", ["sha512", "xxhash64", "xxhash3", "xxhash128", "md5"])
def test_the_newer_checksums_are_known_too(name: str) -> None:
    text = digest(name, [BODY])
    told = base64.b64encode(bytes.fromhex(text)).decode() if name == "md5" else text
    assert given({f"x-amz-checksum-{name}": told}) == (name, text)


@pytest.mark.parametrize("value", ["rubbish!", "", "-", "-3"])
def test_a_checksum_that_is_none_says_nothing(value: str) -> None:
    assert checksum_of({"x-amz-checksum-crc32": value}) == ("", "")


def test_a_checksum_over_parts_is_told_from_one_of_the_whole() -> None:
    headers = {"x-amz-checksum-crc32": "AAAAAA==-3", "x-amz-checksum-type": "COMPOSITE"}
    assert checksum_of(headers) == ("crc32", "AAAAAA==-3")
    assert given(headers) == ("", "")


def test_a_file_is_read_to_its_end_whatever_size_it_is_said_to_have(descriptor: int) -> None:
    for size in (0, 1, len(BODY), 10 * len(BODY)):
        assert b"".join(chunks_of(descriptor, size)) == BODY


def test_a_page_is_told_from_an_object() -> None:
    page = {"content-type": "text/html; charset=utf-8", "content-length": "20"}
    assert is_page(page)
    assert is_page({"content-type": "Text/HTML"})
    assert not is_page(page | {"content-length": "0"})
    assert not is_page(page | {"x-amz-request-id": "R"})
    assert not is_page({"content-length": "20"})
