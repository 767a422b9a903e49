from __future__ import annotations

import pytest

from philo_aws.closing import Closing


class Held(Closing):
    def __init__(self) -> None:
        self.told: list[str] = []

    def close(self) -> None:
        self.told.append("closed")


def test_the_end_of_a_block_closes() -> None:
    held = Held()
    with held as given:
        given.told.append("held")
    assert held.told == ["held", "closed"]


def test_so_does_an_error_which_goes_on() -> None:
    held = Held()
    with pytest.raises(LookupError), held:
        raise LookupError
    assert held.told == ["closed"]
