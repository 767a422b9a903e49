"""A step of a page: what it moved, and whether another one would move more."""

from __future__ import annotations

import pytest

from philo_aws import sqs
from philo_aws.exceptions import AccessDeniedError
from philo_aws.sqs.movesteps import move_step
from tests.sqs.graveyard import Graveyard
from tests.sqs.proxy import Proxy, refusal

# moto may give a message to two receives.
pytestmark = pytest.mark.aws_servers("ministack")


def test_one_that_comes_to_the_end(graveyard: Graveyard) -> None:
    graveyard.park_many(12)
    step = move_step(graveyard.dead)
    assert (step.moved, step.complete, step.goes_on) == (12, True, False)


def test_one_whose_time_is_over(graveyard: Graveyard) -> None:
    graveyard.park_many(12)
    step = move_step(graveyard.dead, seconds=0)
    assert (step.moved, step.complete, step.goes_on) == (10, False, True)


def test_one_that_holds_too_many(graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("philo_aws.sqs.movesteps.MAX_HELD", 10)
    for _ in range(15):
        sqs.send_message(graveyard.dead, "of nobody")
    step = move_step(graveyard.dead)
    assert (step.moved, step.left, step.complete, step.goes_on) == (0, 10, False, False)
    assert "does not say which queue" in step.reason
    assert graveyard.counts() == (15, 0)


def test_what_went_before_a_failure_is_told(proxy: Proxy, graveyard: Graveyard) -> None:
    graveyard.park_many(12)
    proxy.behaviour = lambda call, forward: (
        refusal("AccessDenied", 403) if call.action == "DeleteMessageBatch" else forward()
    )
    step = move_step(graveyard.dead)
    assert (step.moved, step.twice, step.goes_on) == (0, 10, False)
    assert isinstance(step.failure, AccessDeniedError)


def test_a_failure_before_anything_was_sent_is_raised(proxy: Proxy, graveyard: Graveyard) -> None:
    proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)
    with pytest.raises(AccessDeniedError):
        move_step(graveyard.dead)


def test_the_queues_that_are_allowed(graveyard: Graveyard) -> None:
    graveyard.park_many(1)
    assert move_step(graveyard.dead, allowed=lambda url: False).left == 1
    assert move_step(graveyard.dead, allowed=lambda url: url == graveyard.url).moved == 1


def test_the_time_of_a_page(graveyard: Graveyard, proxy: Proxy) -> None:
    graveyard.park_many(1)
    proxy.calls.clear()
    move_step(graveyard.dead, seconds=30)
    assert {call.body.get("WaitTimeSeconds") for call in proxy.actions("ReceiveMessage")} == {1}
