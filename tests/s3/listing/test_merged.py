from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from philo_aws.s3.listing.segments import MOST_PAGES, Arrival, Segment
from tests.s3.listing.test_segments import KINDS, PAGE, keys_of
from tests.s3.simulation import STARTS, Answerer, arrival, listed, simulate


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_store_makes_of_start_after_nothing_is_lost_or_doubled(
    kind: str, start: str
) -> None:
    keys = keys_of(kind)
    done = simulate(listed(keys, PAGE, STARTS[start]), chance=random.Random(2))
    assert done.given == keys
    assert done.requests <= -(-len(keys) // PAGE) * 9 / 8 + 16 + MOST_PAGES


@settings(deadline=None)
@given(
    st.sampled_from(sorted(STARTS)),
    st.sampled_from(sorted(KINDS)),
    st.integers(0, 300),
    st.integers(1, 9),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_any_store_in_any_order_of_answers(
    start: str, kind: str, count: int, size: int, empties: bool, chance: random.Random
) -> None:
    keys = keys_of(kind, count)
    answer = listed(keys, size, STARTS[start], empties=empties)
    assert simulate(answer, chance=chance).given == keys


@pytest.mark.parametrize("kind", KINDS)
def test_empty_pages_lose_nothing(kind: str) -> None:
    keys = keys_of(kind)
    done = simulate(listed(keys, PAGE, empties=True), chance=random.Random(9))
    assert done.given == keys
    assert done.plan.splits


def test_a_store_that_ignores_start_after_is_noticed_at_once() -> None:
    keys = keys_of("numbers")
    done = simulate(listed(keys, PAGE, STARTS["ignored"]), chance=random.Random(3))
    assert done.requests <= -(-len(keys) // PAGE) + 16
    assert not done.plan.splits


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["numbers", "UUIDs"])
def test_keys_that_come_and_go_meanwhile_do_not_hide_those_that_stay(kind: str, seed: int) -> None:
    keys = keys_of(kind, 2000)
    passing = set(keys[:-1:7])
    done = simulate(changing(keys, passing, 0.5, seed), chance=random.Random(seed))
    assert done.given == sorted(set(done.given))
    assert set(keys) - passing <= set(done.given)


@pytest.mark.parametrize("kind", ["numbers", "UUIDs"])
def test_keys_that_come_and_go_meanwhile_do_not_end_the_splitting(kind: str) -> None:
    keys = keys_of(kind)
    done = simulate(changing(keys, set(keys[1000:-1]), 0.02, 4), chance=random.Random(4))
    assert done.plan.splits


def changing(keys: list[str], passing: set[str], missing: float, seed: int) -> Answerer:
    """Return what answers as a store in which some keys are seen by one request, not by the next.

    Each of the ``passing`` is ``missing`` for so many requests of all.
    """
    chance = random.Random(seed)

    def answer(segment: Segment) -> Arrival:
        seen = [key for key in keys if key not in passing or chance.random() > missing]
        begin = next((n for n, key in enumerate(seen) if key > segment.position), len(seen))
        page = seen[begin : begin + PAGE]
        return arrival(segment, page, 0 if begin + PAGE < len(seen) else 1, 1)

    return answer


def test_a_store_that_lists_in_no_order_is_never_split() -> None:
    keys = [f"{number:05}" for number in range(900)]
    random.Random(6).shuffle(keys)
    starts = []

    def answer(segment: Segment) -> Arrival:
        starts.append(segment.start)
        return listed(keys, PAGE)(segment)

    assert simulate(answer, chance=random.Random(6)).given == keys
    assert not any(starts)


def test_no_order_that_shows_late() -> None:
    keys = [f"{number:05}" for number in range(900)]
    keys[60:] = reversed(keys[60:])

    def answer(segment: Segment) -> Arrival:
        begin = int(segment.token) if segment.token else int(segment.start[:5] or -1) + 1
        return arrival(segment, keys[begin : begin + PAGE], begin + PAGE, len(keys))

    done = simulate(answer, chance=random.Random(7))
    assert not done.plan.splits
    assert done.given[:60] == keys[:60]
