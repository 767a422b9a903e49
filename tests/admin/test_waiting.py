from __future__ import annotations

import threading
import time

import pytest

from philo_aws.admin import waiting
from philo_aws.admin.waiting import Patience
from philo_aws.exceptions import AWSError, NetworkError


def test_calls_run_side_by_side() -> None:
    meeting = threading.Barrier(5, timeout=5)
    answers = Patience().together(dict.fromkeys(range(5), meeting.wait))

    assert set(answers.values()) == {0, 1, 2, 3, 4}


def test_each_call_has_its_value_or_its_error() -> None:
    def fail() -> int:
        raise AWSError("no")

    answers = Patience().together({"good": lambda: 1, "bad": fail})

    assert answers["good"] == 1
    assert str(answers["bad"]) == "no"
    with pytest.raises(AWSError, match="no"):
        Patience().call(fail)


def test_what_is_no_error_of_aws_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Patience().call(lambda: 1 // 0)


def test_the_time_is_one_for_all_calls_of_a_page() -> None:
    end = threading.Event()
    try:
        patience = Patience(0.2)
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(NetworkError, match="did not answer in time"):
                patience.call(end.wait)
        assert time.monotonic() - began < 1
    finally:
        end.set()


def test_many_waiting_pages_use_no_more_threads_than_the_pool_has() -> None:
    end = threading.Event()
    try:
        for _ in range(waiting.MAX_THREADS * 2):
            with pytest.raises(NetworkError):
                Patience(0).call(lambda: end.wait(10))
        threads = [t for t in threading.enumerate() if t.name.startswith("philo-aws-page")]
        assert len(threads) <= waiting.MAX_THREADS
    finally:
        end.set()
