from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.exceptions import InvalidRequestError
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy


class TestSendMessage:
    @pytest.mark.parametrize("body", ["hello", "ä 🎈\n\t\r", '{"a": 1}', " ", "<x>&amp;"])
    def test_arrives_as_it_was(self, aws: LocalAWS, queue_url: str, body: str) -> None:
        answer = sqs.send_message(queue_url, body)

        message = sqs.receive_message(queue_url)["Messages"][0]
        assert message["Body"] == body
        assert message["MessageId"] == answer["MessageId"]
        assert answer["MD5OfMessageBody"] == md5(body.encode(), usedforsecurity=False).hexdigest()
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_region_is_the_third(self, aws: LocalAWS) -> None:
        queue_url = aws.make_queue(region="us-west-2")

        sqs.send_message(queue_url, "hello", "us-west-2")

        assert sqs.receive_message(queue_url, 1, "us-west-2")["Messages"][0]["Body"] == "hello"

    def test_attributes_come_back_typed(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message(queue_url, "x", message_attributes={"kind": "invoice", "n": 5, "b": b"\1"})

        attributes = sqs.receive_message(queue_url)["Messages"][0]["MessageAttributes"]
        assert attributes["kind"] == {"StringValue": "invoice", "DataType": "String"}
        assert attributes["n"] == {"StringValue": "5", "DataType": "Number"}
        assert attributes["b"] == {"BinaryValue": b"\1", "DataType": "Binary"}

    def test_a_delayed_one_is_not_there_yet(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message(queue_url, "later", delay_seconds=900)

        assert sqs.receive_message(queue_url)["Messages"] == []

    def test_fifo(
        self, aws: LocalAWS, received: Callable[..., list[str]], make_queue: Callable[..., str]
    ) -> None:
        queue_url = make_queue(FifoQueue="true")

        for body, deduplication in [("one", "1"), ("two", "2"), ("again", "1")]:
            sqs.send_message(
                queue_url, body, message_group_id="g", message_deduplication_id=deduplication
            )

        assert received(queue_url) == ["one", "two"]

    @pytest.mark.parametrize(
        ("body", "options", "problem"),
        [
            ("", {}, "body is empty"),
            ("x" * 1_048_577, {}, "1,048,577 bytes"),
            ("\x1b[2J", {}, r"'\\x1b' at position 0"),
            (b"bytes", {}, "is a bytes, not a string"),
            ("x", {"delay_seconds": 901}, "delay_seconds is 901"),
            ("x", {"delay_seconds": -1}, "delay_seconds is -1"),
            ("x", {"message_attributes": {"a": None}}, "attribute 'a' is None"),
        ],
    )
    def test_what_cannot_be_sent_is_not_sent(
        self,
        proxy: Proxy,
        queue_url: str,
        body: str,
        options: dict[str, Any],
        problem: str,
    ) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            sqs.send_message(queue_url, body, **options)

        assert proxy.calls == []

    def test_the_queues_own_smaller_limit(
        self, aws: LocalAWS, make_queue: Callable[..., str]
    ) -> None:
        queue_url = make_queue(MaximumMessageSize="1024")

        with pytest.raises(InvalidRequestError, match="must be shorter than 1024 bytes"):
            sqs.send_message(queue_url, "x" * 1025)


class TestReceiveMessage:
    def test_an_empty_queue_gives_an_empty_list(self, aws: LocalAWS, queue_url: str) -> None:
        answer = sqs.receive_message(queue_url)

        assert answer["Messages"] == []
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_one_unless_more_are_asked_for(self, aws: LocalAWS, queue_url: str) -> None:
        for body in ("a", "b", "c"):
            sqs.send_message(queue_url, body)

        assert len(sqs.receive_message(queue_url)["Messages"]) == 1
        assert len(sqs.receive_message(queue_url, 10)["Messages"]) == 2

    @pytest.mark.parametrize("number", [0, 11, -1, "2"])
    def test_only_one_to_ten(self, proxy: Proxy, queue_url: str, number: int) -> None:
        with pytest.raises(InvalidRequestError, match="whole number of messages, 1 to 10"):
            sqs.receive_message(queue_url, number)

        assert proxy.calls == []

    def test_received_messages_are_hidden_until_their_timeout(
        self, aws: LocalAWS, queue_url: str
    ) -> None:
        sqs.send_message(queue_url, "x")

        first = sqs.receive_message(queue_url, visibility_timeout=0)["Messages"]
        second = sqs.receive_message(queue_url, visibility_timeout=60)["Messages"]
        third = sqs.receive_message(queue_url)["Messages"]

        assert [len(first), len(second), len(third)] == [1, 1, 0]
        assert second[0]["Attributes"]["ApproximateReceiveCount"] == "2"

    def test_what_is_asked_of_sqs(self, proxy: Proxy, queue_url: str) -> None:
        sqs.receive_message(queue_url, 3, wait_time_seconds=0, visibility_timeout=5)

        (call,) = proxy.actions("ReceiveMessage")
        assert call.body == {
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": 3,
            "WaitTimeSeconds": 0,
            "VisibilityTimeout": 5,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        }

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"wait_time_seconds": 21}, "wait_time_seconds is 21.*0 to 20"),
            ({"wait_time_seconds": -1}, "wait_time_seconds is -1"),
            ({"visibility_timeout": 43_201}, "visibility_timeout is 43201.*0 to 43,200"),
            (
                {"wait_time_seconds": 7, "purpose": "web"},
                r"gives up after 7 seconds.*\[.timeouts.\]\[.web.\]\[.read.\]",
            ),
        ],
    )
    def test_numbers_that_cannot_be(
        self,
        proxy: Proxy,
        queue_url: str,
        settings: Settings,
        options: dict[str, Any],
        problem: str,
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"web": {"read": 7}}}

        with pytest.raises(InvalidRequestError, match=problem):
            sqs.receive_message(queue_url, **options)

        assert proxy.calls == []

    def test_a_queues_own_wait_does_not_outlast_a_short_timeout(
        self, proxy: Proxy, queue_url: str, settings: Settings
    ) -> None:
        settings.AWS = {
            **settings.AWS,
            "timeouts": {"web": {"read": 20}, "commands": {"read": 20.5}},
        }

        sqs.receive_message(queue_url, purpose="web")
        sqs.receive_message(queue_url, purpose="commands")

        web, commands = proxy.actions("ReceiveMessage")
        assert web.body["WaitTimeSeconds"] == 0
        assert "WaitTimeSeconds" not in commands.body

    def test_long_polling_wakes_up(self, aws: LocalAWS, queue_url: str, settings: Settings) -> None:
        sqs.send_message(queue_url, "soon", delay_seconds=1)

        answer = sqs.receive_message(queue_url, wait_time_seconds=20)

        assert answer["Messages"][0]["Body"] == "soon"


