from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import md5
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import patience, sqs
from philo_aws.exceptions import (
    AccessDeniedError,
    InvalidRequestError,
    ServiceError,
    UsageError,
)
from philo_aws.sqs.channel import Channel
from philo_aws.sqs.message import build
from philo_aws.sqs.messages import send_by
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

# What a type checker would not let through.
any_sqs: Any = sqs
Send = Callable[..., dict[str, Any]]


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

    @pytest.mark.parametrize(
        "options",
        [
            {"message_attributes": {"AWS.x": "v"}},
            {"message_attributes": {"a": "\ud800"}},
            {"message_attributes": {"a": float("nan")}},
            {"message_attributes": {"a": ""}},
            {"message_attributes": "a=b"},
            {"message_group_id": "a b"},
            {"message_group_id": ""},
            {"message_deduplication_id": "d"},
            {"delay_seconds": True},
            {"delay_seconds": "5"},
        ],
        ids=repr,
    )
    def test_what_cannot_go_with_it_is_not_sent(
        self, proxy: Proxy, queue_url: str, options: dict[str, Any]
    ) -> None:
        with pytest.raises(UsageError):
            sqs.send_message(queue_url, "x", **options)

        assert proxy.calls == []

    def test_fifo_needs_a_group_before_anything_is_sent(
        self, proxy: Proxy, make_queue: Callable[..., str]
    ) -> None:
        with pytest.raises(UsageError, match="needs a message_group_id"):
            sqs.send_message(make_queue(FifoQueue="true"), "x")

        assert proxy.calls == []


NOTHING = [b"", b"<html>log in</html>", b'{"MessageId": "m', b"{}"]


@pytest.mark.aws_servers("ministack")
def by_a_channel(url: str, body: str, message_attributes: Any = None) -> dict[str, Any]:
    request = build(
        body,
        fifo=False,
        delay_seconds=None,
        attributes=message_attributes,
        group_id=None,
        deduplication_id=None,
    )
    return send_by(Channel(url), request, "commands")


