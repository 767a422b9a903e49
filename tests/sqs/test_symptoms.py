"""What attributes of queues mean; each row is a queue that somebody made, and what it will do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from philo_aws.conf import ConsumerConfig
from philo_aws.sqs import symptoms
from philo_aws.sqs.symptoms import Finding

ARN = "arn:aws:sqs:eu-west-1:123456789012:"


def queue(name: str = "orders", **attributes: Any) -> dict[str, str]:
    """The attributes of a queue that has nothing odd."""
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    return {
        "QueueArn": f"{ARN}{name}",
        "VisibilityTimeout": "60",
        "DelaySeconds": "0",
        "MessageRetentionPeriod": "345600",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        **fifo,
        **{name: str(value) for name, value in attributes.items()},
    }


def policy(count: int = 5, name: str = "dead") -> dict[str, str]:
    found = {"deadLetterTargetArn": f"{ARN}{name}", "maxReceiveCount": count}
    return {"RedrivePolicy": json.dumps(found)}


def told(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    found = list(findings)
    assert all(finding.text.endswith(".") for finding in found)
    assert all(not finding.cure or finding.cure.endswith(".") for finding in found)
    return [(finding.severity, finding.code) for finding in found]


@pytest.mark.parametrize(
    ("attributes", "settings", "expected"),
    [
        ({}, {}, []),
        ({"VisibilityTimeout": 30}, {}, [("note", "visibility_ignored")]),
        ({"VisibilityTimeout": 0}, {}, [("warning", "no_visibility_timeout")]),
        ({"VisibilityTimeout": 30}, {"visibility_timeout": 30}, []),
        ({"DelaySeconds": 5}, {}, [("note", "delay")]),
        ({"MessageRetentionPeriod": 60}, {}, [("error", "short_retention")]),
        (
            {"MessageRetentionPeriod": 7200},
            {"max_attempts": 20},
            [("error", "retention_before_last_attempt")],
        ),
        ({"MessageRetentionPeriod": 7200}, {"max_attempts": 5}, []),
        ({"VisibilityTimeout": "odd", "DelaySeconds": ""}, {}, []),
    ],
)
def test_times(
    attributes: dict[str, Any], settings: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = symptoms.of_times(queue(**attributes), ConsumerConfig(**settings))
    assert told(found) == expected


@pytest.mark.parametrize(
    ("attributes", "settings", "expected"),
    [
        (policy(), {}, []),
        ({}, {}, [("error", "no_dead_letter_queue")]),
        ({}, {"dead_letter": "dead"}, []),
        ({"RedrivePolicy": "odd"}, {}, [("error", "redrive_policy_unread")]),
        (policy(2), {}, [("warning", "few_receives")]),
        (policy(1), {}, [("error", "few_receives")]),
        (policy(3), {}, []),
        (policy(3), {"max_attempts": 4}, [("warning", "attempts_cut_short")]),
        (policy(3), {"max_attempts": 3}, []),
    ],
)
def test_attempts(
    attributes: dict[str, Any], settings: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    config = ConsumerConfig(**settings)
    assert told(symptoms.of_attempts(queue(**attributes), config, is_target=False)) == expected


def test_what_happens_without_a_dead_letter_queue() -> None:
    def text(on_poison: str) -> str:
        config = ConsumerConfig(on_poison=on_poison)
        [found] = symptoms.of_attempts(queue(), config, is_target=False)
        return found.text

    assert "deletes what fails" in text("delete")
    assert "again and again" in text("leave")
    assert not list(symptoms.of_attempts(queue(), ConsumerConfig(), is_target=True))


def test_the_order_of_a_fifo_queue() -> None:
    found = symptoms.of_attempts(
        queue("a.fifo", **policy(5, "dead.fifo")), ConsumerConfig(), is_target=False
    )
    assert told(found) == [("note", "order_ends_at_dead_letters")]


@pytest.mark.parametrize(
    ("own", "dead", "expected"),
    [
        (queue(), queue("dead", MessageRetentionPeriod=1_209_600), []),
        (queue(), queue("dead"), [("error", "dead_letters_end_early")]),
        (
            queue("a.fifo"),
            queue("dead.fifo"),
            [("warning", "dead_letters_end_early")],
        ),
        (
            queue("a.fifo"),
            queue("dead", MessageRetentionPeriod=1_209_600),
            [("error", "dead_letter_queue_of_other_kind")],
        ),
        (queue(), queue(), [("error", "dead_letter_queue_is_itself")]),
        (
            queue(),
            queue("dead", MessageRetentionPeriod=1_209_600, KmsMasterKeyId="alias/other"),
            [("warning", "dead_letter_queue_of_other_key")],
        ),
        (
            queue(KmsMasterKeyId="alias/one"),
            queue("dead", MessageRetentionPeriod=1_209_600, KmsMasterKeyId="alias/one"),
            [],
        ),
    ],
)
def test_dead_letter_queues(
    own: dict[str, str], dead: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert told(symptoms.of_dead_letter_queue(own, dead)) == expected


def test_one_that_only_the_consumer_knows() -> None:
    found = symptoms.of_dead_letter_queue(queue(), queue("dead.fifo"), by_sqs=False)
    assert told(found) == [("warning", "dead_letter_queue_of_other_kind")]


@pytest.mark.parametrize(
    ("allowed", "good"),
    [
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}orders"]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}others"]}, False),
        ([], True),
    ],
)
def test_who_may_move_there(allowed: Any, good: bool) -> None:
    dead = queue("dead", MessageRetentionPeriod=1_209_600, RedriveAllowPolicy=json.dumps(allowed))
    found = told(symptoms.of_dead_letter_queue(queue(), dead))
    assert found == ([] if good else [("error", "dead_letter_queue_refuses")])


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("orders", 95_000, []),
        ("orders", 96_000, [("error", "in_flight_near_limit")]),
        ("a.fifo", 15_000, []),
        ("a.fifo", 16_000, [("warning", "in_flight_near_limit")]),
        ("a.fifo", 119_000, [("error", "in_flight_near_limit")]),
    ],
)
def test_messages_in_flight(name: str, number: int, expected: list[tuple[str, str]]) -> None:
    found = symptoms.of_figures(queue(name, ApproximateNumberOfMessagesNotVisible=number))
    assert told(found) == expected


@pytest.mark.parametrize(
    ("waiting", "seconds", "expected"),
    [
        (0, None, []),
        (5, None, [("note", "backlog")]),
        (5, 100, [("note", "backlog")]),
        (5, 200_000, [("warning", "backlog_near_retention")]),
        (5, 300_000, [("error", "backlog_near_retention")]),
    ],
)
def test_backlog(waiting: int, seconds: int | None, expected: list[tuple[str, str]]) -> None:
    own = queue(ApproximateNumberOfMessages=waiting)
    assert told(symptoms.of_age(own, seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, []),
        (30, []),
        (-90, [("warning", "clock_skew")]),
        (900, [("error", "clock_skew")]),
    ],
)
def test_clocks(seconds: float | None, expected: list[tuple[str, str]]) -> None:
    assert told(symptoms.of_clock(seconds)) == expected


def test_keys() -> None:
    assert told(symptoms.of_encryption(queue(KmsMasterKeyId="alias/mine"))) == [("note", "own_key")]
    assert told(symptoms.of_encryption(queue(KmsMasterKeyId="alias/aws/sqs"))) == []
    assert told(symptoms.of_encryption(queue())) == []
