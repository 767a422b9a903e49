"""The life of a consumer on a real queue: what it handles, gives back, and leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from philo_aws import sqs
from philo_aws.sqs.consumer import Message, Reject, Retry
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.run import DRAINED, LEFT_SOMETHING, Consumer, Life
from tests.servers import LocalAWS
from tests.sqs.consumer.conftest import Consume, counts, wait_for, with_dead_letters

# moto gives a message to two receives that come at the same moment.
pytestmark = pytest.mark.aws_servers("ministack")
ONE_BATCH = Life(until_empty=True)


def test_what_is_handled_is_deleted(queue_url: str, consume: Consume) -> None:
    sqs.send_message_batch(queue_url, [f"message {number}" for number in range(30)])
    bodies = []
    running = consume({queue_url: lambda message: bodies.append(message.body)}, ONE_BATCH)
    assert running.join() == DRAINED
    assert sorted(bodies) == sorted(f"message {number}" for number in range(30))
    assert counts(queue_url) == (0, 0)
    assert running["acknowledged"] == running["done"] == running["received"] == 30


def test_a_handler_that_returns_nothing_or_anything_is_done(
    queue_url: str, consume: Consume
) -> None:
    sqs.send_message_batch(queue_url, ["1", "0"])
    assert consume({queue_url: lambda message: int(message.body)}, ONE_BATCH).join() == DRAINED
    assert counts(queue_url) == (0, 0)


def test_what_fails_comes_again(queue_url: str, consume: Consume) -> None:
    sqs.send_message(queue_url, "text")
    attempts = []

    def fail_twice(message: Message) -> None:
        attempts.append(message.attempt)
        if len(attempts) < 3:
            raise ValueError("not yet")

    running = consume({queue_url: fail_twice}, ONE_BATCH)
    assert running.join() == DRAINED
    assert attempts == [1, 2, 3]
    assert (running["failed"], running["done"]) == (2, 1)


def test_a_coroutine_handles_too(queue_url: str, consume: Consume) -> None:
    import asyncio

    sqs.send_message_batch(queue_url, [str(number) for number in range(8)])
    together = threading.Barrier(1)
    seen = []

    async def handle(message: Message) -> None:
        await asyncio.sleep(0)
        together.wait()
        seen.append(message.body)
        if message.body == "3" and message.attempt == 1:
            raise Retry(0)

    running = consume({queue_url: handle}, ONE_BATCH)
    assert running.join() == DRAINED
    assert sorted(seen) == sorted([*map(str, range(8)), "3"])
    assert counts(queue_url) == (0, 0)


def test_told_to_end_it_gives_back_what_was_not_begun(queue_url: str, consume: Consume) -> None:
    """Fault 2: four run to their end, the others can be had at once."""
    sqs.send_message_batch(queue_url, [str(number) for number in range(31)])
    begun, go = threading.Semaphore(0), threading.Event()
    first = threading.Lock()

    def handle(message: Message) -> None:
        # Until one was done nobody knows how long they take, and nothing is fetched ahead.
        if not first.acquire(blocking=False):
            begun.release()
            go.wait(20)

    running = consume({queue_url: handle}, prefetch_seconds=60, drain_timeout=20)
    for _ in range(4):
        assert begun.acquire(timeout=20)
    assert wait_for(lambda: running.consumer.slots.waiting >= 10)
    running.consumer.stop()
    # Not only when the others are done.
    assert wait_for(lambda: counts(queue_url) == (26, 4))
    assert running["done"] == 1
    go.set()
    assert running.join() == DRAINED
    assert running["done"] == 5
    assert counts(queue_url) == (26, 0)


def test_what_runs_for_too_long_is_given_back(queue_url: str, consume: Consume) -> None:
    """Fault 3: the end comes in time, and nothing stays hidden."""
    sqs.send_message_batch(queue_url, ["a", "b", "c"])
    begun, go = threading.Semaphore(0), threading.Event()

    def handle(message: Message) -> None:
        begun.release()
        go.wait(60)

    running = consume({queue_url: handle}, drain_timeout=0.2)
    for _ in range(3):
        assert begun.acquire(timeout=20)
    assert running.stop() == LEFT_SOMETHING
    assert counts(queue_url) == (3, 0)
    go.set()
    assert running["abandoned"] == 3
    assert wait_for(lambda: running.consumer.slots.busy == 0)
    # What its handler says afterwards counts for nothing any more.
    assert counts(queue_url) == (3, 0)


def test_what_was_given_back_is_not_parked_as_well(
    make_queue: Callable[..., str], consume: Consume
) -> None:
    """It is another consumer's by now, whatever its handler says at last."""
    dead, url = with_dead_letters(make_queue, 5)
    sqs.send_message(url, "1")
    begun, go = threading.Event(), threading.Event()

    def handle(message: Message) -> None:
        begun.set()
        go.wait(60)
        raise Reject("too late")

    running = consume({url: handle}, drain_timeout=0.2)
    assert begun.wait(20)
    assert running.stop() == LEFT_SOMETHING
    go.set()
    assert wait_for(lambda: running.consumer.slots.busy == 0)
    assert (running["rejected"], running["parked"]) == (0, 0)
    assert counts(dead) == (0, 0)
    assert counts(url) == (1, 0)