class TestAnswersThatProveNothing:
    @pytest.fixture(params=[sqs.send_message, by_a_channel])
    def send(self, request: pytest.FixtureRequest) -> Send:
        made: Send = request.param
        return made

    @pytest.fixture(autouse=True)
    def two_attempts(
        self, proxy: Proxy, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 2}}}
        monkeypatch.setattr(patience, "LONGEST_DELAY", 0.001)

    @pytest.mark.parametrize("body", NOTHING, ids=repr)
    @pytest.mark.parametrize(
        "call",
        [
            lambda url: sqs.send_message(url, "x"),
            lambda url: by_a_channel(url, "x"),
            lambda url: sqs.create_queue("q"),
            lambda url: sqs.get_queue_url("q"),
            lambda url: sqs.start_message_move_task("arn:aws:sqs:us-east-1:123456789012:d"),
            lambda url: sqs.cancel_message_move_task("h"),
            sqs.list_dead_letter_source_queues,
            lambda url: sqs.send_message_batch(url, ["x"]),
        ],
        ids=["send", "send by a channel", "create", "find", "move", "cancel", "sources", "batch"],
    )
    def test_are_no_success(
        self, proxy: Proxy, queue_url: str, call: Callable[[str], Any], body: bytes
    ) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, body)

        with pytest.raises(ServiceError, match="does not say that it was done") as caught:
            call(queue_url)

        assert caught.value.code == "NoProof"
        assert len(proxy.calls) == 2

    @pytest.mark.parametrize("body", [body for body in NOTHING if body != b"{}"], ids=repr)
    @pytest.mark.parametrize(
        "call",
        [
            lambda url: sqs.delete_message(url, "h"),
            lambda url: sqs.change_message_visibility(url, "h", visibility_timeout=0),
            sqs.purge_queue,
            sqs.delete_queue,
            lambda url: sqs.set_queue_attributes(url, {"DelaySeconds": 1}),
            sqs.get_queue_attributes,
            sqs.receive_message,
            lambda url: sqs.list_message_move_tasks("arn:aws:sqs:us-east-1:123456789012:d"),
        ],
        ids=["delete", "hold", "purge", "delete queue", "set", "get", "receive", "tasks"],
    )
    def test_nor_where_there_is_nothing_to_say(
        self, proxy: Proxy, queue_url: str, call: Callable[[str], Any], body: bytes
    ) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, body)

        with pytest.raises(ServiceError, match="does not say that it was done"):
            call(queue_url)

        assert len(proxy.calls) == 2

    @pytest.mark.parametrize(
        "body", [[], None, "text", {"Successful": 5}, {"Successful": ["a"]}, {"Failed": [None, 5]}]
    )
    def test_of_another_form_are_no_traceback(
        self, proxy: Proxy, queue_url: str, body: object
    ) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, body)

        for call in (sqs.send_message_batch, sqs.send_message):
            with pytest.raises(ServiceError, match="not AWS's"):
                call(queue_url, "x" if call is sqs.send_message else ["x"])  # type: ignore[arg-type]

    @pytest.mark.parametrize("body", [[], {"Messages": "abc"}, {"Messages": [5]}])
    def test_nor_when_receiving(self, proxy: Proxy, queue_url: str, body: object) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, body)

        with pytest.raises(ServiceError, match="not AWS's"):
            sqs.receive_message(queue_url)

    def test_aws_says_it_by_its_request_id_alone(self, proxy: Proxy, queue_url: str) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, b"", (("x-amzn-RequestId", "r"),))

        sqs.delete_message(queue_url, "h")
        sqs.purge_queue(queue_url)
        with pytest.raises(ServiceError):
            sqs.get_queue_attributes(queue_url)

        assert len(proxy.calls) == 2 + 2

    def test_a_lost_answer_is_asked_for_again(
        self, proxy: Proxy, queue_url: str, send: Send, received: Callable[..., list[str]]
    ) -> None:
        lost = iter([Reply(200, b"<html>")])
        proxy.behaviour = lambda call, forward: next(lost, None) or forward()

        assert send(queue_url, "x")["MessageId"]
        assert received(queue_url) == ["x"]

    @pytest.mark.parametrize(
        "changed", [{"MD5OfMessageBody": "0" * 32}, {"MD5OfMessageAttributes": "0" * 32}], ids=repr
    )
    def test_another_digest_is_no_success(
        self, proxy: Proxy, queue_url: str, send: Send, changed: dict[str, str]
    ) -> None:
        proxy.behaviour = lambda call, forward: Reply(
            200, {**json.loads(forward().body), **changed}
        )

        with pytest.raises(ServiceError, match=r"MD5 digests differ.* may have arrived") as caught:
            send(queue_url, "x", message_attributes={"a": "b"})

        assert caught.value.code == "BadDigest"
        # Once more, not for as long as the patience lasts: each of them is in the queue.
        assert len(proxy.calls) == 2

    def test_another_digest_is_not_sent_for_as_long_as_the_patience_lasts(
        self, proxy: Proxy, queue_url: str, send: Send, settings: Settings
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 5}}}
        proxy.behaviour = lambda call, forward: Reply(
            200, {**json.loads(forward().body), "MD5OfMessageBody": "0" * 32}
        )

        with pytest.raises(ServiceError, match="MD5"):
            send(queue_url, "x")

        assert len(proxy.calls) == 2

    def test_a_refusal_after_another_digest_does_not_hide_it(
        self, proxy: Proxy, queue_url: str, send: Send
    ) -> None:
        def change_then_refuse(call: Call, forward: Forward) -> Reply:
            if len(proxy.calls) > 1:
                return refusal("AccessDenied", 403)
            return Reply(200, {**json.loads(forward().body), "MD5OfMessageBody": "0" * 32})

        proxy.behaviour = change_then_refuse

        with pytest.raises(AccessDeniedError, match="may have arrived all the same"):
            send(queue_url, "x")

    def test_another_digest_once_is_mended(self, proxy: Proxy, queue_url: str, send: Send) -> None:
        changed = iter([{"MD5OfMessageBody": "0" * 32}])
        proxy.behaviour = lambda call, forward: Reply(
            200, {**json.loads(forward().body), **next(changed, {})}
        )

        assert send(queue_url, "x")["MessageId"]
        assert len(proxy.calls) == 2

    def test_a_refusal_after_a_lost_answer_does_not_hide_it(
        self, proxy: Proxy, queue_url: str, send: Send, received: Callable[..., list[str]]
    ) -> None:
        def lose_then_refuse(call: Call, forward: Forward) -> Reply:
            if len(proxy.calls) == 1:
                forward()
                return Reply(0, None)
            return refusal("AccessDenied", 403)

        proxy.behaviour = lose_then_refuse

        with pytest.raises(AccessDeniedError, match="may have arrived all the same"):
            send(queue_url, "x")

        assert received(queue_url) == ["x"]

    def test_a_refusal_at_once_says_nothing_of_the_kind(
        self, proxy: Proxy, queue_url: str, send: Send
    ) -> None:
        proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)

        with pytest.raises(AccessDeniedError) as caught:
            send(queue_url, "x")

        assert "may have arrived" not in str(caught.value)


