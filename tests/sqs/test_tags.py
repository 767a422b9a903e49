from __future__ import annotations

from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.exceptions import QueueNotFoundError, UsageError
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy


def test_are_set_changed_and_taken_away(aws: LocalAWS, queue_url: str) -> None:
    assert sqs.list_queue_tags(queue_url)["Tags"] == {}

    sqs.tag_queue(queue_url, {"team": "web", "stage": "test"})
    sqs.tag_queue(queue_url, {"stage": "live"})
    assert sqs.list_queue_tags(queue_url)["Tags"] == {"team": "web", "stage": "live"}

    sqs.untag_queue(queue_url, ["team", "unknown"])
    assert sqs.list_queue_tags(queue_url)["Tags"] == {"stage": "live"}


@pytest.mark.parametrize("tags", [{}, {"aws:x": "y"}, {"a": 5}, {"": "x"}, "text", None])
def test_tags_that_cannot_be(proxy: Proxy, queue_url: str, tags: Any) -> None:
    with pytest.raises(UsageError):
        sqs.tag_queue(queue_url, tags)
    assert proxy.calls == []


@pytest.mark.parametrize("names", [[], "team", [5]])
def test_names_that_cannot_be(proxy: Proxy, queue_url: str, names: Any) -> None:
    with pytest.raises(UsageError):
        sqs.untag_queue(queue_url, names)
    assert proxy.calls == []


def test_a_missing_queue(aws: LocalAWS, queue_url: str) -> None:
    with pytest.raises(QueueNotFoundError):
        sqs.list_queue_tags(f"{queue_url}-gone")
