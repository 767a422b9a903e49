from __future__ import annotations

import pytest

from philo_aws.admin.text import LONGEST, lines, visible


@pytest.mark.parametrize(
    "text, shown",
    [
        ("plain ümläut 日本 🎉", "plain ümläut 日本 🎉"),
        ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_of_a_very_long_text_the_beginning_is_shown_and_how_long_it_is() -> None:
    assert visible("x" * LONGEST) == "x" * LONGEST
    assert visible("x" * (LONGEST + 1)) == "x" * LONGEST + "… (1 more character)"
    assert visible("\n" * 9000, most=2) == "\\n\\n… (8,998 more characters)"


def test_control_characters_are_spelt_out_line_by_line() -> None:
    assert lines("a\tb\x1b[31m\r\n\u202ec") == "a\tb\\x1b[31m\\r\n\\u202ec"
    assert lines("plain ümläut") == "plain ümläut"


def test_the_joiners_of_letters_are_part_of_the_text() -> None:
    text = "می\u200cخواهم\n\U0001f469\u200d\U0001f4bb"
    assert lines(text) == text
