"""Whether files are UTF-8; what is said of one must never be wrong."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.s3.files.charset import LARGEST, file_is_utf8, is_utf8
from philo_aws.s3.files.rooted import Root


def told(path: Path, content: bytes, encoding: str = "") -> bool:
    path.write_bytes(content)
    return file_is_utf8(str(path), len(content), encoding)


@given(st.binary(max_size=40), st.integers(1, 7))
def test_only_what_decodes_is_utf_8(content: bytes, size: int) -> None:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    try:
        content.decode()
    except UnicodeDecodeError:
        assert not is_utf8(pieces)
    else:
        assert is_utf8(pieces) is not (b"\0" in content or b"\x1b" in content)


@pytest.mark.parametrize(
    ("charset", "expected"),
    [
        ("utf-8", True),
        ("latin-1", False),
        ("utf-16", False),
        ("utf-16-le", False),
    ],
)
def test_encodings_are_told_apart(tmp_path: Path, charset: str, expected: bool) -> None:
    assert told(tmp_path / "f", "Käse".encode(charset)) is expected


def test_encodings_of_seven_bits_are_not_utf_8(tmp_path: Path) -> None:
    assert not told(tmp_path / "f", "日本".encode("iso2022_jp"))
    assert not told(tmp_path / "f", "plain".encode("utf-16-le"))


def test_what_is_cut_within_a_character_is_not_utf_8(tmp_path: Path) -> None:
    assert not told(tmp_path / "f", "aü".encode()[:-1])


def test_all_of_a_short_text_is_looked_at(tmp_path: Path) -> None:
    assert told(tmp_path / "f", b"a" * 1000)
    assert not told(tmp_path / "f", b"a" * 1000 + b"\xff")


def test_all_of_a_long_text_is_looked_at(tmp_path: Path) -> None:
    text = "ü".encode() * 300_000
    assert told(tmp_path / "f", b"a" + text)
    assert not told(tmp_path / "f", text + b"\xff")
    assert told(tmp_path / "f", gzip.compress(text), "gzip")
    assert not told(tmp_path / "f", gzip.compress(text + b"\xff"), "gzip")


def test_of_what_is_too_large_nothing_is_said(tmp_path: Path) -> None:
    assert told(tmp_path / "f", b"a" * LARGEST)
    assert not told(tmp_path / "f", b"a" * (LARGEST + 1))
    # By what was listed, without a look.
    assert not file_is_utf8(__file__, LARGEST + 1)
    # A little that unpacks to a lot.
    assert not told(tmp_path / "f", gzip.compress(b"a" * (LARGEST + 1)), "gzip")
    # It grew since it was listed.
    assert not file_is_utf8(str(tmp_path / "f"), 10, "gzip")


def test_what_is_no_whole_gzip_is_not_told(tmp_path: Path) -> None:
    whole = gzip.compress(b"text")
    assert told(tmp_path / "f", whole, "gzip")
    for content in (b"text", b"", whole[:-1], whole + whole):
        assert not told(tmp_path / "f", content, "gzip")


def test_what_cannot_be_read_is_not_told(tmp_path: Path) -> None:
    assert not file_is_utf8(str(tmp_path / "none"), 1)
    assert not file_is_utf8(str(tmp_path), 1)
    assert not file_is_utf8("a\0b", 1)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    # Nobody writes to it: a blocking open would never return.
    assert file_is_utf8(str(tmp_path / "pipe"), 0) is False


def test_a_link_that_took_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside").write_bytes("ü".encode())
    (tmp_path / "tree" / "f").symlink_to(tmp_path / "outside")
    path = str(tmp_path / "tree" / "f")
    for follow in (True, False):
        with Root(tmp_path / "tree", follow=follow) as root:
            assert file_is_utf8(path, 2, root=root) is follow
