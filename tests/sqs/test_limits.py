from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import InvalidRequestError
from philo_aws.sqs.attributes import typed_attributes
from philo_aws.sqs.limits import MAX_MESSAGE_BYTES, check_message, check_number, size_of_plain


class TestSize:
    @pytest.mark.parametrize(
        ("body", "attributes", "size"),
        [
            ("a", {}, 1),
            ("äöü", {}, 6),
            ("🎈", {}, 4),
            ("a", {"kind": {"DataType": "String", "StringValue": "ä"}}, 1 + 4 + 6 + 2),
            ("a", {"b": {"DataType": "Binary", "BinaryValue": b"123"}}, 1 + 1 + 6 + 3),
        ],
    )
    def test_is_in_bytes_with_the_attributes(
        self, body: str, attributes: dict[str, Any], size: int
    ) -> None:
        assert check_message(body, attributes) == size

    def test_the_largest_message(self) -> None:
        assert check_message("x" * MAX_MESSAGE_BYTES, {}) == 1_048_576

    @pytest.mark.parametrize(
        ("body", "attributes"),
        [
            ("x" * (MAX_MESSAGE_BYTES + 1), {}),
            ("ä" * (MAX_MESSAGE_BYTES // 2 + 1), {}),
            (
                "x" * (MAX_MESSAGE_BYTES - 10),
                {"kind": {"DataType": "String", "StringValue": "ä"}},
            ),
        ],
    )
    def test_too_large(self, body: str, attributes: dict[str, Any]) -> None:
        with pytest.raises(InvalidRequestError, match="SQS takes 1,048,576 at most") as caught:
            check_message(body, attributes)

        assert caught.value.code == "InvalidParameterValue"


class TestContent:
    def test_empty(self) -> None:
        with pytest.raises(InvalidRequestError, match="empty") as caught:
            check_message("", {})

        assert caught.value.code == "MissingParameter"

    def test_more_than_ten_attributes(self) -> None:
        eleven = typed_attributes({f"n{number}": number for number in range(11)})

        with pytest.raises(InvalidRequestError, match=r"has 11 attributes\. SQS takes 10"):
            check_message("x", eleven)


@pytest.mark.parametrize("value", [0, 11, -1, 1.0, "3", True, None])
def test_numbers_outside_their_limits(value: object) -> None:
    with pytest.raises(InvalidRequestError, match="whole number of messages, 1 to 10"):
        check_number("max_number_of_messages", value, 1, 10, "messages")


@given(st.text() | st.text(alphabet="ab \x7f\n", max_size=5))
def test_what_is_seen_at_once_is_what_is_found_by_looking(body: str) -> None:
    size = size_of_plain(body)
    assert not size or size == check_message(body, {})
    if body and body.isascii() and body.isprintable():
        assert size


def test_a_body_that_is_too_large_is_not_passed_at_once() -> None:
    assert size_of_plain("x" * MAX_MESSAGE_BYTES) == MAX_MESSAGE_BYTES
    assert size_of_plain("x" * (MAX_MESSAGE_BYTES + 1)) == 0
