from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from philo_aws.s3.listing.segments import (
    EXTRA_REQUESTS,
    MOST_BYTES,
    MOST_PAGES,
    PAGES_PER_EXTRA,
    Arrival,
    Segment,
    SegmentPlan,
)
from tests.s3.simulation import arrival, listed, simulate

PAGE = 10
COUNT = 4000


def uuids(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128)))


def dates(chance: random.Random) -> str:
    day = f"{chance.randint(1, 12):02}/{chance.randint(1, 28):02}"
    return f"logs/2026/{day}/{chance.getrandbits(32):08x}.gz"


def clusters(chance: random.Random) -> str:
    place = chance.choice(["a", "m/x/y", "zz", "Zoo/9", "things/2020"])
    return f"{place}/{int(chance.gauss(5e8, 1e5)):010}"


def scripts(chance: random.Random) -> str:
    return "文/" + "".join(chr(chance.randint(0x4E00, 0x9FFF)) for _ in range(4))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "numbers": lambda chance: f"object-{chance.randrange(10**6):09}.bin",
    "numbers without zeros": lambda chance: f"img/{chance.randrange(10**6)}.png",
    "UUIDs": uuids,
    "dates": dates,
    "clusters": clusters,
    "Unicode": scripts,
    "one huge folder": lambda chance: (
        f"{'a' if chance.random() < 0.9 else chance.choice('bcxyz')}/{chance.randrange(10**8):08}"
    ),
    "base 64": lambda chance: "".join(
        chance.choices(string.ascii_letters + string.digits + "-_", k=9)
    ),
}


def keys_of(kind: str, count: int = COUNT) -> list[str]:
    chance = random.Random(5)
    return sorted({KINDS[kind](chance) for _ in range(count)})


def most_requests(pages: int, read: int) -> int:
    """The documented number."""
    return pages + EXTRA_REQUESTS + read // PAGES_PER_EXTRA


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_keys_side_by_side_with_few_requests_more(kind: str) -> None:
    keys = keys_of(kind)
    pages = -(-len(keys) // PAGE)
    done = simulate(listed(keys, PAGE), chance=random.Random(1))
    assert done.given == keys
    assert done.requests <= most_requests(pages, done.plan.read_pages)
    assert 8 <= done.most_in_flight <= 16
    assert done.most_waiting <= MOST_PAGES


texts = st.text(st.one_of(st.sampled_from("ab0/-é文"), st.characters(exclude_categories=["Cs"])))
sets_of_keys = st.one_of(
    st.lists(texts.filter(bool), unique=True, max_size=60),
    st.builds(
        lambda kind, count, prefix: [prefix + key for key in keys_of(kind, count)],
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 400),
        st.sampled_from(["", "a/", "é"]),
    ),
)


@settings(deadline=None, max_examples=300)
@given(
    sets_of_keys,
    st.integers(1, 12),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)
def test_any_keys_in_any_order_of_answers(
    keys: list[str], size: int, side_by_side: int, chance: random.Random
) -> None:
    keys = sorted(keys)
    done = simulate(listed(keys, size), chance=chance, side_by_side=side_by_side)
    assert done.given == keys
    pages = max(1, -(-len(keys) // size))
    assert done.requests <= most_requests(pages, done.plan.read_pages)
    if pages <= 2 or side_by_side == 1:
        assert done.requests == pages


def test_nothing_is_split_before_two_pages_were_read_and_a_third_is_announced() -> None:
    keys = keys_of("numbers")
    answer = listed(keys, PAGE)
    plan = SegmentPlan(splits=True)

    def come() -> None:
        segment = plan.next(16)
        assert segment is plan.segments[0]
        plan.took(segment, answer(segment))

    come()
    come()
    while (segment := plan.next(16)) is not None:
        plan.took(segment, answer(segment))
    assert len(plan.segments) == 1
    for _ in range(2):
        assert plan.take() is not None
    assert [bool(segment.start) for segment in segments_of(plan)] == [False, True]


def segments_of(plan: SegmentPlan, side_by_side: int = 16) -> list[Segment]:
    """What is asked for at once."""
    found = []
    while (segment := plan.next(side_by_side)) is not None:
        found.append(segment)
    return found


def begun(pages: int = 3, *, prefix: str = "", size: int = 1) -> SegmentPlan:
    """A plan of which some pages of numbers came, and all but the last were read."""
    plan = SegmentPlan(splits=True, prefix=prefix)
    for number in range(pages):
        segment = plan.next(1)
        assert segment is not None
        page = [f"k/{number:02}{key}" for key in range(10)]
        came = arrival(segment, page, number + 1, 99)
        came.size = size
        plan.took(segment, came)
        if number < pages - 1:
            assert plan.take() is not None
    return plan


def test_guesses_are_few_until_one_was_right() -> None:
    plan = begun()
    first, *probes = segments_of(plan)
    assert not first.start
    assert [probe.start for probe in probes] == ["k/069"]  # four pages after the last key
    plan.took(probes[0], arrival(probes[0], ["k/070"], 8, 99))
    assert len([segment for segment in segments_of(plan) if not segment.token]) == 2


def test_a_guess_that_finds_nothing_is_not_made_again() -> None:
    plan = begun()
    _first, probe = segments_of(plan)
    plan.took(probe, Arrival())
    assert segments_of(plan) == []
    assert [segment.end for segment in plan.segments] == [None]


def test_a_guess_whose_keys_all_lie_beyond_its_end() -> None:
    plan = begun()
    _first, probe = segments_of(plan)
    plan.took(probe, arrival(probe, ["k/070"], 8, 99))
    _again, near, far = segments_of(plan)
    assert near.end == far.start
    plan.took(near, arrival(near, ["k/999"], 8, 99))
    assert plan.segments[1].end == far.start
    assert near not in plan.segments


def test_nothing_is_guessed_outside_of_the_prefix() -> None:
    assert len(segments_of(begun(prefix="k/0"))) == 2
    assert len(segments_of(begun(prefix="k/02"))) == 1


def test_an_error_of_a_guess_is_not_raised_but_nothing_is_split_any_more() -> None:
    plan = begun()
    _first, probe = segments_of(plan)
    plan.took(probe, Arrival(error=OSError()))
    assert plan.segments[0].end is None
    assert not plan.splits


def test_much_that_waits_holds_the_others_but_not_the_first() -> None:
    plan = begun(size=MOST_BYTES)
    assert segments_of(plan) == []
    assert plan.take() is not None
    assert segments_of(plan) == [plan.segments[0]]
    plan = begun(size=MOST_BYTES // 2)
    assert segments_of(plan) == [plan.segments[0]]
    assert plan.take() is not None
    assert [segment.start for segment in segments_of(plan)] == ["k/069"]  # now there is room


def test_who_stops_early_caused_few_requests() -> None:
    keys = keys_of("numbers")
    answer, plan, requests = listed(keys, PAGE), SegmentPlan(splits=True), 0
    for _ in range(5):
        while True:
            segments = segments_of(plan)
            for segment in segments:
                requests += 1
                plan.took(segment, answer(segment))
            if not segments:
                break
        assert plan.take() is not None
    assert requests <= 2 * 5 + 16


def test_what_the_reader_waits_for_is_asked_for_without_room_too() -> None:
    plan = SegmentPlan(splits=True)
    read, second = Segment(end="b", is_done=True), Segment(start="b", end="c", position="b")
    plan.segments = [read, second, Segment(start="c", is_done=True)]
    plan._bytes = MOST_BYTES
    assert plan.next(1) is second
