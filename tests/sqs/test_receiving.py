from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import patience, sqs
from philo_aws.exceptions import (
    AccessDeniedError,
    IncompleteError,
    QueueNotFoundError,
    ServiceError,
    UsageError,
)
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal


def bodies(answer: dict[str, Any]) -> list[int]:
    return sorted(int(message["Body"]) for message in answer["Messages"])


@pytest.fixture
def full(aws: LocalAWS, queue_url: str) -> str:
    """A queue with 45 messages."""
    sqs.send_message_batch(queue_url, [str(number) for number in range(45)])
    return queue_url


# moto gives a message to two receives that come at the same moment.
@pytest.mark.aws_servers("ministack")
def test_more_than_ten(aws: LocalAWS, full: str) -> None:
    answer = sqs.receive_messages(full, 45, visibility_timeout=600)

    assert bodies(answer) == list(range(45))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "Failed" not in answer


def test_never_more_than_wanted(aws: LocalAWS, full: str) -> None:
    assert len(sqs.receive_messages(full, 23, visibility_timeout=600)["Messages"]) == 23
    assert len(sqs.receive_messages(full, 100, visibility_timeout=600)["Messages"]) == 22


def test_an_empty_queue(aws: LocalAWS, queue_url: str) -> None:
    assert sqs.receive_messages(queue_url, 50, wait_time_seconds=0)["Messages"] == []


def test_what_was_waited_for_in_vain_is_not_waited_for_again(proxy: Proxy, queue_url: str) -> None:
    answer = sqs.receive_messages(queue_url, 50, wait_time_seconds=1)

    assert answer["Messages"] == []
    assert len(proxy.calls) == 1
    assert proxy.calls[0].body["WaitTimeSeconds"] == 1


