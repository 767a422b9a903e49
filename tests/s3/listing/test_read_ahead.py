from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing

import pytest

from philo_aws.exceptions import NetworkError, ServiceError
from philo_aws.s3.listing import read_ahead
from philo_aws.s3.listing.read_ahead import Ahead, side_by_side
from philo_aws.s3.listing.segments import Arrival, Segment, SegmentPlan
from tests.s3.listing.test_segments import PAGE, keys_of
from tests.s3.simulation import listed

LONG = 30.0
"""Seconds that no test waits, but one that fails."""


@pytest.mark.parametrize(
    ("fetched", "read", "requests"),
    [
        ([], [0.001], 1),
        ([0.05], [], 1),
        ([0.05], [0.01], 11),
        ([0.05], [0.03], 4),
        ([0.05], [0.045], 1),  # it comes as fast as it is read
        ([0.009], [0.001], 1),  # it comes at once
        ([0.05], [0.001], 16),
        ([0.05], [0.0], 16),
        ([0.5, 0.05, 0.5], [0.01, 9, 9], 11),  # those that were held up do not count
        ([0.05], [0.0001, 0.01, 0.01, 9], 11),  # nor does a part of a page
    ],
)
def test_how_many_requests_pay(fetched: list[float], read: list[float], requests: int) -> None:
    assert side_by_side(fetched, read) == requests


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages count as slow, however fast they come."""
    monkeypatch.setattr(
        read_ahead, "side_by_side", lambda fetched, read: 16 if len(read) > 1 else 1
    )


def fetching(keys: list[str]) -> Callable[[str, str], Arrival]:
    answer = listed(keys, PAGE)
    return lambda token, start: answer(Segment(token=token, start=start))


def read(fetch: Callable[[str, str], Arrival]) -> Generator[str]:
    with Ahead(SegmentPlan(splits=True), fetch) as pages:
        for content, part in pages.pieces(lambda arrival: list(arrival.content)):
            yield from content[part]


@pytest.mark.usefixtures("slow")
def test_a_slow_store_is_asked_side_by_side() -> None:
    keys, lock, in_flight, met = keys_of("numbers", 600), threading.Lock(), 0, threading.Event()
    fetch = fetching(keys)

    def held(token: str, start: str) -> Arrival:
        nonlocal in_flight
        with lock:
            in_flight += 1
            if in_flight == 4:
                met.set()
        # No segment goes on until four requests are on their way.
        assert int(token or 0) < 10 * PAGE or met.wait(LONG)
        with lock:
            in_flight -= 1
        return fetch(token, start)

    assert list(read(held)) == keys
    assert met.is_set()


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("kind", ["numbers", "UUIDs", "clusters"])
def test_threads_change_nothing(kind: str) -> None:
    keys = keys_of(kind)
    assert list(read(fetching(keys))) == keys


def test_a_listing_of_one_page_takes_no_thread() -> None:
    before = set(threading.enumerate())
    with closing(read(fetching(["a", "b"]))) as keys:
        assert next(keys) == "a"
        assert set(threading.enumerate()) <= before


@pytest.mark.usefixtures("slow")
def test_the_end_waits_for_no_answer() -> None:
    keys, go, on_its_way, late = keys_of("numbers", 600), *(threading.Event() for _ in range(3))
    fetch = fetching(keys)

    def held(token: str, start: str) -> Arrival:
        if start:
            on_its_way.set()
            if not go.wait(LONG):
                late.set()
        return fetch(token, start)

    stream = read(held)
    try:
        found = [next(stream) for _ in range(3 * PAGE)]
        assert on_its_way.wait(LONG)
        stream.close()
        assert not late.is_set()
        assert found == keys[: 3 * PAGE]
    finally:
        go.set()


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("failing", [1, 5, 40])
def test_an_error_comes_after_all_that_was_listed_before(failing: int) -> None:
    keys = keys_of("numbers", 600)
    fetch, broken = fetching(keys), keys[failing * PAGE]

    def fails(token: str, start: str) -> Arrival:
        arrival = fetch(token, start)
        if arrival.first <= broken <= arrival.last:
            raise NetworkError("It broke off.")
        return arrival

    found: list[str] = []
    stream = read(fails)
    with pytest.raises(NetworkError, match="It broke off"):
        found += iter(lambda: next(stream), "")
    assert found == keys[: len(found)]
    # What came before is whole, up to the page that holds the key.
    assert keys.index(broken) - PAGE < len(found) <= keys.index(broken)


@pytest.mark.usefixtures("slow")
def test_a_page_that_cannot_be_read_where_a_guess_led_is_no_error() -> None:
    keys = keys_of("numbers", 600)
    fetch, guesses = fetching(keys), 0

    def fetched(token: str, start: str) -> Arrival:
        arrival = fetch(token, start)
        if start:
            arrival.content = None
        return arrival

    def keys_in(arrival: Arrival) -> list[str]:
        nonlocal guesses
        if arrival.content is None:
            guesses += 1
            raise ServiceError("It cannot be read.")
        return list(arrival.content)

    found = []
    with Ahead(SegmentPlan(splits=True), fetched) as pages:
        for content, part in pages.pieces(keys_in):
            found += content[part]
    assert found == keys
    assert guesses == 1
