"""A message as a handler reads it."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from philo_aws.sqs.consumer import Message, Reject
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.source import Source


def made(**raw: Any) -> Message:
    source = Source(Handler(queue="orders", function=print))
    given = {"MessageId": "m1", "ReceiptHandle": "r1", "Body": "text", **raw}
    return Message(source, given, begun=10.0, lease=60)


def test_it_says_what_it_is() -> None:
    message = made(
        Attributes={
            "ApproximateReceiveCount": "3",
            "SentTimestamp": "1700000000123",
            "MessageGroupId": "g",
            "MessageDeduplicationId": "d",
            "AWSTraceHeader": "Root=1",
        },
        MessageAttributes={"traceparent": {"DataType": "String", "StringValue": "00-1-2-01"}},
    )
    assert (message.id, message.body, message.queue) == ("m1", "text", "orders")
    assert (message.attempt, message.group, message.deduplication_id) == (3, "g", "d")
    assert message.sent_at == datetime.datetime(2023, 11, 14, 22, 13, 20, 123000, datetime.UTC)
    assert message.trace == {"AWSTraceHeader": "Root=1", "traceparent": "00-1-2-01"}
    assert message.deadline == 70
    assert repr(message) == "<Message m1 of orders>"


def test_what_sqs_does_not_tell_is_not_there() -> None:
    message = made()
    assert (message.attempt, message.group, message.deduplication_id) == (1, None, None)
    assert (message.sent_at, message.trace, message.attributes) == (None, {}, {})


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ({"DataType": "String", "StringValue": "x"}, "x"),
        ({"DataType": "String.label", "StringValue": "12"}, "12"),
        ({"DataType": "Number", "StringValue": "12"}, 12),
        ({"DataType": "Number.float", "StringValue": "1.5"}, 1.5),
        ({"DataType": "Number", "StringValue": "0.1000000000000000000001"}, None),
        ({"DataType": "Binary", "BinaryValue": b"\0\1"}, b"\0\1"),
    ],
)
def test_attributes_are_plain_values(attribute: dict[str, Any], expected: object) -> None:
    found = made(MessageAttributes={"a": attribute}).attributes["a"]
    if expected is None:
        expected = Decimal("0.1000000000000000000001")
    assert found == expected
    assert type(found) is type(expected)


def test_the_body_is_read_as_json_or_rejected() -> None:
    assert made(Body='{"order": 7}').json() == {"order": 7}
    for body in ("no json", "", "[" * 100_000):
        with pytest.raises(Reject, match="no JSON"):
            made(Body=body).json()
