from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import Kind
from philo_aws.sqs.md5 import md5_of_attributes, md5_of_body
from philo_aws.sqs.proof import fault_of_received, fault_of_sent

GIVEN = {"kind": {"DataType": "String", "StringValue": "x"}}
TRACE = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
BODY = md5_of_body("hello")
OTHER = md5_of_body("other")
DIGEST = md5_of_attributes(GIVEN)


class TestSent:
    @pytest.mark.parametrize(
        ("message", "record"),
        [
            ({}, {}),
            ({"MessageAttributes": GIVEN}, {"MD5OfMessageAttributes": DIGEST}),
            ({"MessageAttributes": {}}, {}),
            ({"MessageSystemAttributes": TRACE}, {}),
            (
                {"MessageSystemAttributes": TRACE},
                {"MD5OfMessageSystemAttributes": md5_of_attributes(TRACE)},
            ),
        ],
    )
    def test_as_it_is(self, message: dict[str, Any], record: dict[str, Any]) -> None:
        sent = {"MessageBody": "hello", **message}
        told = {"MessageId": "m", "MD5OfMessageBody": BODY, **record}

        assert fault_of_sent(sent, told) is None

    @pytest.mark.parametrize(
        ("record", "code"),
        [
            ({"MessageId": None}, "NoProof"),
            ({"MessageId": ""}, "NoProof"),
            ({"MD5OfMessageBody": None}, "NoProof"),
            ({"MD5OfMessageBody": OTHER}, "BadDigest"),
            ({"MD5OfMessageAttributes": OTHER}, "BadDigest"),
            ({"MD5OfMessageAttributes": None}, "BadDigest"),
            ({"MD5OfMessageSystemAttributes": OTHER}, "BadDigest"),
        ],
    )
    def test_otherwise(self, record: dict[str, Any], code: str) -> None:
        sent = {
            "MessageBody": "hello",
            "MessageAttributes": GIVEN,
            "MessageSystemAttributes": TRACE,
        }
        told = {"MessageId": "m", "MD5OfMessageBody": BODY, "MD5OfMessageAttributes": DIGEST}

        assert fault_of_sent(sent, told) is None
        fault = fault_of_sent(sent, {**told, **record})
        assert fault is not None
        assert (fault.code, fault.kind) == (code, Kind.TRANSIENT)


class TestReceived:
    MESSAGE = {
        "MessageId": "m",
        "Body": "hello",
        "MD5OfBody": BODY,
        "ReceiptHandle": "h",
        "MessageAttributes": GIVEN,
        "MD5OfMessageAttributes": DIGEST,
    }

    def test_as_it_is(self) -> None:
        assert fault_of_received(self.MESSAGE, all_attributes=True) is None

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"Body": "hullo"}, "BadDigest"),
            ({"Body": None}, "NoProof"),
            ({"Body": 5}, "NoProof"),
            ({"ReceiptHandle": None}, "NoProof"),
            ({"MD5OfBody": OTHER}, "BadDigest"),
            ({"MD5OfBody": None}, "BadDigest"),
            ({"MD5OfMessageAttributes": OTHER}, "BadDigest"),
            ({"MD5OfMessageAttributes": None}, "BadDigest"),
            ({"MessageAttributes": {"kind": {"DataType": "String"}}}, "NoProof"),
            ({"MessageAttributes": {"kind": {"DataType": "Binary"}}}, "NoProof"),
            ({"MessageAttributes": {"kind": {}}}, "NoProof"),
        ],
    )
    def test_otherwise(self, changed: dict[str, Any], code: str) -> None:
        fault = fault_of_received({**self.MESSAGE, **changed}, all_attributes=True)

        assert fault is not None
        assert fault.code == code

    def test_of_some_attributes_the_digest_may_be_that_of_all(self) -> None:
        some = {**self.MESSAGE, "MD5OfMessageAttributes": OTHER}

        assert fault_of_received(some, all_attributes=False) is None