@pytest.mark.aws_servers("ministack")
class TestReceivedMessagesThatChanged:
    @pytest.fixture
    def change(self, proxy: Proxy, queue_url: str) -> Callable[..., None]:
        """`change(bodies)`: those are changed on the way to the receiver."""

        def change(*bodies: str) -> None:
            def reply(call: Call, forward: Forward) -> Reply:
                answer = json.loads(forward().body)
                for message in answer["Messages"]:
                    if message["Body"] in bodies:
                        message["Body"] += "!"
                return Reply(200, answer)

            proxy.behaviour = reply

        sqs.send_message_batch(queue_url, ["a", "b", "c"])
        return change

    def test_are_not_among_the_others(
        self, queue_url: str, change: Callable[..., None], received: Callable[..., list[str]]
    ) -> None:
        change("b")

        answer = sqs.receive_message(queue_url, 10, visibility_timeout=0)

        assert sorted(message["Body"] for message in answer["Messages"]) == ["a", "c"]
        (failed,) = answer["Failed"]
        assert failed["Code"] == "BadDigest"
        assert failed["MessageId"] in failed["Message"]
        assert sorted(received(queue_url)) == ["a", "b", "c"]

    def test_alone_they_are_an_error(self, queue_url: str, change: Callable[..., None]) -> None:
        change("a", "b", "c")

        with pytest.raises(ServiceError, match="stays in the queue, and comes again"):
            sqs.receive_message(queue_url, 10)

    def test_good_ones_have_no_failed_beside_them(self, queue_url: str, proxy: Proxy) -> None:
        sqs.send_message(queue_url, "x", message_attributes={"a": "1", "b": "2"})

        assert "Failed" not in sqs.receive_message(queue_url, message_attribute_names=["a"])
        assert "Failed" not in sqs.receive_message(queue_url)


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

    def test_some_attributes_alone(self, aws: LocalAWS, queue_url: str) -> None:
        # moto gives the digest of all of them, ministack that of those asked for.
        sqs.send_message(queue_url, "x", message_attributes={"a": "1", "b": "2"})

        answer = sqs.receive_message(queue_url, message_attribute_names=["a"])

        assert list(answer["Messages"][0]["MessageAttributes"]) == ["a"]

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


@pytest.mark.parametrize(
    "call",
    [
        lambda url: any_sqs.receive_message(url, message_attribute_names="All"),
        lambda url: any_sqs.receive_message(url, message_attribute_names=[5]),
        lambda url: any_sqs.receive_message(url, message_system_attribute_names="All"),
        lambda url: any_sqs.receive_message(url, True),
        lambda url: any_sqs.receive_message(url, visibility_timeout=True),
        lambda url: any_sqs.receive_message(url, wait_time_seconds=1.0),
        lambda url: any_sqs.delete_message(url, ""),
        lambda url: any_sqs.delete_message(url, 5),
        lambda url: any_sqs.change_message_visibility(url, None, visibility_timeout=0),
        lambda url: any_sqs.change_message_visibility(url, "h", visibility_timeout=False),
        lambda url: any_sqs.cancel_message_move_task(None),
        lambda url: any_sqs.start_message_move_task(5),
    ],
)
def test_arguments_that_cannot_be(
    proxy: Proxy, queue_url: str, call: Callable[[str], object]
) -> None:
    with pytest.raises(UsageError):
        call(queue_url)

    assert proxy.calls == []


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
