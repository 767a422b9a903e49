from __future__ import annotations

import contextvars
import threading
import time

import pytest

from philo_aws.exceptions import AWSError, Kind
from philo_aws.sqs.crew import FIRST, Crew

colour = contextvars.ContextVar("colour", default="none")


def test_what_ends_is_taken_back_with_its_task() -> None:
    with Crew[int, int](lambda number, failures: number * 2) as crew:
        for number in range(5):
            crew.begin(number)
        found: list[tuple[int, int]] = []
        while crew.in_flight:
            found += crew.ended(wait=True)

    assert sorted(found) == [(n, 2 * n) for n in range(5)]


def test_nothing_is_waited_for_unless_wanted() -> None:
    go_on = threading.Event()
    with Crew[int, bool](lambda task, failures: go_on.wait(10)) as crew:
        crew.begin(1)
        assert list(crew.ended(wait=False)) == []
        go_on.set()
        assert list(crew.ended(wait=True)) == [(1, True)]
        assert list(crew.ended(wait=True)) == []


def test_an_error_is_raised_where_it_is_taken() -> None:
    def break_off(task: int, failures: list[AWSError]) -> None:
        raise ZeroDivisionError

    with Crew(break_off) as crew:
        crew.begin(1)
        with pytest.raises(ZeroDivisionError):
            list(crew.ended(wait=True))


def test_a_task_has_the_context_of_its_caller() -> None:
    token = colour.set("red")
    try:
        with Crew[int, str](lambda task, failures: colour.get()) as crew:
            crew.begin(1)
            crew.begin(2)
            found = [*crew.ended(wait=True), *crew.ended(wait=True)]
    finally:
        colour.reset(token)

    assert {result for _, result in found} == {"red"}


def test_the_end_of_the_block_begins_nothing_and_waits_for_nothing() -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def work(task: int, failures: list[AWSError]) -> None:
        begun.append(task)
        go_on.wait(10)

    before = time.monotonic()
    with Crew(work, most=1) as crew:
        crew.begin(1)
        while not begun:
            time.sleep(0.001)
    assert time.monotonic() - before < 5
    go_on.set()
    assert begun == [1]


def test_more_are_in_flight_as_long_as_more_are_answered() -> None:
    # A stand-in for a server 20 ms away that takes whatever comes.
    most = 0
    with Crew[int, None](lambda task, failures: time.sleep(0.02)) as crew:
        for _ in range(3000):
            while not crew.has_room:
                list(crew.ended(wait=True))
            crew.begin(1)
            most = max(most, crew.in_flight)
            list(crew.ended(wait=False))
            if most > 2 * FIRST:
                break

    assert most > 2 * FIRST


def test_fewer_once_the_server_asks_to_slow_down() -> None:
    def work(task: int, failures: list[AWSError]) -> None:
        time.sleep(0.001)
        if task > 100:
            failures.append(AWSError("Slow down.", kind=Kind.THROTTLED))

    with Crew(work) as crew:
        sizes = []
        for number in range(200):
            while not crew.has_room:
                list(crew.ended(wait=True))
            crew.begin(number)
            sizes.append(crew.in_flight)
            list(crew.ended(wait=False))
        while crew.in_flight:
            list(crew.ended(wait=True))
        assert crew._window.size < max(sizes)
