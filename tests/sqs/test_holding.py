"""What is looked at is held once, and given back at the end."""

from __future__ import annotations

import time

import pytest

from philo_aws import sqs
from philo_aws.sqs.holding import Holding
from tests.sqs.graveyard import Graveyard
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

# moto may give a message to two receives.
pytestmark = pytest.mark.aws_servers("ministack")


def look(holding: Holding) -> list[str]:
    bodies = []
    while messages := holding.receive():
        for raw in messages:
            holding.hold(raw)
            bodies.append(raw["Body"])
    return bodies


@pytest.mark.parametrize("in_memory", [1, 1 << 20])
def test_all_come_once_and_are_given_back(
    graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr("philo_aws.sqs.holding.IN_MEMORY", in_memory)
    graveyard.park_many(25)
    holding = Holding(graveyard.dead)
    assert len(set(look(holding))) == holding.held == 25
    assert graveyard.counts() == (0, 25)
    assert holding.give_back() == 0
    assert graveyard.counts() == (25, 0)


def test_what_comes_again_in_the_meantime_is_not_seen_twice(
    graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("philo_aws.sqs.holding.VISIBILITY", 1)
    graveyard.park_many(12)
    holding = Holding(graveyard.dead)
    first = holding.receive()
    for raw in first:
        holding.hold(raw)
    while graveyard.counts()[1]:
        time.sleep(0.05)  # the server's own clock ends what it hides
    rest = look(holding)
    assert len(rest) == 2
    assert not {raw["Body"] for raw in first} & set(rest)
    assert holding.visibility > 1
    assert holding.give_back() == 0
    assert graveyard.counts() == (12, 0)


def test_what_was_received_and_not_used_is_given_back(graveyard: Graveyard) -> None:
    graveyard.park_many(3)
    holding = Holding(graveyard.dead)
    assert len(holding.receive()) == 3
    holding.give_back()
    assert graveyard.counts() == (3, 0)


def test_what_was_deleted_is_not(proxy: Proxy, graveyard: Graveyard) -> None:
    graveyard.park_many(3)
    holding = Holding(graveyard.dead)
    messages = holding.receive()
    assert holding.delete(messages) == ["", "", ""]
    holding.give_back()
    assert proxy.actions("ChangeMessageVisibilityBatch") == []
    assert graveyard.counts() == (0, 0)


def test_what_was_not_deleted_is_deleted_when_it_comes_again(
    proxy: Proxy, graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("philo_aws.sqs.holding.VISIBILITY", 1)
    graveyard.park_many(1)
    holding = Holding(graveyard.dead)
    messages = holding.receive()

    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action != "DeleteMessageBatch":
            return forward()
        fault = {"Id": "0", "SenderFault": True, "Code": "Odd", "Message": "Not now."}
        return Reply(200, {"Failed": [fault], "Successful": []})

    proxy.behaviour = refuse
    assert holding.delete(messages) == ["Not now."]
    assert holding.failure is None
    proxy.behaviour = lambda call, forward: forward()
    while graveyard.counts()[1]:
        time.sleep(0.05)  # the server's own clock ends what it hides
    assert holding.receive() == []
    holding.give_back()
    assert graveyard.counts() == (0, 0)


def test_what_cannot_be_given_back_is_counted(proxy: Proxy, graveyard: Graveyard) -> None:
    graveyard.park_many(25)
    holding = Holding(graveyard.dead)
    look(holding)
    proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)
    proxy.calls.clear()
    assert holding.give_back() == 25
    # The first refusal is enough to know.
    assert len(proxy.actions("ChangeMessageVisibilityBatch")) == 1


def test_each_entry_that_is_not_given_back_is_counted(proxy: Proxy, graveyard: Graveyard) -> None:
    graveyard.park_many(3)
    holding = Holding(graveyard.dead)
    look(holding)
    faults = [
        {"Id": "1", "SenderFault": True, "Code": "MessageNotInflight"},  # others may have it
        {"Id": "2", "SenderFault": False, "Code": "InternalError"},
    ]
    proxy.behaviour = lambda call, forward: Reply(
        200, {"Successful": [{"Id": "0"}], "Failed": faults}
    )
    assert holding.give_back() == 1


def test_what_changed_on_the_way_is_not_given_out(proxy: Proxy, graveyard: Graveyard) -> None:
    sqs.send_message(graveyard.dead, "one")
    sqs.send_message(graveyard.dead, "two")

    def change(call: Call, forward: Forward) -> Reply:
        answer = forward()
        if call.action != "ReceiveMessage":
            return answer
        assert isinstance(answer.body, bytes)
        return Reply(answer.status, answer.body.replace(b'"two"', b'"2"'))

    proxy.behaviour = change
    holding = Holding(graveyard.dead)
    assert look(holding) == ["one"]
    assert len(holding.damaged) == 1
    holding.give_back()
