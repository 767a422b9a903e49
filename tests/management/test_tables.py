"""Tables that fit a terminal; what they look like whole is tested in test_output."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Callable
from operator import itemgetter

import pytest
from pytest_django import Settings

from philo_aws.management.tables import LEFT, Column, shortened, table
from tests.running import Result, start_process
from tests.servers import LocalAWS

COLUMNS = (
    Column(title="Key", value=lambda row: row["key"], align=LEFT),
    Column(title="Size (bytes)", value=lambda row: row["size"]),
)
KEY = "static/" + "x" * 200 + "/end.txt"


@pytest.mark.parametrize("width", [40, 79, 80, 120])
def test_it_is_as_wide_as_the_terminal(width: int) -> None:
    drawn = table(COLUMNS, [{"key": KEY, "size": 5}, {"key": "a", "size": 1}], width=width)
    assert {len(line) for line in drawn.splitlines()} == {width}
    assert "| static/x" in drawn
    assert "/end.txt |" in drawn
    assert drawn.count("…") == 1
    assert "Size (bytes)" in drawn


def test_one_that_fits_is_not_touched() -> None:
    rows = [{"key": KEY, "size": 5}]
    assert table(COLUMNS, rows, width=240) == table(COLUMNS, rows)


def test_no_text_is_shorter_than_says_anything() -> None:
    drawn = table(COLUMNS, [{"key": KEY, "size": 5}], width=5)
    assert "| stat…txt |      5       |" in drawn


def test_the_longest_texts_give_first() -> None:
    columns = [Column(title=name, value=itemgetter(name)) for name in "ab"]
    drawn = table(columns, [{"a": "x" * 60, "b": "y" * 12}], width=40)
    assert "y" * 12 in drawn
    assert f"{'x' * 10}…{'x' * 10}" in drawn


def test_signs_that_take_two_characters_of_a_terminal() -> None:
    from wcwidth import wcswidth

    drawn = table(COLUMNS, [{"key": "漢字" * 40, "size": 5}], width=50)
    # One more sign would be too much on either side of the gap.
    assert {wcswidth(line) for line in drawn.splitlines()} == {48}


def test_an_encoding_without_the_sign() -> None:
    drawn = table(COLUMNS, [{"key": KEY, "size": 5}], "ascii", width=60)
    assert drawn.isascii()
    assert "..." in drawn


def test_a_sentence_goes_on_in_the_next_line() -> None:
    columns = [Column(title="Detail", value=lambda row: row["d"], align=LEFT, width=70)]
    drawn = table(columns, [{"d": "one two three four " * 4}, {"d": "x" * 60}], width=30)
    assert {len(line) for line in drawn.splitlines()} == {30}
    assert drawn.count("…") == 1
    assert drawn.count("three") == 4


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc…fg"),
        ("abcdefg", 1, "…"),
        ("漢字漢字", 5, "漢…字"),
    ],
)
def test_texts_are_shortened_in_their_middle(text: str, width: int, shown: str) -> None:
    assert shortened(text, width) == shown


Seen = Callable[..., str]


@pytest.fixture
def seen(settings: Settings) -> Seen:
    """What `manage.py` writes to a terminal of 100 columns."""

    def run(*words: object) -> str:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        process = start_process(*words, aws=settings.AWS, stdout=theirs)
        os.close(theirs)
        parts = []
        # Linux says by an error that the other end is closed.
        with process, os.fdopen(ours, "rb", buffering=0) as screen, contextlib.suppress(OSError):
            while part := screen.read(65536):
                parts.append(part)
        assert process.returncode == 0
        return b"".join(parts).decode().replace("\r\n", "\n")

    return run


@pytest.mark.aws_servers("ministack")
def test_on_a_terminal_alone_and_not_when_it_is_to_be_whole(
    aws: LocalAWS, bucket: str, seen: Seen, run_process: Callable[..., Result]
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"x")
    words = ("aws_s3", "list_objects_v2", f"s3://{bucket}")
    narrow = seen(*words)
    assert {len(line) for line in narrow.splitlines()} == {100}
    assert "…" in narrow
    for whole in (seen(*words, "--wide"), run_process(*words).out):
        assert f"| {KEY} |" in whole
    assert KEY in seen(*words, "--format", "jsonl")
