from __future__ import annotations

import pytest
from django.utils import translation

from philo_aws.admin.numbers import binary_size, exact_bytes, grouped


@pytest.mark.parametrize(
    ("language", "written"), [("en", "1,234,567"), ("de", "1.234.567"), ("en-gb", "1,234,567")]
)
def test_thousands_are_grouped_as_the_language_does(language: str, written: str) -> None:
    with translation.override(language):
        assert grouped(1_234_567) == written
        assert grouped(7) == "7"


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1 KiB"),
        (25_548, "24.9 KiB"),
        (1024**2 - 1, "1 MiB"),
        (1024**2, "1 MiB"),
        (5 * 1024**3 + 1024**3 // 2, "5.5 GiB"),
        (1024**4, "1 TiB"),
        (3000 * 1024**5, "3,000 PiB"),
    ],
)
def test_sizes_are_told_by_powers_of_1024(size: int, written: str) -> None:
    assert binary_size(size) == written.replace(" ", "\xa0")


def test_sizes_in_german() -> None:
    with translation.override("de"):
        assert binary_size(25_548) == "24,9\xa0KiB"
        assert binary_size(1024**2) == "1\xa0MiB"
        assert exact_bytes(1024**2) == "1.048.576 Bytes"
