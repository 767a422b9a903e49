"""How many messages are held: never more than can be handled soon, and no slot is lost."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

import pytest

from philo_aws.sqs.consumer import Message
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.slots import MOST_AHEAD, Slots
from philo_aws.sqs.consumer.source import Source

SOURCE = Source(Handler(queue="orders", function=print))


def message() -> Message:
    return Message(SOURCE, {"ReceiptHandle": "r", "Body": ""}, begun=time.monotonic(), lease=60)


def fetched(slots: Slots, *, fifo: bool = False) -> int:
    """Receive as many as there is room for."""
    with slots.reserved(fifo=fifo) as made:
        assert slots.fill(made, [message() for _ in range(made.number)], 0.01)
        return made.number


def in_thread(function: Any) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()), daemon=True)
    thread.start()
    return thread, found


def test_as_many_are_asked_for_as_can_begin() -> None:
    slots = Slots(4, ahead=0)
    assert fetched(slots) == 4
    thread, found = in_thread(lambda: fetched(slots))
    thread.join(0.1)
    assert not found
    assert slots.next() is not None
    thread.join(0.1)
    assert not found  # it runs: its slot is taken
    slots.finished(0.01)
    thread.join(20)
    assert found == [1]


def test_ten_at_most_by_one_request_and_one_of_a_fifo_queue() -> None:
    assert fetched(Slots(25, ahead=0)) == 10
    assert fetched(Slots(25, ahead=0), fifo=True) == 1


def test_short_work_is_fetched_ahead() -> None:
    slots = Slots(2, ahead=0.5)
    fetched(slots)
    assert slots.next() is not None
    slots.finished(0.1)
    # Two threads do ten such messages in half a second.
    assert slots._free(fifo=False) == 2 - 1 + 10
    assert slots._free(fifo=True) == 1
    slots._seconds = 1e-9
    assert slots._free(fifo=False) == 1 + MOST_AHEAD


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_receive_did_not_fill_is_given_back(fails: bool) -> None:
    slots = Slots(4, ahead=0)
    for _ in range(10):
        with contextlib.suppress(OSError), slots.reserved(fifo=False) as made:
            assert made.number == 4
            if fails:
                open("/does/not/exist").close()
    assert fetched(slots) == 4


def test_slots_that_were_given_back_are_not_given_back_twice() -> None:
    slots = Slots(4, ahead=0)
    with slots.reserved(fifo=False) as made:
        slots.give_back(made)
        assert slots._free(fifo=True) == 4
    assert slots._free(fifo=True) == 4


def test_nothing_is_taken_after_the_stop_and_what_waits_comes_back() -> None:
    slots = Slots(4, ahead=0)
    with slots.reserved(fifo=False) as made:
        assert slots.fill(made, [message(), message()], 0.01)
    assert slots.next() is not None
    with slots.reserved(fifo=False) as made:
        assert made.number == 2
        assert len(slots.stop()) == 1
        assert not slots.fill(made, [message()], 0.01)
    with slots.reserved(fifo=False) as made:
        assert made.number == 0
    assert slots.next() is None
    assert not slots.wait_until_idle(time.monotonic() + 0.01)


def test_it_is_idle_when_the_last_is_finished() -> None:
    slots = Slots(4, ahead=0)
    fetched(slots)
    assert slots.next() is not None
    slots.stop()
    thread, found = in_thread(lambda: slots.wait_until_idle(time.monotonic() + 20))
    slots.finished(0.1)
    thread.join(20)
    assert found == [True]


def test_no_more_are_received_than_wanted() -> None:
    slots = Slots(10, ahead=0, most=3)
    assert fetched(slots) == 3
    assert slots.is_exhausted
    with slots.reserved(fifo=False) as made:
        assert made.number == 0


def test_no_more_run_than_may() -> None:
    slots = Slots(2, ahead=60)
    fetched(slots)
    assert slots.next() is not None
    slots.finished(0.01)
    fetched(slots)
    assert slots.next() is not None
    assert slots.next() is not None
    thread, found = in_thread(slots.next)
    thread.join(0.1)
    assert not found
    slots.finished(0.01)
    thread.join(20)
    assert found


def test_one_that_waits_can_be_dropped() -> None:
    slots = Slots(2, ahead=0)
    fetched(slots)
    one = slots._waiting[0]
    assert slots.drop(one)
    assert not slots.drop(one)
    assert slots.waiting == 1
