"""A queue that is consumed: found by its name, with what it says of itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from philo_aws.exceptions import QueueNotFoundError
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.source import Source, redrive_policy, url_of
from tests.servers import LocalAWS
from tests.sqs.consumer.conftest import with_dead_letters


def source_of(queue: str, dead_letter: str | None = None) -> Source:
    return Source(Handler(queue=queue, function=print), dead_letter)


def test_a_name_is_looked_up_once_and_again_when_it_is_forgotten(
    aws: LocalAWS, queue_url: str
) -> None:
    source = source_of(queue_url.rpartition("/")[2])
    assert source.url == queue_url
    assert source.url is source.url
    source.forget_url()
    assert source.url == queue_url
    with pytest.raises(QueueNotFoundError):
        _ = source_of("no-such-queue").url


def test_a_url_needs_no_look_and_one_of_the_settings_is_preferred(
    aws: LocalAWS, settings: Settings
) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
    settings.AWS = {**aws.settings, "queues": ["other", url]}
    assert url_of(url) == url
    assert url_of("orders") == url
    assert url_of("orders", "eu-west-1") == url
    with pytest.raises(QueueNotFoundError):
        url_of("orders", "us-east-1")


@pytest.mark.aws_servers("ministack")
def test_its_dead_letter_queue_is_the_one_of_its_policy(make_queue: Callable[..., str]) -> None:
    dead, url = with_dead_letters(make_queue, 4)
    source = source_of(url, dead_letter="another")
    source.learn()
    assert source.max_receives == 4
    assert source.dead_letter_url() == dead
    assert source.arn.endswith(url.rpartition("/")[2])


@pytest.mark.aws_servers("ministack")
def test_without_a_policy_it_is_that_of_the_settings(
    queue_url: str, make_queue: Callable[..., str]
) -> None:
    other = make_queue()
    source = source_of(queue_url, dead_letter=other.rpartition("/")[2])
    source.learn()
    assert source.max_receives == 0
    assert source.dead_letter_url() == other
    assert source_of(queue_url).dead_letter_url() is None


@pytest.mark.parametrize("text", ["", "no json", "[]", "null"])
def test_a_policy_that_cannot_be_read_is_none(text: str) -> None:
    assert redrive_policy({"RedrivePolicy": text}) == {}
