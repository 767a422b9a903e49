from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import InvalidRequestError
from philo_aws.s3.request.metadata import check_metadata, check_tags


@pytest.mark.parametrize(
    "metadata",
    [
        {"": "x"},
        {"a b": "x"},
        {"ü": "x"},
        {"a": "ü"},
        {"a": "x\n"},
        {"a": "x" * 2048},
        {"a": "x", "A": "y"},
        {"a": 1},
        {1: "a"},
        {"a": " x"},
        {"a": "x "},
        {"a": "x\ty"},
        ["a"],
        "a=1",
    ],
)
def test_metadata_that_no_header_can_carry(metadata: Any) -> None:
    with pytest.raises(InvalidRequestError):
        check_metadata(metadata)


def test_the_most_tags_there_may_be() -> None:
    check_tags({f"{n}".ljust(128, "n"): "v" * 256 for n in range(10)})
    check_tags({"\U00020000" * 64: "\U00020000" * 128, "xaws:": "", "日本 + - = . _ : / @": "٣½"})
