"""`aws_sqs doctor --tasks ALIAS`: what a backend needs and does not have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.tasks.doctor import examine
from tests.running import Result
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

pytestmark = pytest.mark.aws_servers("ministack")


def codes() -> set[tuple[str, str]]:
    return {(one.finding.code, one.finding.severity) for one in examine("default")}


def test_the_queue_and_the_cache_are_looked_at(backend: Any, queue_url: str) -> None:
    assert {("no_dead_letter_queue", "error"), ("philo_aws.E032", "error")} <= codes()
    assert sqs.get_queue_attributes(queue_url)["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_a_queue_that_is_not_there(aws: LocalAWS, configure: Callable[..., Any]) -> None:
    configure("no-such-queue")
    assert ("queue_gone", "error") in codes()


def test_who_may_not_send_is_told(proxy: Proxy, backend: Any) -> None:
    def refuse(call: Call, forward: Forward) -> Reply:
        denied = call.action == "SendMessageBatch"
        return refusal("AccessDeniedException", 403) if denied else forward()

    proxy.behaviour = refuse
    assert any("sqs:SendMessage is denied" in one.finding.text for one in examine("default"))


class Broken:
    def put(self, *args: Any) -> None:
        raise OSError("the disk is full")


def test_a_store_that_fails(configure: Callable[..., Any], queue_url: str) -> None:
    configure(queue_url, results=f"{__name__}.Broken")
    assert ("results", "error") in codes()


def test_the_command(backend: Any, queue_url: str, run: Callable[..., Result]) -> None:
    result = run("aws_sqs", "doctor", "--tasks", "default", "--format", "jsonl")
    assert result.code == 1
    records = list(map(json.loads, result.out.splitlines()))
    assert {record["Queue"] for record in records} == {"", queue_url}
    assert all(record["Cure"] for record in records if record["Severity"] == "error")
    result = run("aws_sqs", "doctor", "--tasks", "default")
    assert "It has no dead-letter queue" in result.out
    assert run("aws_sqs", "doctor").code == 2
    result = run("aws_sqs", "doctor", "--tasks", "default", "--region", "eu-west-1")
    assert result.code == 2
    assert "Leave out --queue_url, --queue_name and --region" in result.err