def test_a_lease_is_renewed_as_long_as_the_handler_runs(queue_url: str, consume: Consume) -> None:
    """Fault 5: longer than its lease, and yet handled once."""
    sqs.send_message(queue_url, "long")
    starts = []
    go = threading.Event()

    def handle(message: Message) -> None:
        starts.append(message.id)
        go.wait(30)

    one = consume({queue_url: handle}, visibility_timeout=2)
    other = consume({queue_url: handle}, visibility_timeout=2)
    assert wait_for(lambda: one["extended"] + other["extended"] >= 3)
    assert len(starts) == 1
    go.set()
    assert wait_for(lambda: one["acknowledged"] + other["acknowledged"] == 1)
    assert (one.stop(), other.stop()) == (DRAINED, DRAINED)
    assert counts(queue_url) == (0, 0)


def test_poison_is_parked_with_its_reason(
    aws: LocalAWS, make_queue: Callable[..., str], consume: Consume
) -> None:
    """Fault 10: it is tried as often as the queue says, and the others are done."""
    dead, url = with_dead_letters(make_queue, 3)
    sqs.send_message_batch(url, [f"good {number}" for number in range(19)])
    sqs.send_message(url, "bad", message_attributes={"kind": "x", "raw": b"\0\1", "n": 1.5})
    attempts = []

    def handle(message: Message) -> None:
        if message.body == "bad":
            attempts.append(message.attempt)
            raise LookupError("no such order: 7")

    running = consume({url: handle}, ONE_BATCH)
    assert running.join() == DRAINED
    assert attempts == [1, 2, 3]
    assert (running["done"], running["parked"]) == (19, 1)
    assert counts(url) == (0, 0)
    (parked,) = sqs.receive_message(dead)["Messages"]
    assert parked["Body"] == "bad"
    attributes = {
        name: value.get("StringValue") for name, value in parked["MessageAttributes"].items()
    }
    assert attributes["philo.error"] == "LookupError: no such order: 7"
    assert 'raise LookupError("no such order: 7")' in attributes["philo.traceback"]
    assert attributes["philo.attempts"] == "3"
    assert attributes["philo.source"].endswith(url.rpartition("/")[2])
    assert attributes["kind"] == "x"
    assert attributes["n"] == "1.5"
    assert parked["MessageAttributes"]["raw"]["BinaryValue"] == b"\0\1"


def test_what_is_rejected_is_parked_at_once(
    make_queue: Callable[..., str], consume: Consume
) -> None:
    dead, url = with_dead_letters(make_queue, 5)
    sqs.send_message_batch(url, ["no json", "[1]"])
    seen = []

    def handle(message: Message) -> None:
        if message.json() == [1]:
            seen.append(message.attempt)
            raise Reject("not for us")

    assert consume({url: handle}, ONE_BATCH).join() == DRAINED
    assert seen == [1]
    reasons = {
        one["MessageAttributes"]["philo.error"]["StringValue"]
        for one in sqs.receive_message(dead, 10)["Messages"]
    }
    assert len(reasons) == 2
    assert "Reject: not for us" in reasons
    assert any("The body is no JSON" in reason for reason in reasons)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_whatever_a_handler_raises_the_consumer_lives(
    queue_url: str, consume: Consume, error: BaseException
) -> None:
    """Fault 16."""
    sqs.send_message_batch(queue_url, ["ends", "stays"])
    seen = []

    def handle(message: Message) -> None:
        seen.append(message.body)
        if message.body == "ends" and message.attempt == 1:
            raise error

    assert consume({queue_url: handle}, ONE_BATCH, concurrency=1).join() == DRAINED
    assert sorted(seen) == ["ends", "ends", "stays"]
    assert counts(queue_url) == (0, 0)


def test_one_that_ends_with_its_queue_does_not_wait_for_a_queue_to_be(
    queue_url: str, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    sqs.send_message(queue_url, "1")
    running = consume({"no-such-queue": print, queue_url: print}, ONE_BATCH)
    assert running.join() == LEFT_SOMETHING
    assert running["acknowledged"] == 1
    assert "no-such-queue was not consumed" in caplog.text


def test_the_last_retry_that_the_queue_allows_is_parked_with_its_reason(
    make_queue: Callable[..., str], consume: Consume
) -> None:
    """SQS itself would move it away at the next receive, and tell no reason."""
    dead, url = with_dead_letters(make_queue, 2)
    sqs.send_message(url, "again and again")

    def handle(message: Message) -> None:
        raise Retry(0)

    assert consume({url: handle}, ONE_BATCH).join() == DRAINED
    (parked,) = sqs.receive_message(dead)["Messages"]
    reason = parked["MessageAttributes"]["philo.error"]["StringValue"]
    assert reason == "Retry: the handler asked to try again"


def test_without_the_file_of_its_health_nothing_is_begun(queue_url: str, tmp_path: Path) -> None:
    handler = Handler(queue=queue_url, function=print)
    consumer = Consumer([handler], life=Life(health_file=str(tmp_path / "none" / "health")))
    with pytest.raises(FileNotFoundError):
        consumer.run()
    assert consumer.figures.all() == {}
    assert not consumer.leases.is_alive