class TestDeleteMessage:
    def test_is_gone_for_good(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message(queue_url, "x")
        handle = sqs.receive_message(queue_url, visibility_timeout=0)["Messages"][0][
            "ReceiptHandle"
        ]

        answer = sqs.delete_message(queue_url, handle)

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert sqs.receive_message(queue_url)["Messages"] == []

    def test_a_handle_that_is_none(self, aws: LocalAWS, queue_url: str) -> None:
        with pytest.raises(InvalidRequestError, match="ReceiptHandleIsInvalid"):
            sqs.delete_message(queue_url, "no-handle", None)


class TestChangeMessageVisibility:
    def test_zero_gives_it_back(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message(queue_url, "x")
        handle = sqs.receive_message(queue_url)["Messages"][0]["ReceiptHandle"]
        assert sqs.receive_message(queue_url)["Messages"] == []

        sqs.change_message_visibility(queue_url, handle, visibility_timeout=0)

        assert len(sqs.receive_message(queue_url)["Messages"]) == 1

    def test_twelve_hours_at_most(self, proxy: Proxy, queue_url: str) -> None:
        with pytest.raises(InvalidRequestError, match="0 to 43,200"):
            sqs.change_message_visibility(queue_url, "h", visibility_timeout=43_201)

        assert proxy.calls == []
