from __future__ import annotations

import json
from typing import Any

import pytest

from philo_aws.exceptions import QueueNotFoundError
from philo_aws.sqs import looks
from philo_aws.sqs.looks import delete, hold, look, send_on
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def sqs(aws: LocalAWS) -> Any:
    return aws.client("sqs")


def send(sqs: Any, url: str, *bodies: str) -> None:
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def test_takes_what_there_is_once(sqs: Any, queue_url: str) -> None:
    send(sqs, queue_url, *map(str, range(23)))
    found = look(queue_url, most=100, visibility=60)
    assert sorted(raw["Body"] for raw in found.messages) == sorted(map(str, range(23)))
    assert {looks.receives_of(raw) for raw in found.messages} == {1}
    assert (found.at_limit, found.failure) == (False, None)


def test_takes_no_more_than_wanted(sqs: Any, queue_url: str) -> None:
    send(sqs, queue_url, *map(str, range(15)))
    assert len(look(queue_url, most=12, visibility=60).messages) == 12


def test_ends_where_one_came_for_the_last_time(sqs: Any, queue_url: str) -> None:
    send(sqs, queue_url, *map(str, range(30)))
    found = look(queue_url, most=100, visibility=60, limit=1)
    assert len(found.messages) == 10
    assert found.at_limit


def test_ends_in_time_and_before_too_much(
    sqs: Any, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(sqs, queue_url, *map(str, range(30)))
    assert len(look(queue_url, most=100, visibility=0, seconds=0).messages) == 10
    monkeypatch.setattr(looks, "MAX_BYTES", 10)
    assert len(look(queue_url, most=100, visibility=0).messages) == 10


def test_what_came_before_a_failure_is_not_lost(proxy: Proxy, sqs: Any, queue_url: str) -> None:
    send(sqs, queue_url, *map(str, range(15)))
    proxy.behaviour = lambda call, forward: (
        refusal("AccessDenied", 403, "No more.")
        if len(proxy.actions("ReceiveMessage")) > 1
        else forward()
    )
    found = look(queue_url, most=100, visibility=60)
    assert len(found.messages) == 10
    assert "No more." in str(found.failure)


def test_an_answer_without_ids_is_shown_all_the_same(
    proxy: Proxy, sqs: Any, queue_url: str
) -> None:
    def forget(call: Call, forward: Forward) -> Reply:
        answer = forward()
        if call.action != "ReceiveMessage":
            return answer
        told = json.loads(answer.body)
        for raw in told.get("Messages", ()):
            del raw["MessageId"]
        return Reply(answer.status, told)

    send(sqs, queue_url, "a", "b")
    proxy.behaviour = forget
    found = look(queue_url, most=10, visibility=60)
    assert sorted((raw["Body"], raw["MessageId"]) for raw in found.messages) == [
        ("a", ""),
        ("b", ""),
    ]


def test_held_given_back_and_deleted(sqs: Any, queue_url: str) -> None:
    send(sqs, queue_url, "a", "b")
    handles = [raw["ReceiptHandle"] for raw in look(queue_url, most=2, visibility=60).messages]
    assert hold(queue_url, handles, seconds=90) == ["", ""]
    assert delete(queue_url, handles[:1]) == [""]
    assert hold(queue_url, handles[1:], seconds=0) == [""]
    assert len(look(queue_url, most=2, visibility=60).messages) == 1


def test_to_a_queue_that_is_not_there_nothing_goes(sqs: Any, queue_url: str) -> None:
    send(sqs, queue_url, "a")
    found = look(queue_url, most=1, visibility=0)
    with pytest.raises(QueueNotFoundError):
        send_on(queue_url, found.messages, to=f"{queue_url}-not", as_before=True)
    assert len(look(queue_url, most=1, visibility=0).messages) == 1
