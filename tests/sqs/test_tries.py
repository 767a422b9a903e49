from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import patience
from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    Kind,
    NetworkError,
    ServiceError,
    ThrottledError,
)
from philo_aws.sqs import tries
from philo_aws.sqs.tries import Tries, may_have_arrived, unsure


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    # Real patience is a minute and a half.
    made = Clock()
    monkeypatch.setattr(tries, "time", made)
    return made


def test_by_time(clock: Clock, settings: Settings) -> None:
    settings.AWS = {}
    trying, count = Tries("commands"), 1

    while trying.another(Kind.TRANSIENT):
        count += 1

    assert patience.PATIENCE["commands"].seconds <= clock.now < 100
    assert 15 < count < 60


@pytest.mark.parametrize("number", [1, 3])
def test_as_often_as_the_settings_say(clock: Clock, settings: Settings, number: int) -> None:
    settings.AWS = {"timeouts": {"commands": {"max_attempts": number}}}
    trying = Tries("commands")

    assert [trying.another(Kind.THROTTLED) for _ in range(number)] == [True] * (number - 1) + [
        False
    ]


@pytest.mark.parametrize(
    ("errors", "may"),
    [
        ([], False),
        ([AccessDeniedError("No.")], False),
        ([ThrottledError("Slow.")], False),
        ([NetworkError("Broken off.")], True),
        ([NetworkError("Refused.", kind=Kind.UNREACHABLE)], False),
        ([ServiceError("503", kind=Kind.THROTTLED)], True),
        ([AWSError("", code="503", kind=Kind.THROTTLED)], True),
        ([AWSError("", code="SlowDown", kind=Kind.THROTTLED)], False),
        ([NetworkError("Broken off."), AccessDeniedError("No.")], True),
    ],
)
def test_what_may_have_arrived(errors: list[Any], may: bool) -> None:
    assert may_have_arrived(errors) is may


def test_the_error_says_so() -> None:
    error = NetworkError("Broken off.", code="c", request_id="r", kind=Kind.UNREACHABLE)

    made = unsure(error, "The messages")

    assert str(made) == "Broken off. The messages may have arrived all the same."
    assert type(made) is NetworkError
    assert (made.code, made.request_id, made.kind) == ("c", "r", Kind.UNREACHABLE)
    assert made.__cause__ is error
