"""Threads that nobody waits for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import wait
from contextvars import ContextVar

import pytest

from philo_aws.daemons import Daemons
from tests.running import ROOT

word: ContextVar[str] = ContextVar("word", default="")


def test_calls_give_what_they_return_or_raise() -> None:
    with Daemons(2) as pool:
        assert list(pool.map(lambda number: number * 2, range(50))) == list(range(0, 100, 2))
        assert pool.submit(divmod, 7, 2).result(5) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 7, 0).result(5)


def test_no_more_threads_than_wanted() -> None:
    meeting = threading.Barrier(3)
    with Daemons(3) as pool:
        calls = [pool.submit(meeting.wait, 5) for _ in range(9)]
        assert sorted(call.result(5) for call in calls) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        names = {pool.submit(lambda: threading.current_thread().name).result(5) for _ in range(9)}
    assert len(names) <= 3


def test_a_thread_is_made_for_each_call_that_would_wait_for_another() -> None:
    """Calls may wait for each other: those of a batch are all made at once."""
    with Daemons(8) as pool:
        for size in (1, 2, 3, 5, 8, 8):
            for _ in range(20):
                pool.submit(int).result(5)
            meeting = threading.Barrier(size)
            calls = [pool.submit(meeting.wait, 10) for _ in range(size)]
            assert sorted(call.result(10) for call in calls) == list(range(size))


def test_a_call_has_the_context_of_its_caller() -> None:
    token = word.set("given")
    with Daemons(1) as pool:
        call = pool.submit(word.get)
        word.reset(token)
        assert call.result(5) == "given"
        assert pool.submit(word.get).result(5) == ""


def test_the_end_of_the_block_waits_for_nothing_and_begins_nothing() -> None:
    begun, over = threading.Event(), threading.Event()

    def stand_still() -> None:
        begun.set()
        over.wait(20)

    at = time.monotonic()
    with Daemons(1) as pool:
        running, waiting = pool.submit(stand_still), pool.submit(int)
        assert begun.wait(5)
    assert time.monotonic() - at < 5
    assert (running.done(), waiting.cancelled()) == (False, True)
    over.set()
    pool.shutdown()
    assert running.done()


def test_its_threads_end_with_it() -> None:
    pool = Daemons(4, "mine")
    wait([pool.submit(time.sleep, 0.05) for _ in range(4)])
    pool.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mine")]
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)


def test_python_does_not_wait_for_them_at_its_exit() -> None:
    script = """
import threading
from philo_aws.daemons import Daemons
begun = threading.Event()
with Daemons(1) as pool:
    pool.submit(lambda: begun.set() or threading.Event().wait(60))
    begun.wait()
raise SystemExit(7)
"""
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, cwd=ROOT, timeout=20, check=False).returncode == 7