@pytest.mark.aws_servers("ministack")
class TestRequests:
    def test_go_side_by_side_while_they_come_back_full(self, proxy: Proxy, queue_url: str) -> None:
        lock = threading.Lock()
        most = now = 0

        def fill(call: Call, forward: Forward) -> Reply:
            nonlocal most, now
            with lock:
                now += 1
                most = max(most, now)
            reply = Reply(200, {"Messages": _made(call.body["MaxNumberOfMessages"])})
            threading.Event().wait(0.02)
            with lock:
                now -= 1
            return reply

        proxy.behaviour = fill

        answer = sqs.receive_messages(queue_url, 1234)

        assert len(answer["Messages"]) == 1234
        assert sum(call.body["MaxNumberOfMessages"] for call in proxy.calls) == 1234
        assert most > 2

    def test_are_one_at_a_time_where_there_is_little(self, proxy: Proxy, queue_url: str) -> None:
        given = iter([3, 2, 0, 1, 0, 0, 0])
        proxy.behaviour = lambda call, forward: Reply(200, {"Messages": _made(next(given))})

        answer = sqs.receive_messages(queue_url, 100, wait_time_seconds=0)

        # A single empty answer does not say that there are none; three in a row do.
        assert len(answer["Messages"]) == 6
        assert len(proxy.calls) == 7

    def test_what_they_ask_for(self, proxy: Proxy, queue_url: str) -> None:
        sqs.receive_messages(
            queue_url,
            2,
            wait_time_seconds=1,
            visibility_timeout=5,
            message_attribute_names=["a"],
            message_system_attribute_names=["SentTimestamp"],
        )

        assert proxy.calls[0].body == {
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": 2,
            "WaitTimeSeconds": 1,
            "VisibilityTimeout": 5,
            "MessageAttributeNames": ["a"],
            "MessageSystemAttributeNames": ["SentTimestamp"],
        }

    def test_one_that_fails_at_first_raises(self, proxy: Proxy, queue_url: str) -> None:
        proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)

        with pytest.raises(AccessDeniedError):
            sqs.receive_messages(queue_url, 50)

        assert len(proxy.calls) == 1

    def test_one_that_fails_later_loses_nothing(self, proxy: Proxy, queue_url: str) -> None:
        numbers = itertools.count(1)
        refused = threading.Event()
        given: list[int] = []

        def deny(call: Call, forward: Forward) -> Reply:
            number = next(numbers)
            if number == 3:
                refused.set()
                return refusal("AccessDenied", 403)
            given.append(10)
            if number > 1:
                # It is answered behind the refusal.
                refused.wait(20)
                threading.Event().wait(0.1)
            return Reply(200, {"Messages": _made(10)})

        proxy.behaviour = deny

        with pytest.raises(IncompleteError, match="had been received before") as caught:
            sqs.receive_messages(queue_url, 500)

        assert caught.value.code == "AccessDenied"
        assert len(caught.value.result["Messages"]) == sum(given)

    def test_what_passes_is_borne(
        self, proxy: Proxy, full: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(patience, "LONGEST_DELAY", 0.001)
        troubles = iter([refusal("RequestThrottled"), None, Reply(503, {}), Reply(200, b"<html>")])
        proxy.behaviour = lambda call, forward: next(troubles, None) or forward()

        assert bodies(sqs.receive_messages(full, 45, visibility_timeout=600)) == list(range(45))

    def test_damaged_messages_are_told(self, proxy: Proxy, full: str) -> None:
        def damage(call: Call, forward: Forward) -> Reply:
            answer = json.loads(forward().body)
            for message in answer.get("Messages", ()):
                if message["Body"] == "7":
                    message["Body"] = "8"
            return Reply(200, answer)

        proxy.behaviour = damage

        answer = sqs.receive_messages(full, 45, visibility_timeout=600)

        assert len(answer["Messages"]) == 44
        assert [one["Code"] for one in answer["Failed"]] == ["BadDigest"]

    def test_nothing_but_damaged_messages(self, proxy: Proxy, queue_url: str) -> None:
        made = [{**message, "MD5OfBody": "0" * 32} for message in _made(2)]
        given = iter([made])
        proxy.behaviour = lambda call, forward: Reply(200, {"Messages": next(given, [])})

        with pytest.raises(ServiceError, match="changed on the way"):
            sqs.receive_messages(queue_url, 20)


def _made(number: int) -> list[dict[str, Any]]:
    digest = "9dd4e461268c8034f5c8564e155c67a6"
    one = {"MessageId": "m", "ReceiptHandle": "h", "Body": "x", "MD5OfBody": digest}
    return [one] * number


@pytest.mark.parametrize("number", [0, -1, 120_001, True, "5", 1.5])
def test_numbers_that_cannot_be(proxy: Proxy, queue_url: str, number: Any) -> None:
    with pytest.raises(UsageError, match="1 to 120,000"):
        sqs.receive_messages(queue_url, number)
    assert proxy.calls == []


def test_a_wait_that_the_client_cannot_bear(
    proxy: Proxy, queue_url: str, settings: Settings
) -> None:
    settings.AWS = {**settings.AWS, "timeouts": {"web": {"read": 10}}}
    with pytest.raises(UsageError, match="gives up after 10 seconds"):
        sqs.receive_messages(queue_url, 50, wait_time_seconds=15, purpose="web")


def test_fifo_groups_keep_their_order(aws: LocalAWS, make_queue: Callable[..., str]) -> None:
    queue_url = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
    entries = [{"MessageBody": f"{n}", "MessageGroupId": f"g{n % 5}"} for n in range(30)]
    sqs.send_message_batch(queue_url, entries)

    messages = sqs.receive_messages(queue_url, 30, visibility_timeout=600)["Messages"]

    for group in range(5):
        found = [int(m["Body"]) for m in messages if int(m["Body"]) % 5 == group]
        assert found == sorted(found)


def test_a_missing_queue(aws: LocalAWS, queue_url: str) -> None:
    with pytest.raises(QueueNotFoundError):
        sqs.receive_messages(f"{queue_url}-gone", 50)
