"""A parked message: what it was, and why it is there."""

from __future__ import annotations

import time
from typing import Any

import pytest

from philo_aws.sqs.consumer import Message
from philo_aws.sqs.consumer.parking import (
    LONGEST_ERROR,
    LONGEST_TRACEBACK,
    original_attributes,
    parked_attributes,
)
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.settling import reason_of
from philo_aws.sqs.consumer.source import Source
from philo_aws.sqs.limits import MAX_MESSAGE_BYTES, check_message

SOURCE = Source(Handler(queue="orders", function=print))


def message(body: str = "text", **attributes: Any) -> Message:
    raw = {
        "MessageId": "m1",
        "ReceiptHandle": "r",
        "Body": body,
        "Attributes": {"ApproximateReceiveCount": "4"},
        "MessageAttributes": attributes,
    }
    return Message(SOURCE, raw, begun=time.monotonic(), lease=60)


def string(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def failed(text: str = "no such order") -> BaseException:
    with pytest.raises(LookupError) as caught:
        look_up(text)
    return caught.value


def look_up(text: str) -> None:
    raise LookupError(text)


def test_the_reason_goes_with_it() -> None:
    error = failed()
    made = parked_attributes(message(), error, reason_of(error))
    assert made["philo.error"] == string("LookupError: no such order")
    assert made["philo.attempts"] == {"DataType": "Number", "StringValue": "4"}
    assert made["philo.source"] == string("orders")
    assert "raise LookupError(text)" in made["philo.traceback"]["StringValue"]
    assert {"philo.worker", "philo.failed_at"} <= made.keys()


def test_what_it_had_stays_and_comes_back() -> None:
    own = {"kind": string("x"), "raw": {"DataType": "Binary", "BinaryValue": b"\0\xff"}}
    made = parked_attributes(message("text", **own), failed(), "why")
    assert made["kind"] == own["kind"]
    assert original_attributes(made) == own


def test_more_than_ten_are_one_and_come_back() -> None:
    own: dict[str, Any] = {f"a{number}": string(str(number)) for number in range(9)}
    own["raw"] = {"DataType": "Binary.png", "BinaryValue": b"\0\xff"}
    made = parked_attributes(message("text", **own), failed(), "why")
    assert len(made) <= 10
    assert "philo.traceback" in made
    assert original_attributes(made) == own


def test_what_was_parked_before_has_its_last_reason_alone() -> None:
    once = parked_attributes(message("text", kind=string("x")), failed(), "first")
    again = parked_attributes(message("text", **once), failed(), "second")
    assert again["philo.error"] == string("second")
    assert original_attributes(again) == {"kind": string("x")}


def test_long_reasons_are_cut_and_stay_whole_characters() -> None:
    error = failed("ü\0" * 50_000)
    made = parked_attributes(message(), error, reason_of(error))
    assert len(made["philo.error"]["StringValue"]) == LONGEST_ERROR
    text = made["philo.traceback"]["StringValue"]
    assert len(text.encode()) <= LONGEST_TRACEBACK
    assert "\0" not in text
    assert text.startswith("…")


@pytest.mark.parametrize("missing", [0, 10, 50, 300, 600, 5000])
def test_a_message_that_fills_its_room_still_fits(missing: int) -> None:
    body = "x" * (MAX_MESSAGE_BYTES - missing)
    made = parked_attributes(message(body), failed("y" * 5000), "why")
    assert check_message(body, made) <= MAX_MESSAGE_BYTES
    assert ("philo.error" in made) == (missing >= 50)


def test_an_error_without_a_traceback_has_none() -> None:
    assert "philo.traceback" not in parked_attributes(message(), ValueError("x"), "why")
    assert "philo.traceback" not in parked_attributes(message(), None, "why")
    assert reason_of(None)
    assert reason_of(ValueError("a\n  b")) == "ValueError: a b"
    assert reason_of(ValueError()) == "ValueError"
