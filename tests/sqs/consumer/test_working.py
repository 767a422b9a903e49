"""What is around a handler: nothing of one message is left for the next one."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone, translation

from philo_aws import sqs
from philo_aws.sqs.consumer import Message, Retry
from philo_aws.sqs.consumer.run import DRAINED, Life
from philo_aws.sqs.consumer.working import trace
from tests.sqs.consumer.conftest import Consume, counts, wait_for

pytestmark = pytest.mark.aws_servers("ministack")
ONE_BATCH = Life(until_empty=True)


def test_language_and_time_zone_are_those_of_one_message(queue_url: str, consume: Consume) -> None:
    seen = []

    def handle(message: Message) -> None:
        seen.append((translation.get_language(), timezone.get_current_timezone_name()))
        translation.activate("de")
        timezone.activate("Asia/Tokyo")

    sqs.send_message_batch(queue_url, ["1", "2", "3"])
    consume({queue_url: handle}, ONE_BATCH, concurrency=1).join()
    assert seen == [seen[0]] * 3
    assert "Asia/Tokyo" not in seen[0]


def test_the_trace_of_a_message_is_there_for_its_handler(queue_url: str, consume: Consume) -> None:
    seen = []
    sqs.send_message(queue_url, "1", message_attributes={"traceparent": "00-ab-cd-01"})
    consume({queue_url: lambda message: seen.append(trace.get())}, ONE_BATCH).join()
    assert seen == [{"traceparent": "00-ab-cd-01"}]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_costs_one_attempt(queue_url: str, consume: Consume) -> None:
    """Fault 12: Django does not see it where connections live for ever."""
    get_user_model().objects.create(username="somebody")
    found = []

    def handle(message: Message) -> None:
        connection.settings_dict["CONN_MAX_AGE"] = None
        found.append(get_user_model().objects.count())
        if len(found) == 1:
            # Under Django, as a server does that is restarted.
            connection.connection.close()

    sqs.send_message_batch(queue_url, [str(number) for number in range(5)])
    running = consume({queue_url: handle}, ONE_BATCH, concurrency=1)
    assert running.join() == DRAINED
    assert found == [1] * 5
    assert running["failed"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_leaves_a_transaction_open_has_failed(
    queue_url: str, consume: Consume
) -> None:
    entered = []

    def handle(message: Message) -> None:
        if message.attempt == 1:
            entered.append(transaction.atomic())
            entered[0].__enter__()
            get_user_model().objects.create(username="lost")

    sqs.send_message(queue_url, "1")
    running = consume({queue_url: handle}, ONE_BATCH, concurrency=1)
    assert running.join() == DRAINED
    assert (running["failed"], running["done"]) == (1, 1)
    assert not get_user_model().objects.filter(username="lost").exists()


def test_coroutines_run_side_by_side_and_fail_alone(
    queue_url: str, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    together = 0
    most = []
    all_there = asyncio.Event()

    async def handle(message: Message) -> None:
        nonlocal together
        together += 1
        most.append(together)
        if together == 4:
            all_there.set()
        await asyncio.wait_for(all_there.wait(), 20)
        together -= 1
        if message.body == "2" and message.attempt == 1:
            raise ValueError("this one")

    sqs.send_message_batch(queue_url, [str(number) for number in range(4)])
    running = consume({queue_url: handle}, ONE_BATCH)
    assert running.join() == DRAINED
    assert max(most) == 4
    assert (running["failed"], running["done"]) == (1, 4)
    assert "this one" in caplog.text


def test_no_more_coroutines_run_than_may(queue_url: str, consume: Consume) -> None:
    now, most = 0, []
    go = threading.Event()

    async def handle(message: Message) -> None:
        nonlocal now
        now += 1
        most.append(now)
        await asyncio.get_running_loop().run_in_executor(None, go.wait, 20)
        now -= 1

    sqs.send_message_batch(queue_url, [str(number) for number in range(8)])
    running = consume({queue_url: handle}, concurrency=2, prefetch_seconds=60)
    assert wait_for(lambda: len(most) == 2)
    go.set()
    assert wait_for(lambda: running["acknowledged"] == 8)
    assert max(most) == 2
    assert running.stop() == DRAINED


def test_a_coroutine_that_does_not_end_is_given_back(queue_url: str, consume: Consume) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    async def handle(message: Message) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    sqs.send_message(queue_url, "1")
    running = consume({queue_url: handle}, drain_timeout=0.1)
    assert begun.wait(20)
    assert running.stop() == 1
    assert counts(queue_url) == (1, 0)
    assert cancelled.wait(20)


def test_a_worker_that_ended_is_replaced(
    queue_url: str, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.sqs.consumer import run

    monkeypatch.setattr(run, "WATCHED_EVERY", 0.05)
    running = consume({queue_url: lambda message: None}, concurrency=1)
    slots: Any = running.consumer.slots
    (thread,) = running.consumer.workers._threads
    assert wait_for(thread.is_alive)
    with slots._work:
        slots._is_closed = True
        slots._work.notify_all()
    thread.join(20)
    slots._is_closed = False
    assert wait_for(lambda: running["workers_replaced"] >= 1)
    sqs.send_message(queue_url, "1")
    assert wait_for(lambda: running["acknowledged"] == 1)


def test_asking_to_try_again_is_no_failure(
    queue_url: str, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(message: Message) -> None:
        if message.attempt < 3:
            raise Retry(0)

    sqs.send_message(queue_url, "1")
    running = consume({queue_url: handle}, ONE_BATCH)
    running.join()
    assert (running["retried"], running["failed"], running["done"]) == (2, 0, 1)
    assert "Traceback" not in caplog.text
