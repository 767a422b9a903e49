"""What a class of size may have in flight."""

from __future__ import annotations

from philo_aws.s3.engine.size_class import SizeClass


def test_no_more_bytes_are_in_flight_than_get_through_in_time() -> None:
    size_class = SizeClass(limit=4, budget=6400, first_budget=1600, within=10)
    size_class.fit(0)
    assert size_class.budget == 1600, "what has little to do says nothing of the link"
    size_class.fit(200)
    assert size_class.budget == 2000
    size_class.fit(10_000)
    assert size_class.budget == 6400
    size_class.held = 6000
    size_class.fit(100)
    assert size_class.budget == 1000
    size_class.fit(0)
    assert size_class.budget == 100
    free = SizeClass(limit=4, budget=6400)
    free.held = 6000
    free.fit(1)
    assert free.budget == 6400
