from __future__ import annotations

import threading
import time

import pytest

from philo_aws.admin import waiting
from philo_aws.admin.waiting import PagePatience
from philo_aws.exceptions import AWSError, NetworkError


def test_calls_run_side_by_side() -> None:
    meeting = threading.Barrier(5, timeout=5)
    answers = PagePatience().together(dict.fromkeys(range(5), meeting.wait))

    assert set(answers.values()) == {0, 1, 2, 3, 4}


def test_each_call_has_its_value_or_its_error() -> None:
    def fail() -> int:
        raise AWSError("no")

    answers = PagePatience().together({"good": lambda: 1, "bad": fail})

    assert answers["good"] == 1
    assert str(answers["bad"]) == "no"
    with pytest.raises(AWSError, match="no"):
        PagePatience().call(fail)


def test_what_is_no_error_of_aws_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        PagePatience().call(lambda: 1 // 0)


def test_the_time_is_one_for_all_calls_of_a_page() -> None:
    end = threading.Event()
    try:
        patience = PagePatience(0.2)
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(NetworkError, match="did not answer in time"):
                patience.call(end.wait)
        assert time.monotonic() - began < 5, "a time for each would have been 10 seconds"
    finally:
        end.set()


def test_many_waiting_pages_use_no_more_threads_than_the_pool_has() -> None:
    end = threading.Event()
    try:
        for _ in range(waiting.MAX_THREADS * 2):
            with pytest.raises(NetworkError):
                PagePatience(0).call(lambda: end.wait(10))
        threads = [t for t in threading.enumerate() if t.name.startswith("philo-aws-page")]
        assert len(threads) <= waiting.MAX_THREADS
    finally:
        end.set()


def test_what_found_no_thread_in_time_is_not_made_later() -> None:
    end, made = threading.Event(), threading.Event()
    begun = threading.Semaphore(0)

    def hold() -> None:
        begun.release()
        end.wait(10)

    holding = [
        threading.Thread(target=lambda: PagePatience(5).together({"": hold}, writing=True))
        for _ in range(waiting.MAX_WRITERS)
    ]
    try:
        for thread in holding:
            thread.start()
        for _ in holding:
            assert begun.acquire(timeout=10)
        with pytest.raises(NetworkError, match="was not begun") as caught:
            PagePatience(0.1).call(made.set, writing=True)
        assert not caught.value.may_be_done
    finally:
        end.set()
        for thread in holding:
            thread.join()
    # What comes after it has its turn, so it would have had its own.
    PagePatience(5).call(lambda: None, writing=True)
    assert not made.is_set()


def test_what_was_begun_may_be_done() -> None:
    end = threading.Event()
    try:
        with pytest.raises(NetworkError, match="may still be done") as caught:
            PagePatience(0.2).call(lambda: end.wait(10), writing=True)
        assert caught.value.may_be_done
    finally:
        end.set()


def test_writers_do_not_hold_up_readers() -> None:
    end = threading.Event()
    try:
        for _ in range(waiting.MAX_WRITERS * 4):
            with pytest.raises(NetworkError):
                PagePatience(0).call(lambda: end.wait(10), writing=True)
        assert PagePatience(2).call(lambda: "answer") == "answer"
    finally:
        end.set()
