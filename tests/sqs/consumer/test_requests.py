"""What an answer says of each entry of a batch."""

from __future__ import annotations

from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.exceptions import QueueNotFoundError
from philo_aws.sqs.channel import Channel
from philo_aws.sqs.consumer.requests import _fates, change_visibility, delete, receive


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (None, "done"),
        ({"SenderFault": True, "Code": "ReceiptHandleIsInvalid"}, "refused"),
        ({"SenderFault": False, "Code": "InternalError"}, "unknown"),
        ({"SenderFault": False, "Code": "NoProof"}, "unknown"),
    ],
)
def test_each_entry_has_its_fate(failure: dict[str, Any] | None, expected: str) -> None:
    assert _fates([failure, None]) == [expected, "done"]


@pytest.mark.aws_servers("ministack")
def test_messages_are_received_hidden_and_deleted(queue_url: str) -> None:
    sqs.send_message_batch(queue_url, ["1", "2"])
    found = receive(Channel(queue_url, None, "poll"), most=10, wait=0, visibility=30).messages
    assert len(found) == 2
    assert not receive(Channel(queue_url, None, "poll"), most=10, wait=0, visibility=30).messages
    handles = [one["ReceiptHandle"] for one in found]
    assert (
        change_visibility(Channel(queue_url, None, "ack"), [(handle, 0) for handle in handles])
        == ["done"] * 2
    )
    again = receive(Channel(queue_url, None, "poll"), most=10, wait=0, visibility=30).messages
    handles = [one["ReceiptHandle"] for one in again]
    # The same message twice in one request spoils nothing.
    fates = delete(Channel(queue_url, None, "ack"), [*handles, handles[0]])
    assert fates[:2] == ["done", "done"]
    assert len(fates) == 3


@pytest.mark.aws_servers("ministack")
def test_a_queue_that_is_not_there_is_an_error(queue_url: str) -> None:
    with pytest.raises(QueueNotFoundError):
        receive(Channel(queue_url + "-no", None, "poll"), most=1, wait=0, visibility=30)
