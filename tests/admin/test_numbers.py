from __future__ import annotations

import pytest
from django.utils import translation

from philo_aws.admin.numbers import grouped


@pytest.mark.parametrize(
    ("language", "written"), [("en", "1,234,567"), ("de", "1.234.567"), ("en-gb", "1,234,567")]
)
def test_thousands_are_grouped_as_the_language_does(language: str, written: str) -> None:
    with translation.override(language):
        assert grouped(1_234_567) == written
        assert grouped(7) == "7"
