"""`OPTIONS` of a backend: what each means, and what is said of one that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from philo_aws.tasks.options import DAY, parse

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/mail"


def test_nothing_is_all_by_default() -> None:
    made = parse("default", {})
    assert made.queue_for("mail", 0) == "mail"
    assert made.queues_of("mail") == ["mail"]
    assert (made.cache, made.ttl, made.max_defer, made.sign) == (None, DAY, DAY, False)


def test_all_of_them() -> None:
    given = {
        "queues": {"mail": URL},
        "priorities": {"mail": {50: "mail-high", -10: "mail-low"}},
        "region": "eu-west-1",
        "results": {"cache": "shared", "ttl": 60},
        "modules": ["jobs"],
        "max_defer": 0,
        "max_attempts": 5,
        "backoff": [1, 60],
        "sign": True,
    }
    made = parse("default", given)
    assert [made.queue_for("mail", each) for each in (100, 50, 49, -10, -11)] == [
        "mail-high",
        "mail-high",
        "mail-low",
        "mail-low",
        URL,
    ]
    assert made.queues_of("mail") == ["mail-high", "mail-low", URL]
    assert (made.cache, made.ttl, made.backoff) == ("shared", 60, (1.0, 60.0))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([], "is []. Give a dict"),
        ({"queue": {}}, "has no option 'queue'. Did you mean 'queues'?"),
        ({"zzz": 1}, "has no option 'zzz'. There are queues, "),
        ({"queues": "mail"}, "[\"queues\"] is 'mail'. Give a dict"),
        ({"queues": {1: "mail"}}, '["queues"] has the key 1'),
        ({"queues": {"mail": "no name"}}, "'no name', which is neither a queue's name nor its URL"),
        ({"queues": {"mail": None}}, "None, which is neither"),
        ({"queues": None}, '["queues"] is None'),
        ({"priorities": {"mail": "high"}}, "['mail'] is 'high'"),
        ({"priorities": {"mail": {"50": "high"}}}, "has the priority '50'"),
        ({"priorities": {"mail": {101: "high"}}}, "has the priority 101"),
        ({"priorities": {"mail": {50: 5}}}, "[50] is 5"),
        ({"region": "nowhere at all"}, "is no region"),
        ({"results": "cache"}, "is 'cache'. Give the path of a class"),
        ({"results": {}}, "Give {'cache': 'default'}"),
        ({"results": {"cache": "x", "time": 1}}, "has no 'time'"),
        ({"results": {"cache": "x", "ttl": 0}}, "['ttl'] is 0"),
        ({"modules": "jobs"}, "is 'jobs'. Give a list"),
        ({"max_defer": -1}, "is -1. Give seconds"),
        ({"max_defer": float("inf")}, "is inf"),
        ({"max_attempts": True}, "is True. Give 1 or more"),
        ({"backoff": [60, 1]}, "Give two numbers"),
        ({"sign": 1}, "is 1. Give True or False"),
    ],
)
def test_what_is_wrong(given: Any, text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse("mail", given)
    assert str(caught.value).startswith('TASKS["mail"]["OPTIONS"]')
    assert text in str(caught.value)
