"""boto's answers, as people read them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from philo_aws.management.readable import human_size, readable

WHEN = datetime.datetime(2018, 4, 11, 15, 56, 52, 7, tzinfo=datetime.UTC)


def test_names_and_values_without_the_request() -> None:
    answer = {
        "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"server": "x"}},
        "LastModified": WHEN,
        "ContentLength": 7110629,
        "ETag": '"9a03"',
        "DeleteMarker": False,
        "Restore": None,
        "Empty": "",
        "Metadata": {"author": "me", "year": 2018},
        "Tags": {},
    }
    assert readable(answer) == (
        "LastModified:  2018-04-11 15:56:52+00:00\n"
        "ContentLength: 7110629 (7.1 MB)\n"
        'ETag:          "9a03"\n'
        "DeleteMarker:  no\n"
        "Restore:       none\n"
        'Empty:         ""\n'
        "Metadata:\n"
        "  author: me\n"
        "  year:   2018\n"
        "Tags:          none"
    )


def test_lists_of_objects_and_of_values() -> None:
    answer = {
        "Messages": [
            {"MessageId": "1", "Attributes": {"SentTimestamp": "5"}, "Body": "x"},
            {"MessageId": "2"},
        ],
        "Names": ["a", "b"],
        "Pairs": [["a", 1], []],
    }
    assert readable(answer) == (
        "Messages:\n"
        "  - MessageId: 1\n"
        "    Attributes:\n"
        "      SentTimestamp: 5\n"
        "    Body:      x\n"
        "  - MessageId: 2\n"
        "Names:\n"
        "  - a\n"
        "  - b\n"
        "Pairs:\n"
        "  - - a\n"
        "    - 1\n"
        "  - none"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\x1b[2J\u202e", r"\x1b[2J\u202e"),
        ("a\nETag: b", r"a\nETag: b"),
        (b"text", "text"),
        (b"\x1b", r"\x1b"),
        (b"\xff\x00", "base64 /wA="),
        (True, "yes"),
        (0, "0"),
    ],
)
def test_every_value_is_one_line_that_drives_no_terminal(value: Any, shown: str) -> None:
    assert readable({"Body": value}) == f"Body: {shown}"
    assert readable({"Body": {"\x1b": [value]}}) == f"Body:\n  \\x1b:\n    - {shown}"


def test_an_answer_of_the_request_alone_says_nothing() -> None:
    assert readable({"ResponseMetadata": {"HTTPStatusCode": 204}}) == ""


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5 * 10**12, "5.0 TB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_sizes(size: int, shown: str) -> None:
    assert human_size(size) == shown
