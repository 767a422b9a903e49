"""How the number of requests in flight falls and grows."""

from __future__ import annotations

from philo_aws.patience import FIRST_DELAY, LONGEST_DELAY
from philo_aws.s3.engine.window import Window


def test_it_halves_once_for_a_burst_and_pauses() -> None:
    window = Window(64)
    for _ in range(64):
        window.throttled(100.0)
    assert window.size == 32
    assert 100 < window.resume_at < 101


def test_a_storm_ends_at_one_request_and_pauses_that_do_not_grow_for_ever() -> None:
    window, now = Window(64), 0.0
    for _ in range(50):
        window.throttled(now)
        pause = window.resume_at - now
        assert 0 < pause <= LONGEST_DELAY
        now = window.resume_at
    assert window.size == 1
    assert pause > LONGEST_DELAY / 2


def test_it_grows_back_by_success() -> None:
    window = Window(16)
    window.throttled(0.0)
    sizes = []
    for _ in range(200):
        window.succeeded()
        sizes.append(window.size)
    assert sizes == sorted(sizes)
    assert sizes[2] <= 9, "above half of where it was slowed down it grows slowly"
    assert sizes[-1] == 16


def test_a_single_failure_costs_little() -> None:
    window = Window(64)
    window.failed(0.0)
    assert window.size == 56
    assert window.resume_at == 0.0
    for step in range(200):
        window.failed(float(step))
    assert window.size == 1


def test_after_a_storm_it_grows_quickly_to_half_of_where_it_was() -> None:
    window, now = Window(64), 0.0
    while window.size > 1:
        window.throttled(now)
        now = window.resume_at
    successes = 0
    while window.size < 32:
        window.succeeded()
        successes += 1
    assert successes == 31
    while window.size < 64:
        window.succeeded()
        successes += 1
    # Then by one for each windowful: 32 + 33 + … + 63.
    assert successes == 31 + 1520


def test_a_storm_with_successes_in_between_is_several() -> None:
    window, now = Window(64), 0.0
    for size in (32, 16):
        window.throttled(now)
        now = window.resume_at
        assert window.size == size
        window.succeeded()
        assert window.size == size, "it is at half of where it was: it grows slowly"


def test_pauses_are_short_again_after_a_success_even_of_one_request() -> None:
    window, now = Window(1), 0.0
    for _ in range(8):
        window.throttled(now)
        now = window.resume_at
    window.succeeded()
    window.throttled(now)
    assert window.resume_at - now <= FIRST_DELAY


def test_many_that_stand_still_halve_it_once_and_without_a_pause() -> None:
    window = Window(64)
    for _ in range(10):
        window.stalled(100.0)
    assert window.size == 32
    assert window.resume_at == 0.0
    window.stalled(101.0)
    assert window.size == 16
