from __future__ import annotations

import pytest

from philo_aws.admin.text import visible


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
