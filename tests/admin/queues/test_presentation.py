from __future__ import annotations

import pytest

from philo_aws.admin.queues.presentation import (
    attribute_facts,
    duration,
    lines,
    message_of,
    moment,
    pretty_json,
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


@pytest.mark.parametrize("text", ["", "x", "1e999999", '"text"', "12", "[" * 100_000, "{"])
def test_what_is_no_json_object_or_list_is_not_made_pretty(text: str) -> None:
    assert pretty_json(text) == ""


def test_control_characters_are_spelt_out_line_by_line() -> None:
    assert lines("a\tb\x1b[31m\r\n\u202ec") == "a\tb\\x1b[31m\\r\n\\u202ec"


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
