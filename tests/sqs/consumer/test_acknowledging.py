"""Deletions that are due, at the end of a consumer's run."""

from __future__ import annotations

import threading

import pytest

from philo_aws import sqs
from philo_aws.sqs.consumer import Message, run
from philo_aws.sqs.consumer.run import LEFT_SOMETHING
from tests.sqs.consumer.conftest import Consume, wait_for
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

pytestmark = pytest.mark.aws_servers("ministack")


def deleting() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("philo-aws-delete")]


def test_once_the_run_has_ended_nothing_is_tried_any_more(
    queue_url: str, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FLUSHED_FOR", 0.5)

    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action == "DeleteMessageBatch":
            return refusal("AccessDenied", 403)
        return forward()

    def handle(message: Message) -> None:
        pass

    proxy.behaviour = refuse
    before = set(deleting())
    sqs.send_message(queue_url, "1")
    running = consume({queue_url: handle})
    assert wait_for(lambda: proxy.actions("DeleteMessageBatch"))
    assert running.stop() == LEFT_SOMETHING
    assert wait_for(lambda: not set(deleting()) - before)
    assert running["acknowledged"] == 0
