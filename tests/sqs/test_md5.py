from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from philo_aws.sqs.md5 import md5_of_attributes, md5_of_body
from tests.servers import LocalAWS
from tests.sqs.strategies import attributes, texts

# What AWS itself answered for these attributes.
KNOWN: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "text": (
        {"attribName1": {"DataType": "String", "StringValue": "attribValue 1"}},
        "19e27d4e946b072f3f58da80d94fd778",
    ),
    "number": (
        {
            "customNumberTypeAttrib": {
                "DataType": "Number.float",
                "StringValue": "4563442423554324324264524243.32543234",
            }
        },
        "9fe1b90bbd9965bdf77bac517c7d2495",
    ),
    "bytes": (
        {"binaryAttribute": {"DataType": "Binary", "BinaryValue": b"Hello binary world!"}},
        "31a92b15d92f8db860eda32aceb656c3",
    ),
}


@pytest.mark.parametrize(("given", "digest"), KNOWN.values(), ids=KNOWN)
def test_of_one_attribute(given: dict[str, Any], digest: str) -> None:
    assert md5_of_attributes(given) == digest


def test_of_some_in_whatever_order() -> None:
    some = {name: value for given, _ in KNOWN.values() for name, value in given.items()}

    assert md5_of_attributes(some) == "c932db14a896c663f83c260297d594ff"
    backwards = dict(reversed(some.items()))
    assert md5_of_attributes(backwards) == "c932db14a896c663f83c260297d594ff"


def test_of_a_body() -> None:
    assert md5_of_body("ä") == md5("ä".encode(), usedforsecurity=False).hexdigest()


def test_half_a_character_is_no_error() -> None:
    assert len(md5_of_body("\ud800")) == 32
    assert len(md5_of_attributes({"a": {"DataType": "String", "StringValue": "\ud800"}})) == 32


@pytest.fixture
def send(aws: LocalAWS, queue_url: str) -> Callable[..., dict[str, Any]]:
    client = aws.client("sqs")

    def send(body: str, attributes: dict[str, Any]) -> dict[str, Any]:
        answer: Any = client.send_message(
            QueueUrl=queue_url, MessageBody=body, MessageAttributes=attributes
        )
        return dict(answer)

    return send


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=texts, attributes=attributes)
def test_as_the_servers_have_it(
    send: Callable[..., dict[str, Any]], body: str, attributes: dict[str, Any]
) -> None:
    answer = send(body, attributes)

    assert answer["MD5OfMessageBody"] == md5_of_body(body)
    if attributes:
        assert answer["MD5OfMessageAttributes"] == md5_of_attributes(attributes)
