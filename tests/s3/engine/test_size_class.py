"""What a class of size may have in flight, and what reaches the attempt at a transfer."""

from __future__ import annotations

from philo_aws.s3.engine import Download
from philo_aws.s3.engine.size_class import SizeClass, Transfer


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


class Noting:
    """An attempt that notes what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def cancel(self) -> None:
        self.told.append("cancel")

    def discard(self) -> None:
        self.told.append("discard")


def test_what_a_transfer_is_told_its_attempt_does() -> None:
    task = Download(key="k", path="", size=1)
    transfer = Transfer(task, SizeClass(limit=1, budget=1))
    transfer.attempt = attempt = Noting()
    transfer.cancel()
    transfer.discard()
    assert attempt.told == ["cancel", "discard"]
    again = transfer.without_attempt()
    again.cancel()
    again.discard()
    assert attempt.told == ["cancel", "discard"], "the next attempt is another one"
