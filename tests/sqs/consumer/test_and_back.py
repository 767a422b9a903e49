"""From a handler that fails to the dead-letter queue, and back to one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.sqs.consumer import Message, Reject
from philo_aws.sqs.consumer.run import DRAINED, Life
from philo_aws.sqs.dead_letters import read_dead_letters
from tests.sqs.consumer.conftest import Consume
from tests.sqs.graveyard import Graveyard

# moto gives a message to two receives that come at the same moment.
pytestmark = pytest.mark.aws_servers("ministack")


def test_what_was_parked_is_handled_after_all(graveyard: Graveyard, consume: Consume) -> None:
    attributes = {"kind": "order", "total": 12}
    sqs.send_message(graveyard.url, "order 12", message_attributes=attributes)

    def reject(message: Message) -> None:
        raise Reject("no such customer")

    consume({graveyard.url: reject}, Life(until_empty=True)).join()
    [letter] = read_dead_letters(graveyard.dead)
    assert letter.error == "Reject: no such customer"
    assert letter.source == graveyard.arn

    result = sqs.requeue(graveyard.dead, error="Reject")
    assert (result.moved, result.left) == (1, 0)

    handled: list[tuple[str, Any, int]] = []

    def take(message: Message) -> None:
        handled.append((message.body, message.attributes, message.attempt))

    assert consume({graveyard.url: take}, Life(until_empty=True)).join() == DRAINED
    # As if it had never failed: its attempts begin anew.
    assert handled == [("order 12", attributes, 1)]
    assert graveyard.counts() == (0, 0)
