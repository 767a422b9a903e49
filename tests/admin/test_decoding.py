from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.admin.decoding import decoded, decoded_end

TEXT = "Grüße, 日本\r\nλ"
TEXT_READ = TEXT.replace("\r", "")


@pytest.mark.parametrize(
    ("start", "content_type", "text", "encoding"),
    [
        (TEXT.encode(), "text/plain", "Grüße, 日本\nλ", ""),
        (TEXT.encode("utf-8-sig"), "text/plain; charset=iso-8859-1", "Grüße, 日本\nλ", ""),
        (TEXT.encode("utf-16"), "text/plain", "Grüße, 日本\nλ", "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "", "Grüße, 日本\nλ", "utf-16"),
        (TEXT.encode("utf-32"), "text/plain", "Grüße, 日本\nλ", "utf-32"),
        (TEXT.encode("utf-16-le"), "text/plain; charset=UTF-16LE", "Grüße, 日本\nλ", "utf-16-le"),
        ("Grüße €".encode("cp1252"), "text/plain", "Grüße €", "cp1252"),
        ("Grüße".encode("latin-1"), "text/plain; charset=utf-8", "Grüße", "cp1252"),
        ("Grüße".encode("latin-1"), 'text/csv; a=b; Charset="ISO-8859-1"', "Grüße", "iso8859-1"),
        ("日本".encode("shift_jis"), "text/plain;charset=Shift_JIS", "日本", "shift_jis"),
        ("жизнь".encode("koi8-r"), "text/plain; charset=koi8-r", "жизнь", "koi8-r"),
        ("é".encode(), "text/plain; charset=us-ascii", "é", ""),
        ("é".encode(), "text/plain; charset=no-such", "é", ""),
        (TEXT.encode("utf-16-le") + b"a\0b\0c\0d\0", "", TEXT_READ + "abcd", "utf-16-le"),
        ("no mark\r\n".encode("utf-16-be"), "text/plain", "no mark\n", "utf-16-be"),
        (b"\x1b[31mred\x07", "text/plain", "\x1b[31mred\x07", ""),
        ("日本".encode()[:-1], "text/plain", "日", ""),
        (b"", "text/plain", "", ""),
    ],
)
def test_text_is_read_as_it_was_written(
    start: bytes, content_type: str, text: str, encoding: str
) -> None:
    found = decoded(start, content_type)
    assert found is not None
    assert (found.text, found.encoding) == (text, encoding)


@pytest.mark.parametrize(
    ("start", "content_type"),
    [
        (b"\0\1\2", "text/plain"),
        (b"\x7fELF\x02\x01\x01", "text/plain"),
        ("no mark".encode("utf-16-le")[:-1], "text/plain"),
        (bytes(range(1, 9)) + bytes(8), "text/plain"),
        (b"\1\0\2\0\3\0\4\0", "text/plain"),
        (bytes(16), "text/plain"),
        (b"\xff\xfe" + b"\0\xd8" * 3, "text/plain"),
        (b"a\0b", "text/plain; charset=iso-8859-1"),
    ],
)
def test_what_is_no_text_is_not_shown_as_one(start: bytes, content_type: str) -> None:
    assert decoded(start, content_type) is None


@pytest.mark.parametrize(
    "charset", ["zlib", "hex", "rot13", "idna", "punycode", "unicode_escape", "utf-7", "x" * 99999]
)
def test_no_codec_that_is_none_of_text_is_used(charset: str) -> None:
    began = time.process_time()
    found = decoded(b"x-" * 32_000 + b"a9b", f"text/plain; charset={charset}")
    assert found is not None
    assert found.encoding == ""
    assert time.process_time() - began < 1


@given(st.binary(max_size=200), st.sampled_from(["", "; charset=utf-16", "; charset=gb18030"]))
def test_whatever_the_bytes_it_is_text_or_none(start: bytes, charset: str) -> None:
    found = decoded(start, f"text/plain{charset}")
    assert found is None or "\0" not in found.text


@pytest.mark.parametrize(
    ("part", "content_type", "text"),
    [
        (b"st of a line\nsecond\nthird\n", "", "second\nthird\n"),
        ("日本 one line".encode()[1:], "", "本 one line"),
        ("rst\nGrüße".encode("latin-1"), "text/plain; charset=iso-8859-1", "Grüße"),
        ("rst\r\nsecond".encode("utf-16-le"), "text/plain", "second"),
        ("rst\r\nsecond".encode("utf-16-be"), "text/plain; charset=utf-16", "second"),
        ("no end of a line".encode("utf-16-le"), "", "no end of a line"),
        ("日\n日本".encode("utf-16-le"), "text/plain; charset=utf-16le", "日本"),
        (b"only one line\n", "", "only one line\n"),
    ],
)
def test_of_the_end_of_a_text_the_line_that_began_before_is_left_out(
    part: bytes, content_type: str, text: str
) -> None:
    found = decoded_end(part, content_type)
    assert found is not None
    assert found.text == text


def test_the_end_of_what_is_no_text_is_none() -> None:
    assert decoded_end(b"\x7fELF\0\1\2") is None
    assert decoded_end(b"\1\2\n\3\4") is None
