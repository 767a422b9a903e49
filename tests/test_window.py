"""How the number of requests in flight grows and falls, alone and against simulated stores."""

from __future__ import annotations

from itertools import pairwise

import pytest

from philo_aws.patience import FIRST_DELAY, LONGEST_DELAY
from philo_aws.window import FAR, FIRST, MOST, PROBE, Window
from tests.simulation import Fixed, SimulatedStore, simulate

WINDOWS = (4, 16, 64, 128, 256, MOST)


def steady(limit: int) -> Window:
    """One of a near store that is at its limit, which so can only fall."""
    window = Window(limit, limit)
    succeed(window, min(PROBE, limit), seconds=0.001)
    assert window.size == limit
    return window


def succeed(window: Window, count: int, *, now: float = 0.0, seconds: float = 0.01) -> list[int]:
    sizes = []
    for _ in range(count):
        window.succeeded(now, window.size, seconds)
        sizes.append(window.size)
    return sizes


def test_it_halves_once_for_a_burst_and_pauses() -> None:
    window = steady(64)
    for _ in range(64):
        window.throttled(100.0)
    assert window.size == 32
    assert 100 < window.resume_at < 101


def test_a_storm_ends_at_one_request_and_pauses_that_do_not_grow_for_ever() -> None:
    window, now = steady(64), 0.0
    for _ in range(50):
        window.throttled(now)
        pause = window.resume_at - now
        assert 0 < pause <= LONGEST_DELAY
        now = window.resume_at
    assert window.size == 1
    assert pause > LONGEST_DELAY / 2


def test_after_a_storm_it_grows_quickly_to_half_of_where_it_was_and_then_by_trials() -> None:
    window, now = steady(64), 0.0
    while window.size > 1:
        window.throttled(now)
        now = window.resume_at
    assert succeed(window, 31, now=now) == list(range(2, 33))
    assert succeed(window, 200, now=now)[-1] == 32


def test_a_single_failure_costs_little_and_is_made_up_for() -> None:
    window = steady(64)
    window.failed(0.0)
    assert window.size == 56
    assert window.resume_at == 0.0
    assert succeed(window, 9) == [*range(57, 65), 64]
    for step in range(1, 200):
        window.failed(float(step))
    assert window.size == 1


def test_a_failure_does_not_keep_it_from_finding_out_how_far_a_store_is() -> None:
    window = Window(MOST)
    window.failed(0.0)
    assert window.size == PROBE
    succeed(window, PROBE - 1, seconds=0.02)
    assert window.size == FAR * FIRST


def test_failures_now_and_then_do_not_keep_it_small() -> None:
    store = SimulatedStore(seconds=lambda now: 0.02, fails=0.01)
    seen = simulate(Window(MOST), store, 20_000)
    without = simulate(Window(MOST), STORES["20 ms"], 20_000)
    assert seen.failed > 100
    assert seen.seconds < 1.15 * without.seconds


def test_a_storm_with_successes_in_between_is_several() -> None:
    window, now = steady(64), 0.0
    for size in (32, 24):
        window.throttled(now)
        now = window.resume_at
        assert window.size == size
        assert set(succeed(window, 1, now=now)) == {size}


def test_pauses_are_short_again_after_a_success_even_of_one_request() -> None:
    window, now = steady(1), 0.0
    for _ in range(8):
        window.throttled(now)
        now = window.resume_at
    succeed(window, 1, now=now)
    window.throttled(now)
    assert window.resume_at - now <= FIRST_DELAY


def test_many_that_stand_still_halve_it_once_and_without_a_pause() -> None:
    window = steady(64)
    for _ in range(10):
        window.stalled(100.0)
    assert window.size == 32
    assert window.resume_at == 0.0
    window.stalled(101.0)
    assert window.size == 16


