from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import Console
from tests.sqs.proxy import Proxy

Read = Callable[[Any], str]
ROWS = {"attributes-TOTAL_FORMS": "10", "attributes-INITIAL_FORMS": "0"}


def rows(*attributes: tuple[str, str, str]) -> dict[str, str]:
    data = dict(ROWS)
    for index, (name, kind, value) in enumerate(attributes):
        data |= {
            f"attributes-{index}-name": name,
            f"attributes-{index}-kind": kind,
            f"attributes-{index}-value": value,
        }
    return data


def test_body_and_attributes_arrive(console: Console, read: Read) -> None:
    data = rows(
        ("kind", "String", " new "),
        ("", "String", ""),
        ("count", "Number", "12.50"),
        ("raw", "Binary", base64.b64encode(b"\x00\xff").decode()),
    )
    response = console.post("send", {"body": ' {"a":\r\n1} é😀', "delay": "", **data})

    assert re.search(r"The message was sent\. Its id is [0-9a-f-]{36}\.", read(response))
    [message] = console.receive()
    assert message["Body"] == ' {"a":\n1} é😀'
    got = {
        name: value.get("StringValue") or value["BinaryValue"]
        for name, value in message["MessageAttributes"].items()
    }
    assert got == {"kind": " new ", "count": "12.50", "raw": b"\x00\xff"}


def test_a_delay(console: Console) -> None:
    console.post("send", {"body": "a", "delay": "600", **ROWS})
    assert console.attributes["ApproximateNumberOfMessagesDelayed"] == "1"


def test_group_and_deduplication_id_of_fifo(console: Console) -> None:
    fifo = console.of(console.aws.make_queue(FifoQueue="true"))
    page = fifo.get("send").content.decode()
    assert 'name="group_id"' in page
    assert 'name="delay"' not in page

    for body in ("a", "again"):
        fifo.post("send", {"body": body, "group_id": "g-1", "deduplication_id": "d", **ROWS})

    [message] = fifo.receive()
    assert message["Body"] == "a"
    assert message["Attributes"]["MessageGroupId"] == "g-1"
    assert message["Attributes"]["MessageDeduplicationId"] == "d"


def test_a_standard_queue_may_have_groups_to_be_fair_to_them(
    proxy: Proxy, console: Console, read: Read
) -> None:
    page = console.get("send").content.decode()
    assert 'name="group_id"' in page
    assert 'name="deduplication_id"' not in page
    assert "fair queues" in page

    for group in ("customer-1", ""):
        data = {"body": "a", "group_id": group, "deduplication_id": "d", **ROWS}
        assert "The message was sent." in read(console.post("send", data))

    first, second = (call.body for call in proxy.actions("SendMessage"))
    assert first["MessageGroupId"] == "customer-1"
    assert "MessageGroupId" not in second
    assert "MessageDeduplicationId" not in first


@pytest.mark.aws_servers("ministack")
class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"body": ""}, "This field is required."),
            ({"body": "a\x01b"}, "a character that SQS does not take"),
            ({"body": "x" * (1024 * 1024 + 1)}, "SQS takes 1,048,576 at most"),
            ({"body": "a", "delay": "901"}, "less than or equal to 900"),
            ({"body": "a", **rows(("n", "Number", "nan"))}, "This is no number."),
            ({"body": "a", **rows(("n", "Number", "1e"))}, "This is no number."),
            ({"body": "a", **rows(("n", "Binary", "é"))}, "This is no base64."),
            ({"body": "a", **rows(("", "String", "x"))}, "An attribute needs a name."),
            ({"body": "a", **rows(("x", "String", ""))}, "An attribute needs a value."),
            (
                {"body": "a", **rows(("x", "String", "1"), ("x", "String", "2"))},
                "Each attribute needs a name of its own.",
            ),
            ({"body": "a", "attributes-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
        ],
    )
    def test_what_sqs_would_not_take_is_said_before(
        self, proxy: Proxy, console: Console, data: dict[str, str], sentence: str, read: Read
    ) -> None:
        response = console.post("send", {**ROWS, **data})

        assert sentence in read(response)
        assert proxy.actions("SendMessage") == []

    def test_what_was_typed_stays_when_sqs_refuses(
        self, proxy: Proxy, console: Console, read: Read
    ) -> None:
        fifo = console.of(console.aws.make_queue(FifoQueue="true"))
        data = {"body": "the body", "group_id": "", **rows(("kind", "String", "new"))}
        response = fifo.post("send", data)

        page = response.content.decode()
        assert "This field is required." in page
        assert "the body</textarea>" in page
        assert 'value="new"' in page


def test_the_history_holds_the_id_alone(
    console: Console, history: Callable[[str], list[str]]
) -> None:
    data = rows(("kind", "String", "hidden attribute"))
    console.post("send", {"body": "hidden body", **data})

    [message] = console.receive()
    assert history(console.id) == [f"Sent message {message['MessageId']}."]


def test_the_largest_message_of_any_letters_fits_through_the_form(
    console: Console, read: Read
) -> None:
    assert 'enctype="multipart/form-data"' in console.get("send").content.decode()
    body = "ü" * (512 * 1024)
    assert "The message was sent." in read(console.post("send", {"body": body, **ROWS}))
    [message] = console.receive()
    assert message["Body"] == body
