from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import Console
from tests.sqs.proxy import Proxy

Read = Callable[[Any], str]
History = Callable[[str], list[str]]


def form_of(response: Any, **changes: str) -> dict[str, str]:
    """What a browser would send back, with `changes`."""
    form = response.context["form"]
    values = {field.name: field.value() for field in form.visible_fields()}
    data = {name: str(value) for name, value in values.items() if value not in (None, False)}
    return {**data, **changes}


def test_only_what_was_changed_is_set(
    proxy: Proxy, console: Console, read: Read, history: History
) -> None:
    data = form_of(console.get("attributes"), visibility_timeout="90", wait="20")
    response = console.post("attributes", data)

    assert "The queue was changed." in read(response)
    [call] = proxy.actions("SetQueueAttributes")
    assert call.body["Attributes"] == {
        "VisibilityTimeout": "90",
        "ReceiveMessageWaitTimeSeconds": "20",
    }
    assert console.attributes["VisibilityTimeout"] == "90"
    assert history(console.id) == [
        "Changed VisibilityTimeout: 30 → 90, ReceiveMessageWaitTimeSeconds: 0 → 20."
    ]


def test_saving_the_form_as_it_came_changes_nothing(
    proxy: Proxy, with_dead_letters: tuple[Console, Console], read: Read, history: History
) -> None:
    queue, dead = with_dead_letters
    response = queue.get("attributes")
    assert response.context["form"]["dead_letter_queue"].value() == dead.name

    assert "Nothing was changed." in read(queue.post("attributes", form_of(response)))
    assert proxy.actions("SetQueueAttributes") == []
    assert history(queue.id) == []


def test_a_dead_letter_queue_is_added_changed_and_taken_away(console: Console) -> None:
    dead = console.of(console.aws.make_queue())
    data = form_of(console.get("attributes"), dead_letter_queue=dead.name, max_receive_count="4")

    console.post("attributes", data)
    policy = json.loads(console.attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == dead.attributes["QueueArn"]
    assert int(policy["maxReceiveCount"]) == 4

    console.post("attributes", {**data, "max_receive_count": "9"})
    assert int(json.loads(console.attributes["RedrivePolicy"])["maxReceiveCount"]) == 9

    console.post("attributes", {**data, "dead_letter_queue": ""})
    assert not json.loads(console.attributes.get("RedrivePolicy") or "{}")


def test_deduplication_by_content_of_fifo(console: Console) -> None:
    assert 'name="content_based_deduplication"' not in console.get("attributes").content.decode()
    fifo = console.of(console.aws.make_queue(FifoQueue="true"))
    data = form_of(fifo.get("attributes"), content_based_deduplication="on")

    fifo.post("attributes", data)
    assert fifo.attributes["ContentBasedDeduplication"] == "true"


def test_the_names_beside_it_are_suggested(console: Console) -> None:
    other = console.of(console.aws.make_queue())
    fifo = console.of(console.aws.make_queue(FifoQueue="true"))
    page = console.get("attributes").content.decode()

    assert f'<option value="{other.name}">' in page
    assert f'<option value="{console.name}">' not in page
    assert f'<option value="{fifo.name}">' not in page


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"visibility_timeout": "43201"}, "less than or equal to 43200"),
        ({"dead_letter_queue": "self"}, "A queue cannot be its own dead-letter queue."),
        ({"dead_letter_queue": "b.fifo"}, "are of one type"),
        ({"dead_letter_queue": "../b"}, "This is no queue name."),
        ({"dead_letter_queue": "not-there"}, "There is no queue"),
        ({"dead_letter_queue": "b", "max_receive_count": ""}, "needs this number"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_set(
    proxy: Proxy, console: Console, fields: dict[str, str], sentence: str, read: Read
) -> None:
    if fields.get("dead_letter_queue") == "self":
        fields = {"dead_letter_queue": console.name}
    data = form_of(console.get("attributes"), **fields)

    assert sentence in read(console.post("attributes", data))
    assert proxy.actions("SetQueueAttributes") == []
