"""What a handler may raise to say what becomes of a message."""

from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.sqs.consumer import Reject, Retry


@pytest.mark.parametrize("delay", [None, 0, 0.5, 43_200])
def test_a_message_may_come_again_within_twelve_hours(delay: float | None) -> None:
    assert Retry(delay).delay == delay


@pytest.mark.parametrize("delay", [-1, 43_201, "5", True, float("nan")])
def test_another_delay_is_refused(delay: Any) -> None:
    with pytest.raises(UsageError, match="delay"):
        Retry(delay)


def test_a_rejection_has_its_reason() -> None:
    assert Reject("no such customer").reason == str(Reject("no such customer"))
    assert Reject().reason
