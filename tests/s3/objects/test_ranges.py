from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import ServiceError, UsageError
from philo_aws.s3.objects.ranges import ByteRange, Place, place_of, read_range


@pytest.mark.parametrize(
    ("written", "first", "last", "header"),
    [
        ("0-99", 0, 99, "bytes=0-99"),
        ("5-5", 5, 5, "bytes=5-5"),
        ("100-", 100, None, "bytes=100-"),
        ("0-", 0, None, "bytes=0-"),
        ("-100", None, 100, "bytes=-100"),
        ("bytes=1-2", 1, 2, "bytes=1-2"),
        (" 1-2 ", 1, 2, "bytes=1-2"),
    ],
)
def test_what_is_written(written: str, first: int, last: int, header: str) -> None:
    assert read_range(written) == ByteRange(first, last)
    assert read_range(written).header == header


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-",
        "-0",
        "5",
        "5-4",
        "a-b",
        "1-2,4-5",
        "1-2-3",
        "0x1-2",
        "\N{ARABIC-INDIC DIGIT ONE}-2",
        5,
    ],
)
def test_what_is_no_range(written: Any) -> None:
    with pytest.raises(UsageError):
        read_range(written)


@pytest.mark.parametrize(
    ("written", "told", "size", "place"),
    [
        ("0-99", "bytes 0-99/200", 100, Place(0, 100, 200)),
        ("0-99", "bytes 0-49/50", 50, Place(0, 50, 50)),
        ("150-", "bytes 150-199/200", 50, Place(150, 50, 200)),
        ("-50", "bytes 150-199/200", 50, Place(150, 50, 200)),
        ("-500", "bytes 0-199/200", 200, Place(0, 200, 200)),
        # A store that knows no ranges gives all of it.
        ("0-99", "", 0, Place(0, 0, 0)),
        ("-99", "", 0, Place(0, 0, 0)),
        ("5-99", "", 200, Place(5, 95, 200, before=5)),
        ("5-", "", 200, Place(5, 195, 200, before=5)),
        ("-50", "", 200, Place(150, 50, 200, before=150)),
        ("-500", "", 200, Place(0, 200, 200)),
        ("200-", "", 200, Place(200, 0, 200, before=200)),
    ],
)
def test_where_the_bytes_of_an_answer_are(written: str, told: str, size: int, place: Place) -> None:
    answer = {"ContentLength": size, "ContentRange": told}
    assert place_of(answer, read_range(written)) == place


@pytest.mark.parametrize(
    ("written", "told", "size"),
    [
        ("0-99", "bytes 1-100/200", 100),
        ("0-99", "bytes 0-99/200", 99),
        ("0-99", "bytes 0-98/200", 99),
        ("-50", "bytes 0-49/200", 50),
        ("0-99", "bytes 0-99/*", 100),
    ],
)
def test_an_answer_with_other_bytes_is_none(written: str, told: str, size: int) -> None:
    with pytest.raises(ServiceError, match="does not say that it was done"):
        place_of({"ContentLength": size, "ContentRange": told}, read_range(written))


def test_all_of_an_object() -> None:
    assert place_of({"ContentLength": 7}, None) == Place(0, 7, 7)
