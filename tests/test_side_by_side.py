"""Calls in threads, whose number finds itself."""

from __future__ import annotations

import threading

import pytest

from philo_aws.exceptions import Kind, ThrottledError
from philo_aws.side_by_side import SideBySide


def test_calls_give_what_they_return_or_raise_in_the_order_they_came() -> None:
    with SideBySide(4, 2, "test") as pool:
        assert list(pool.map(lambda number: number * 2, range(300))) == list(range(0, 600, 2))
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 7, 0).result(5)


def test_no_more_are_begun_than_at_first_until_it_is_known_what_more_bring() -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    def call() -> None:
        begun.release()
        assert go_on.wait(20)

    with SideBySide(64, 3, "test") as pool:
        calls = [pool.submit(call) for _ in range(9)]
        for _ in range(3):
            assert begun.acquire(timeout=10)
        assert not begun.acquire(blocking=False)
        go_on.set()
        for each in calls:
            each.result(10)


def test_more_are_made_at_once_where_each_only_waits() -> None:
    """Calls wait for as many others as can only be there once more are made at once."""
    lock, at_once, most = threading.Lock(), 0, 0

    def call() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.02)  # the time to answer, which is what this is about
        with lock:
            at_once -= 1

    with SideBySide(32, 4, "test") as pool:
        for each in [pool.submit(call) for _ in range(600)]:
            each.result(30)
    assert 16 <= most <= 32


def test_fewer_are_made_where_the_store_asks_to_slow_down() -> None:
    lock, at_once, most_later = threading.Lock(), 0, 0
    meeting = threading.Barrier(8)

    def call(number: int) -> ThrottledError:
        nonlocal at_once, most_later
        if number < 8:
            meeting.wait(20)
        else:
            with lock:
                at_once += 1
                most_later = max(most_later, at_once)
            threading.Event().wait(0.002)  # the time to answer
            with lock:
                at_once -= 1
        return ThrottledError("slow down", code="SlowDown", kind=Kind.THROTTLED)

    with SideBySide(8, 8, "test") as pool:
        for each in [pool.submit(call, number) for number in range(200)]:
            each.result(30)
    assert most_later <= 4


def test_the_end_of_the_block_begins_nothing_and_waits_for_nothing() -> None:
    begun, over = threading.Event(), threading.Event()

    def stand_still() -> None:
        begun.set()
        over.wait(20)

    with SideBySide(4, 1, "test") as pool:
        running, waiting = pool.submit(stand_still), pool.submit(int)
        assert begun.wait(10)
    assert (running.done(), waiting.cancelled()) == (False, True)
    over.set()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)


def test_what_waits_is_made_at_a_shutdown_that_cancels_nothing() -> None:
    pool = SideBySide(4, 1, "test")
    calls = [pool.submit(int, number) for number in range(20)]
    pool.shutdown()
    assert [each.result(0) for each in calls] == list(range(20))


def test_a_call_that_was_cancelled_leaves_its_place_to_the_next() -> None:
    go_on = threading.Event()
    with SideBySide(1, 1, "test") as pool:
        first = pool.submit(go_on.wait, 20)
        second, third = pool.submit(int, 2), pool.submit(int, 3)
        assert second.cancel()
        go_on.set()
        assert first.result(10)
        assert third.result(10) == 3
