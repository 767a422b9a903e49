"""What goes into a queue comes back equal through every door, or is refused before it is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from philo_aws import sqs
from philo_aws.exceptions import UsageError
from tests.running import Result
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy
from tests.sqs.strategies import attributes, ids, texts, typed

Run = Callable[..., Result]

# Names, values and texts of all kinds: most of them are refused.
wild = st.text(st.characters(exclude_categories=[]), max_size=12)
wild_values = st.one_of(
    wild,
    st.binary(max_size=8),
    st.integers(),
    st.floats(),
    st.decimals(),
    typed,
    st.fixed_dictionaries({"DataType": wild, "StringValue": wild}),
)
wild_attributes = st.dictionaries(st.one_of(wild, st.just("a")), wild_values, max_size=3)

many = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def taken(queue_url: str) -> dict[str, Any]:
    """Return the one message in the queue, which is empty then."""
    (message,) = sqs.receive_message(queue_url)["Messages"]
    sqs.delete_message(queue_url, message["ReceiptHandle"])
    return dict(message)


@many
@given(body=texts, attributes=attributes)
def test_a_message(aws: LocalAWS, queue_url: str, body: str, attributes: dict[str, Any]) -> None:
    sqs.send_message(queue_url, body, message_attributes=attributes)

    message = taken(queue_url)
    assert message["Body"] == body
    assert message.get("MessageAttributes", {}) == attributes


@many
@given(group=ids, deduplication=ids)
def test_its_ids(fifo: Callable[[], str], group: str, deduplication: str) -> None:
    queue_url = fifo()
    answer = sqs.send_message_batch(
        queue_url,
        [
            {
                "Id": "é/",
                "MessageBody": "x",
                "MessageGroupId": group,
                "MessageDeduplicationId": deduplication,
            }
        ],
    )

    assert [one["Id"] for one in answer["Successful"]] == ["é/"]
    told = sqs.receive_message(queue_url)["Messages"][0]["Attributes"]
    assert told["MessageGroupId"] == group
    assert told["MessageDeduplicationId"] == deduplication


@pytest.fixture
def fifo(aws: LocalAWS, make_queue: Callable[..., str]) -> Callable[[], str]:
    # A new one each time: a queue drops what it saw in the last five minutes.
    return lambda: make_queue(FifoQueue="true")


@settings(many, max_examples=150)
@given(body=st.one_of(texts, wild), attributes=wild_attributes, group=st.none() | wild)
def test_anything_at_all(
    proxy: Proxy,
    queue_url: str,
    body: str,
    attributes: dict[str, Any],
    group: str | None,
) -> None:
    proxy.calls.clear()
    refusal = None
    try:
        sqs.send_message(queue_url, body, message_attributes=attributes, message_group_id=group)
    except UsageError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.isprintable()
        assert proxy.calls == []
        return

    message = taken(queue_url)
    assert message["Body"] == body
    assert message.get("MessageAttributes", {}).keys() == attributes.keys()
    for name, value in attributes.items():
        if isinstance(value, str | bytes | dict):
            found = message["MessageAttributes"][name]
            assert value in (found, found.get("StringValue"), found.get("BinaryValue"))


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute as JSON has it."""
    return {
        key: base64.b64encode(part).decode() if isinstance(part, bytes) else part
        for key, part in value.items()
    }


@settings(many, max_examples=15)
@given(messages=st.lists(st.tuples(texts, attributes), min_size=1, max_size=4))
def test_lines_into_the_command_and_out(
    aws: LocalAWS,
    queue_url: str,
    run: Run,
    messages: list[tuple[str, dict[str, dict[str, Any]]]],
) -> None:
    entries = [
        {
            "Id": str(number),
            "MessageBody": body,
            "MessageAttributes": {name: plain(value) for name, value in given.items()},
        }
        for number, (body, given) in enumerate(messages)
    ]
    words = ("--queue_url", queue_url, "--format", "jsonl")

    result = run(
        *("aws_sqs", "send_message_batch", "--entries", "-", *words),
        stdin="".join(f"{json.dumps(entry)}\n" for entry in entries),
    )

    assert (result.code, result.err) == (0, "")
    sent = {(told := json.loads(line))["MessageId"]: told["Id"] for line in result.out.splitlines()}
    result = run("aws_sqs", "receive_message", "--max_number_of_messages", 10, *words)
    assert (result.code, result.err) == (0, "")
    found = [json.loads(line) for line in result.out.splitlines()]
    assert {sent[message["MessageId"]] for message in found} == {entry["Id"] for entry in entries}
    for message in found:
        entry = entries[int(sent[message["MessageId"]])]
        assert message["Body"] == entry["MessageBody"]
        assert message.get("MessageAttributes", {}) == entry["MessageAttributes"]
        sqs.delete_message(queue_url, message["ReceiptHandle"])


@settings(many, max_examples=15)
@given(body=texts, attributes=attributes)
def test_flags_of_the_command(
    aws: LocalAWS, queue_url: str, run: Run, body: str, attributes: dict[str, Any]
) -> None:
    given = json.dumps({name: plain(value) for name, value in attributes.items()})

    result = run(
        *("aws_sqs", "send_message", "--queue_url", queue_url, f"--message_body={body}"),
        f"--message_attributes={given}",
    )

    assert (result.code, result.err) == (0, "")
    message = taken(queue_url)
    assert message["Body"] == body
    assert message.get("MessageAttributes", {}) == attributes
