"""What is stored of a content: types, charsets, and what is packed."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile

from philo_aws.s3.headers import Headers
from philo_aws.storage.contents import (
    IN_MEMORY,
    PLAIN_SIZE,
    is_packed_here,
    packed_blocks,
    stored,
)

TYPES = ("text/css", "text/plain")


def made(content: Any, name: str, packed: tuple[str, ...] = ()) -> tuple[dict[str, str], bytes]:
    found = stored(content, name, Headers().of(name), packed)
    return dict(found.headers), b"".join(found.blocks)


def test_the_name_tells_the_type_and_the_content_its_charset() -> None:
    assert made(ContentFile("grün"), "a.txt") == (
        {"Content-Type": "text/plain; charset=utf-8"},
        "grün".encode(),
    )
    assert made(ContentFile(b"gr\xfcn"), "a.txt")[0] == {"Content-Type": "text/plain"}
    assert made(ContentFile(b"\0"), "a.png")[0] == {"Content-Type": "image/png"}


def test_what_a_browser_says_of_an_upload_counts_for_nothing() -> None:
    page = b"<script>alert(1)</script>"
    upload = SimpleUploadedFile("a.png", page, content_type="text/html")
    assert made(upload, "a.png")[0] == {"Content-Type": "image/png"}
    # As a model's field has it.
    assert made(File(upload, "a.png"), "a.png")[0] == {"Content-Type": "image/png"}
    other = InMemoryUploadedFile(io.BytesIO(page), None, "a", "text/html", len(page), None)
    assert made(other, "a")[0] == {"Content-Type": "application/octet-stream"}


def test_a_content_of_the_sites_own_says_its_type() -> None:
    content = ContentFile(b"{}")
    content.content_type = "application/geo+json"  # type: ignore[attr-defined]
    assert made(content, "a.json")[0] == {"Content-Type": "application/geo+json"}
    chosen = {"Content-Type": "application/x-mine"}
    assert dict(stored(content, "a.json", chosen).headers) == chosen


def test_a_text_is_packed_only_where_that_is_smaller() -> None:
    text = b"body { color: red }\n" * 100
    headers, body = made(ContentFile(text), "a.css", TYPES)
    assert headers == {
        "Content-Type": "text/css; charset=utf-8",
        "Content-Encoding": "gzip",
        PLAIN_SIZE: "2000",
    }
    assert gzip.decompress(body) == text
    assert len(body) < 100
    assert made(ContentFile(b"x"), "a.css", TYPES) == (
        {"Content-Type": "text/css; charset=utf-8"},
        b"x",
    )
    assert made(ContentFile(text), "a.js", TYPES)[1] == text


def test_what_is_packed_already_stays_as_it_is() -> None:
    packed = gzip.compress(b"x" * 1000)
    headers, body = made(ContentFile(packed), "a.css.gz", TYPES)
    assert body == packed
    assert PLAIN_SIZE not in headers
    assert is_packed_here("a.css", "gzip", TYPES)
    assert not is_packed_here("a.css.gz", "gzip", TYPES)
    assert not is_packed_here("a.css", "gzip", ())
    assert not is_packed_here("a.css", "", TYPES)


def test_the_same_content_is_packed_to_the_same_bytes() -> None:
    text = bytes(range(256)) * 1000
    once = b"".join(packed_blocks([text]))
    assert once == b"".join(packed_blocks([text]))
    assert once[4:8] == b"\0\0\0\0"  # no time in it
    assert gzip.decompress(once) == text


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, IN_MEMORY * 2 + 5])
@pytest.mark.parametrize("packed", [(), TYPES])
def test_nothing_of_a_large_content_is_lost(size: int, packed: tuple[str, ...]) -> None:
    text = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    headers, body = made(ContentFile(text), "a.txt", packed)
    if "Content-Encoding" in headers:
        body = gzip.decompress(body)
    assert body == text


def test_the_content_is_read_from_its_chunks_alone() -> None:
    class Chunks:
        def chunks(self) -> Any:
            yield b"a"
            yield "ü"

    assert made(Chunks(), "a.bin")[1] == "aü".encode()


def test_the_content_is_read_from_its_beginning_and_not_closed() -> None:
    content = ContentFile(b"whole")
    content.read(3)
    assert made(content, "a.bin")[1] == b"whole"
    assert not content.closed
