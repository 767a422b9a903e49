"""What is told of dead letters, and that looking at them loses none."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json

import pytest

from philo_aws import sqs
from philo_aws.exceptions import InvalidRequestError, QueueNotFoundError
from philo_aws.sqs import dead_letters
from philo_aws.sqs.consumer import parking
from philo_aws.sqs.dead_letters import decoded, own_attributes, read_dead_letters
from tests.sqs.graveyard import Graveyard

# moto may give a message to two receives.
pytestmark = pytest.mark.aws_servers("ministack")


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


class TestReading:
    def test_what_a_consumer_parked(self, graveyard: Graveyard) -> None:
        attributes = {"kind": text("order"), "raw": {"DataType": "Binary", "BinaryValue": b"\0\1"}}
        body = json.dumps({"task": "shop.tasks.ship", "args": []})
        graveyard.park(body, KeyError("price"), attributes=attributes)

        [letter] = read_dead_letters(graveyard.dead)

        assert letter.is_parked
        assert letter.error == "KeyError: 'price'"
        assert letter.error_class == "KeyError"
        assert letter.traceback.startswith("Traceback (most recent call last)")
        assert letter.attempts == 3
        assert letter.source == graveyard.arn
        assert letter.body == body
        assert letter.task == "shop.tasks.ship"
        assert letter.attributes == attributes
        assert letter.fault is None
        assert letter.failed_at is not None
        assert abs(letter.failed_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
        assert letter.since == letter.failed_at

    def test_what_sqs_moved(self, graveyard: Graveyard) -> None:
        sqs.send_message(graveyard.url, "poison", message_attributes={"kind": "order"})
        for _ in range(6):
            # The sixth receive is one too many.
            sqs.receive_message(graveyard.url, visibility_timeout=0)

        [letter] = read_dead_letters(graveyard.dead)

        assert not letter.is_parked
        assert (letter.error, letter.traceback, letter.attempts) == ("", "", None)
        assert letter.source == graveyard.arn
        assert letter.attributes == {"kind": text("order")}
        assert letter.since == letter.sent_at is not None

    def test_all_are_given_back_at_its_end(self, graveyard: Graveyard) -> None:
        graveyard.park_many(25)
        bodies = [letter.body for letter in read_dead_letters(graveyard.dead)]
        assert sorted(bodies) == sorted(f"message {number}" for number in range(25))
        assert graveyard.counts() == (25, 0)

    def test_all_are_given_back_where_it_is_left_early(self, graveyard: Graveyard) -> None:
        graveyard.park_many(25)
        with contextlib.closing(read_dead_letters(graveyard.dead)) as letters:
            assert len(list(itertools.islice(letters, 12))) == 12
            assert graveyard.counts() == (5, 20)
        assert graveyard.counts() == (25, 0)

    def test_no_more_than_wanted_are_touched(self, graveyard: Graveyard) -> None:
        graveyard.park_many(15)
        with contextlib.closing(read_dead_letters(graveyard.dead, most=12)) as letters:
            for number, _ in enumerate(letters, 1):
                if number == 12:
                    assert graveyard.counts() == (3, 12)
        assert number == 12
        assert graveyard.counts() == (15, 0)

    def test_those_of_a_fifo_queue_keep_their_order(self, fifo_graveyard: Graveyard) -> None:
        for number in range(3):
            fifo_graveyard.park(f"a{number}", group="a")
        letters = list(read_dead_letters(fifo_graveyard.dead))
        assert [(letter.body, letter.group) for letter in letters] == [
            ("a0", "a"),
            ("a1", "a"),
            ("a2", "a"),
        ]

    def test_an_empty_queue(self, graveyard: Graveyard) -> None:
        assert list(read_dead_letters(graveyard.dead)) == []

    def test_no_queue(self, graveyard: Graveyard) -> None:
        with pytest.raises(QueueNotFoundError):
            list(read_dead_letters(f"{graveyard.dead}-gone"))

    def test_a_number_that_cannot_be(self, graveyard: Graveyard) -> None:
        with pytest.raises(InvalidRequestError, match="most is 0"):
            list(read_dead_letters(graveyard.dead, most=0))


class TestDecoding:
    """Anybody may have written what is in a queue."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            (parking.ATTEMPTS, text("many")),
            (parking.ATTEMPTS, text("³")),
            (parking.FAILED_AT, text("yesterday")),
            (parking.FAILED_AT, text("9999-12-31T23:59:59-23:59")),
            (parking.ERROR, {"DataType": "Binary", "BinaryValue": b"x"}),
            (parking.SOURCE, {}),
        ],
    )
    def test_what_cannot_be_read_is_not_told(self, name: str, value: dict[str, str]) -> None:
        letter = decoded({"MessageId": "1", "Body": "x", "MessageAttributes": {name: value}})
        assert letter.attempts is None
        assert letter.failed_at is None
        assert letter.error == letter.source == ""

    def test_a_time_without_a_zone_is_in_utc(self) -> None:
        given = {parking.FAILED_AT: text("2026-01-02T03:04:05")}
        letter = decoded({"MessageAttributes": given})
        assert letter.failed_at == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)

    @pytest.mark.parametrize(
        "body", ["text", "[1]", '{"task": 5}', "[" * 100_000, '{"task": null}']
    )
    def test_a_body_that_is_no_task(self, body: str) -> None:
        assert decoded({"Body": body}).task == ""

    def test_attributes_that_became_one(self) -> None:
        packed = {"a": text("1"), "b": {"DataType": "Binary", "BinaryValue": "AAE="}}
        given = {parking.ERROR: text("E"), parking.ORIGINAL: text(json.dumps(packed))}
        assert own_attributes(given) == {
            "a": text("1"),
            "b": {"DataType": "Binary", "BinaryValue": b"\0\1"},
        }

    @pytest.mark.parametrize(
        "packed",
        [
            text("no JSON"),
            text("[1, 2]"),
            text('{"a": {"DataType": "Binary", "BinaryValue": "?"}}'),
            text('{"a": {"DataType": "Odd", "StringValue": "x"}}'),
            text('{"a": {"DataType": "String"}}'),
            {"DataType": "Binary", "BinaryValue": b"{}"},
        ],
    )
    def test_attributes_that_cannot_be_told_are_a_fault(self, packed: dict[str, str]) -> None:
        given = {parking.ERROR: text("E"), parking.ORIGINAL: packed}
        letter = dead_letters.decoded({"Body": "x", "MessageAttributes": given})
        assert letter.fault is not None
        assert "cannot be read" in str(letter.fault)
