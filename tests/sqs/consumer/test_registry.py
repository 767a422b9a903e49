"""Which function handles which queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from philo_aws.sqs.consumer import handler
from philo_aws.sqs.consumer.registry import forget, handlers


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    forget()
    yield
    forget()


def take(message: Any) -> None:
    pass


async def take_async(message: Any) -> None:
    pass


def test_a_function_is_noted_under_its_queue_and_stays_itself() -> None:
    assert handler("orders", region="eu-west-1", max_attempts=3)(take) is take
    handler("https://sqs.eu-west-1.amazonaws.com/123456789012/mails.fifo")(take_async)
    one, other = handlers()
    assert (one.queue, one.region, one.max_attempts) == ("orders", "eu-west-1", 3)
    assert one.path == f"{__name__}.take"
    assert (one.is_async, other.is_async) == (False, True)


def test_a_queue_has_one_handler() -> None:
    handler("orders")(take)
    handler("orders")(take)  # the module was imported again
    with pytest.raises(ImproperlyConfigured, match=r"take and .*take_async"):
        handler("orders")(take_async)


@pytest.mark.parametrize("queue", ["", "or ders", "http://", 7, "https://example.com/a?b=c"])
def test_what_is_no_queue_is_refused(queue: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="neither a queue's name nor its URL"):
        handler(queue)


@pytest.mark.parametrize("most", [0, -1, "3", True])
def test_what_is_no_number_of_attempts_is_refused(most: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="max_attempts"):
        handler("orders", max_attempts=most)
