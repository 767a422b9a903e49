from __future__ import annotations

import time

import pytest

from philo_aws.admin.queues.presentation import (
    SHOWN_OF_ATTRIBUTES,
    SHOWN_TOGETHER,
    attribute_facts,
    duration,
    message_of,
    messages_of,
    moment,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "1 minute 30 seconds"),
        (3600, "1 hour"),
        (345_600, "4 days"),
        (90_061, "1 day 1 hour 1 minute 1 second"),
    ],
)
def test_durations_in_words(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("text", ["", "x", "9" * 30])
def test_a_time_that_is_none(text: str) -> None:
    assert moment(text) is None


def test_attributes_that_are_not_what_they_should_be_are_shown_as_they_are() -> None:
    facts = attribute_facts(
        {
            "VisibilityTimeout": "soon",
            "CreatedTimestamp": "never",
            "NewOfAWS": "<b>\x1b",
            "Policy": '{"a": 1}',
            "ApproximateNumberOfMessages": "7",
        }
    )
    shown = {str(fact.label): fact.value for fact in facts}
    assert shown == {
        "Created": "never",
        "Visibility timeout": "soon",
        "Access policy": '{\n  "a": 1\n}',
        "NewOfAWS": "<b>\\x1b",
    }


def test_the_largest_message_is_told_as_the_limit_that_it_is() -> None:
    [fact] = attribute_facts({"MaximumMessageSize": "1048576"})
    assert (fact.value, fact.exact) == ("1\xa0MiB", "1,048,576 bytes")


def test_a_message_without_anything() -> None:
    message = message_of({"Attributes": {"ApproximateReceiveCount": "x"}})
    assert (message.body, message.receive_count, message.sent) == ("", 0, None)


def test_what_is_shown_of_many_messages_is_bounded() -> None:
    large = [
        {
            "Body": body * (1_048_576 // len(body)),
            "MessageAttributes": {
                "long": {"DataType": "String", "StringValue": "\U000e0001" * 200_000},
                "raw": {"DataType": "Binary", "BinaryValue": bytes(3 * 1000)},
            },
        }
        for body in ["[" * 64, '{"a":1,', "\x1b", "\U000e0001", "'", "x\n", "é", "日", " ", "0"]
    ]
    began = time.process_time()
    messages = messages_of(large)
    assert time.process_time() - began < 5
    for message in messages:
        assert message.cut
        assert message.shown == SHOWN_TOGETHER // 10
        assert message.pretty == ""
        assert len(message.body) <= 10 * message.shown
        attributes = [str(fact.value) for fact in message.attributes]
        assert len(attributes[0]) <= 10 * SHOWN_OF_ATTRIBUTES + 50
        assert attributes[0].endswith("… (199,000 more characters)")
        assert attributes[1].endswith("… (+ 2,250 bytes)")


def test_json_is_indented_within_the_same_bound() -> None:
    deep = "[" * 60 + "1," * 2000 + "1" + "]" * 60
    message = message_of({"Body": deep}, most=len(deep))
    assert (message.body, message.pretty) == (deep, "")
    numbers = '{"n":1e400,"n":0.10,"s":"\\u0041"}'
    pretty = '{\n  "n": 1e400,\n  "n": 0.10,\n  "s": "\\u0041"\n}'
    assert message_of({"Body": numbers}).pretty == pretty