def test_what_has_too_little_to_send_says_nothing_of_the_store() -> None:
    window = Window(MOST)
    succeed(window, PROBE, seconds=0.02)
    assert window.size == FAR * FIRST
    for round_ in range(20):
        for _ in range(FAR * FIRST):
            window.succeeded(1 + round_ * 0.1, 3, 0.02)
    assert window.size <= 2 * FAR * FIRST


@pytest.mark.parametrize(("seconds", "size"), [(0.001, FIRST), (0.02, FAR * FIRST)])
def test_a_few_requests_find_out_whether_a_store_is_near(seconds: float, size: int) -> None:
    window = Window(MOST)
    assert window.size == PROBE
    assert set(succeed(window, PROBE - 1, seconds=seconds)) == {PROBE}
    window.succeeded(0.0, PROBE, 0.03)
    assert window.size == size


STORES = {
    "answers at once": SimulatedStore(seconds=lambda now: 0.0),
    "5 ms": SimulatedStore(seconds=lambda now: 0.005),
    "20 ms": SimulatedStore(seconds=lambda now: 0.02),
    "60 ms": SimulatedStore(seconds=lambda now: 0.06),
    "200 ms": SimulatedStore(seconds=lambda now: 0.2),
    "at most 200 a second": SimulatedStore(seconds=lambda now: 0.02, most=200),
    "at most 1,000 a second": SimulatedStore(seconds=lambda now: 0.02, most=1000),
    "at most 3,000 a second, 60 ms": SimulatedStore(seconds=lambda now: 0.06, most=3000),
    "a link of 1 MB/s": SimulatedStore(seconds=lambda now: 0.02, link=1e6),
    "a link of 10 MB/s, 100 ms": SimulatedStore(seconds=lambda now: 0.1, link=10e6),
    "20 ms, then 100": SimulatedStore(seconds=lambda now: 0.02 if now < 2 else 0.1),
    "at once, then 60 ms": SimulatedStore(seconds=lambda now: 0.0 if now < 2 else 0.06),
    "200 ms, then at once": SimulatedStore(seconds=lambda now: 0.2 if now < 2 else 0.0),
}


@pytest.mark.parametrize("name", STORES)
def test_it_does_within_15_percent_of_the_best_fixed_number(name: str) -> None:
    store = STORES[name]
    count = int(min(30_000, 10 * store.capacity()))
    best = min(simulate(Fixed(size), store, count).seconds for size in WINDOWS)
    ours = sorted(simulate(Window(MOST), store, count, seed=seed).seconds for seed in range(3))[1]
    assert ours <= 1.15 * best


@pytest.mark.parametrize("limit", [1, 7, 200, MOST])
@pytest.mark.parametrize("name", ["20 ms", "at most 1,000 a second", "20 ms, then 100"])
def test_no_more_fly_than_may(name: str, limit: int) -> None:
    seen = simulate(Window(limit), STORES[name], 3000)
    assert seen.most_at_once <= limit
    assert seen.sizes[0] == min(PROBE, limit)


def test_it_opens_no_more_than_are_of_use_where_a_store_answers_at_once() -> None:
    seen = simulate(Window(MOST), STORES["answers at once"], 20_000)
    assert seen.most_at_once <= 2 * FIRST
    assert seen.sizes[-1] <= 2 * FIRST


def test_where_a_store_is_far_away_it_is_at_its_limit_within_ten_times_the_time_to_answer() -> None:
    seen = simulate(Window(MOST), STORES["200 ms"], 10_000)
    assert seen.reached(MOST) <= 10 * 0.2


def test_a_store_that_asks_to_slow_down_is_seldom_asked_too_much() -> None:
    seen = simulate(Window(MOST), STORES["at most 1,000 a second"], 10_000)
    assert seen.refused < 1000


def test_an_even_stream_is_not_shaken() -> None:
    """Trials become rare where they bring nothing."""
    seen = simulate(Window(MOST), STORES["answers at once"], 100_000)
    changes = sum(before != after for before, after in pairwise(seen.sizes))
    assert changes < len(seen.sizes) / 10
