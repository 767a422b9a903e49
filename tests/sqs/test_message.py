from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.sqs.message import KEYWORDS, check

GROUPED = {"MessageBody": "x", "MessageGroupId": "g"}


@pytest.mark.parametrize(
    ("message", "fifo"),
    [
        ({"MessageBody": "x"}, False),
        ({"MessageBody": "x", "DelaySeconds": 900}, False),
        (GROUPED, False),
        (GROUPED, True),
        ({**GROUPED, "DelaySeconds": 0, "MessageDeduplicationId": "d"}, True),
    ],
)
def test_what_sqs_takes(message: dict[str, Any], fifo: bool) -> None:
    assert check(message, fifo=fifo) == 1


TRACE = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}


def test_system_attributes_do_not_count() -> None:
    assert check({"MessageBody": "x", "MessageSystemAttributes": TRACE}, fifo=False) == 1
    bad = {"AWSTraceHeader": {"DataType": "String", "StringValue": "\0"}}
    with pytest.raises(UsageError, match="AWSTraceHeader"):
        check({"MessageBody": "x", "MessageSystemAttributes": bad}, fifo=False)


@pytest.mark.parametrize(
    ("more", "fifo", "code", "problem"),
    [
        ({"DelaySeconds": 901}, False, "InvalidParameterValue", "DelaySeconds is 901"),
        ({"DelaySeconds": True}, False, "InvalidParameterValue", "DelaySeconds is True"),
        ({"DelaySeconds": 1}, True, "InvalidParameterValue", "does not take DelaySeconds .* FIFO"),
        ({"MessageGroupId": ""}, True, "MissingParameter", "needs a MessageGroupId"),
        ({"MessageGroupId": ""}, False, "InvalidParameterValue", "MessageGroupId is ''"),
        ({"MessageGroupId": "a b"}, True, "InvalidParameterValue", "MessageGroupId is 'a b'"),
        ({"MessageDeduplicationId": "ä"}, True, "InvalidParameterValue", "DeduplicationId is"),
        ({"MessageDeduplicationId": "d"}, False, "InvalidParameterValue", "on a standard queue"),
        ({"MessageBody": "\0"}, True, "InvalidMessageContents", "The message body holds"),
    ],
)
def test_what_it_does_not(more: dict[str, Any], fifo: bool, code: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        check({**GROUPED, **more}, fifo=fifo)

    assert caught.value.code == code


def test_is_called_as_the_caller_did() -> None:
    with pytest.raises(UsageError, match=r"^The id message_group_id is"):
        check({"MessageBody": "x", "MessageGroupId": "a b"}, fifo=False, called=KEYWORDS)
