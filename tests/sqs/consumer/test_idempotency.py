"""A handler whose work is done once, though its message comes twice."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from philo_aws import sqs
from philo_aws.sqs.consumer import Message, Retry, idempotent
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.run import DRAINED, Life
from philo_aws.sqs.consumer.source import Source
from tests.sqs.consumer.conftest import Consume


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def message(number: str = "m1", **attributes: str) -> Message:
    raw = {"MessageId": number, "ReceiptHandle": "r", "Body": "{}", "Attributes": attributes}
    source = Source(Handler(queue="orders", function=print))
    return Message(source, raw, begun=time.monotonic(), lease=60)


def test_what_is_done_is_not_done_again() -> None:
    runs = []

    @idempotent()
    def take(message: Message) -> None:
        runs.append(message.id)

    again = message()
    take(message())
    take(again)
    take(message("m2"))
    assert runs == ["m1", "m2"]
    assert again.is_duplicate


def test_what_runs_elsewhere_is_tried_again_later() -> None:
    @idempotent()
    def take(given: Message) -> None:
        with pytest.raises(Retry) as caught:
            take(message())
        assert caught.value.delay == 30

    take(message())


def test_what_failed_may_run_again() -> None:
    runs = []

    @idempotent()
    def take(message: Message) -> None:
        runs.append(message.id)
        if len(runs) == 1:
            raise ValueError("not yet")

    with pytest.raises(ValueError, match="not yet"):
        take(message())
    take(message())
    assert runs == ["m1", "m1"]


def test_work_is_told_by_the_deduplication_id_or_by_a_key() -> None:
    runs = []

    @idempotent()
    def by_id(message: Message) -> None:
        runs.append(message.id)

    @idempotent(lambda message: message.json().get("order", "none"))
    def by_key(message: Message) -> None:
        runs.append("key")

    by_id(message("m1", MessageDeduplicationId="d"))
    by_id(message("m2", MessageDeduplicationId="d"))
    by_key(message("m1"))
    by_key(message("m2"))
    # Two handlers know nothing of each other's work.
    assert runs == ["m1", "key"]


def test_a_coroutine_is_done_once_too() -> None:
    runs = []

    @idempotent()
    async def take(message: Message) -> None:
        await asyncio.sleep(0)
        runs.append(message.id)

    again = message()

    async def both() -> None:
        made: Any = take
        await made(message())
        await made(again)

    asyncio.run(both())
    assert runs == ["m1"]
    assert again.is_duplicate


@pytest.mark.aws_servers("ministack")
def test_a_duplicate_is_deleted_and_counted(queue_url: str, consume: Consume) -> None:
    runs = []

    @idempotent(lambda message: message.body)
    def take(message: Message) -> None:
        runs.append(message.body)

    sqs.send_message_batch(queue_url, ["same", "same", "other"])
    running = consume({queue_url: take}, Life(until_empty=True), concurrency=1)
    assert running.join() == DRAINED
    assert sorted(runs) == ["other", "same"]
    assert (running["done"], running["duplicates"]) == (2, 1)


def test_the_note_of_what_runs_lives_as_long_as_its_lease() -> None:
    given = message()
    touched = []

    @idempotent()
    def take(message: Message) -> None:
        (renew,) = message.renewals
        touched.append(renew())
        assert isinstance(renew, functools.partial)
        touched.append(renew.args[1])

    take(given)
    assert touched == [True, 60 + 60]
    assert not given.renewals
