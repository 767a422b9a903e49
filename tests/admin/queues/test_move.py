"""Messages moved back by the site itself, in steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.admin import QueueAdmin
from tests.admin.queues.conftest import Console
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Read = Callable[[Any], str]
History = Callable[[str], list[str]]
Dead = tuple[Console, Console]

# moto may give a message to two receives.
pytestmark = pytest.mark.aws_servers("ministack")
PAGE = "redrive/move"


@pytest.fixture
def dead(with_dead_letters: Dead) -> Console:
    return with_dead_letters[1]


def text_of(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def fill(console: Console, source: str, number: int) -> None:
    """Messages that name where they came from."""
    attributes = {"philo.error": text_of("E"), "philo.source": text_of(source)}
    for start in range(0, number, 10):
        console.sqs.send_message_batch(
            QueueUrl=console.url,
            Entries=[
                {"Id": str(place), "MessageBody": f"m{place}", "MessageAttributes": attributes}
                for place in range(start, min(start + 10, number))
            ],
        )


def waiting(console: Console) -> tuple[int, int]:
    found = console.attributes
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    return int(found[names[0]]), int(found[names[1]])


def hidden_fields(response: Any) -> dict[str, str]:
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
    return {name: value for name, value in pairs if name != "csrfmiddlewaretoken"}


def test_the_redrive_page_leads_there_where_there_are_no_tasks(
    with_dead_letters: Dead, read: Read
) -> None:
    _, dead = with_dead_letters
    response = dead.get("redrive")
    assert "the site moves the messages itself" in read(response)
    assert f'<form method="post" action="{dead.path(PAGE)}"' in response.content.decode()
    assert "csrfmiddlewaretoken" in response.content.decode()


def test_and_where_there_are(proxy: Proxy, with_dead_letters: Dead, read: Read) -> None:
    _, dead = with_dead_letters

    def tell(call: Call, forward: Forward) -> Reply:
        return Reply(200, {"Results": []}) if call.action == "ListMessageMoveTasks" else forward()

    proxy.behaviour = tell
    response = dead.get("redrive")
    assert "Start redrive" in read(response)
    assert "SQS does not redrive what a consumer of this site parked" in read(response)
    assert f'href="{dead.path(PAGE)}"' in response.content.decode()


def test_it_says_what_it_will_do(dead: Console, read: Read) -> None:
    text = read(dead.get(PAGE))
    assert "sent to the queue it came from" in text
    assert "Move them back" in text


def test_messages_go_back(with_dead_letters: Dead, read: Read, history: History) -> None:
    queue, dead = with_dead_letters
    fill(dead, queue.attributes["QueueArn"], 25)

    text = read(dead.post(PAGE))

    assert "25 messages were moved." in text
    assert waiting(queue) == (25, 0)
    assert waiting(dead) == (0, 0)
    assert history(dead.id) == ["Moved messages to where they came from: 25 messages."]


def test_to_another_queue(with_dead_letters: Dead, read: Read, history: History) -> None:
    queue, dead = with_dead_letters
    dead.send("of nobody")
    assert "1 message was moved." in read(dead.post(PAGE, {"destination": queue.name}))
    assert waiting(queue) == (1, 0)
    assert history(dead.id) == [f"Moved messages to {queue.name}: 1 message."]


def test_what_stays_is_told_and_given_back(
    with_dead_letters: Dead, read: Read, history: History
) -> None:
    queue, dead = with_dead_letters
    dead.send("of nobody")
    fill(dead, queue.attributes["QueueArn"], 2)
    text = read(dead.post(PAGE))
    assert "2 messages were moved. 1 was not: It does not say which queue it came from." in text
    assert waiting(dead) == (1, 0)
    assert history(dead.id) == ["Moved messages to where they came from: 2 messages, 1 failed."]


def test_nothing_there(dead: Console, read: Read, history: History) -> None:
    assert "0 messages were moved." in read(dead.post(PAGE))
    assert history(dead.id) == []


class TestSteps:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each step is one receive."""
        monkeypatch.setattr("philo_aws.admin.queues.move.MoveView.step_seconds", 0)

    def test_go_on_to_the_end(self, with_dead_letters: Dead, read: Read, history: History) -> None:
        queue, dead = with_dead_letters
        fill(dead, queue.attributes["QueueArn"], 25)

        response = dead.post(PAGE)

        assert "10 messages were moved." in read(response)
        assert 'value="10" max="25"' in response.content.decode()
        assert "data-aws-continue" in response.content.decode()
        fields = hidden_fields(response)
        assert fields.pop("job")
        assert fields == {"confirm": "yes", "destination": "", "done": "10", "total": "25"}
        # Nothing is in the air between two steps.
        assert waiting(dead) == (15, 0)
        response = dead.post(PAGE, hidden_fields(response))
        assert "20 messages were moved." in read(response)
        response = dead.post(PAGE, hidden_fields(response))
        assert "25 messages were moved." in read(response)
        while "data-aws-continue" in response.content.decode():
            response = dead.post(PAGE, hidden_fields(response))
        assert "25 messages were moved." in read(response)
        assert waiting(queue) == (25, 0)
        assert history(dead.id) == ["Moved messages to where they came from: 25 messages."]

    def test_keep_to_the_queue_that_was_named(self, with_dead_letters: Dead, read: Read) -> None:
        queue, dead = with_dead_letters
        for _ in range(12):
            dead.send("of nobody")
        response = dead.post(PAGE, {"destination": queue.name})
        fields = hidden_fields(response)
        assert fields["destination"] == queue.name
        assert "12 messages were moved." in read(dead.post(PAGE, fields))

    def test_end_where_nothing_more_can_be_moved(self, with_dead_letters: Dead, read: Read) -> None:
        _, dead = with_dead_letters
        for _ in range(15):
            dead.send("of nobody")
        response = dead.post(PAGE)
        assert "data-aws-continue" not in response.content.decode()
        assert "10 were not: It does not say which queue" in read(response)
        assert "There may be more." in read(response)
        assert waiting(dead) == (15, 0)

    def test_figures_of_others_are_no_numbers(self, dead: Console, read: Read) -> None:
        fields = {"done": "9" * 40, "total": "-1"}
        assert "0 messages were moved." in read(dead.post(PAGE, fields))


class TestFailures:
    def test_what_could_not_be_deleted(
        self, proxy: Proxy, with_dead_letters: Dead, read: Read, history: History
    ) -> None:
        queue, dead = with_dead_letters
        fill(dead, queue.attributes["QueueArn"], 15)
        proxy.behaviour = lambda call, forward: (
            refusal("AccessDenied", 403, "no sqs:DeleteMessage")
            if call.action == "DeleteMessageBatch"
            else forward()
        )

        response = dead.post(PAGE)

        text = read(response)
        assert "0 messages were moved. 10 may be in both queues" in text
        assert "no sqs:DeleteMessage" in text
        assert "data-aws-continue" not in response.content.decode()
        assert history(dead.id) == [
            "Moved messages to where they came from: 10 may be in both queues, so far."
        ]

    def test_what_cannot_be_received(
        self, proxy: Proxy, dead: Console, read: Read, history: History
    ) -> None:
        proxy.behaviour = lambda call, forward: (
            refusal("AccessDenied", 403, "no sqs:ReceiveMessage")
            if call.action == "ReceiveMessage"
            else forward()
        )
        assert "no sqs:ReceiveMessage" in read(dead.post(PAGE))
        assert history(dead.id) == []

    @pytest.mark.parametrize(
        ("destination", "sentence"),
        [
            ("self", "The messages are in this queue already."),
            ("a.fifo", "are of one type"),
            ("arn:aws:sqs:us-east-1:999999999999:theirs", "no queue name"),
            ("not-there", "There is no queue"),
        ],
    )
    def test_where_they_cannot_go(
        self, proxy: Proxy, dead: Console, read: Read, destination: str, sentence: str
    ) -> None:
        name = dead.name if destination == "self" else destination
        assert sentence in read(dead.post(PAGE, {"destination": name}))
        assert proxy.actions("ReceiveMessage") == []


class TestHiddenQueues:
    """What a message says of its source is no right to write there."""

    def test_nothing_goes_there(
        self, with_dead_letters: Dead, monkeypatch: pytest.MonkeyPatch, read: Read
    ) -> None:
        queue, dead = with_dead_letters
        name = f"secret-{queue.name}"
        url = queue.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = queue.attributes["QueueArn"].replace(queue.name, name)
        fill(dead, arn, 1)
        fill(dead, queue.attributes["QueueArn"], 1)

        def may(
            self: QueueAdmin, request: Any, codenames: Any, obj: Any = None, key: Any = ""
        ) -> bool:
            return not (obj is not None and "secret" in str(obj.pk))

        monkeypatch.setattr(QueueAdmin, "may", may)
        text = read(dead.post(PAGE))

        assert f"You may not move messages to the queue '{name}'" in text
        assert "1 message was moved." in text
        assert waiting(dead.of(url, dead.region)) == (0, 0)
        assert waiting(dead) == (1, 0)
        # Nor by its name.
        assert (
            dead.client.post(dead.path(PAGE), {"confirm": "yes", "destination": name}).status_code
            == 403
        )


def test_it_is_said_in_german(with_dead_letters: Dead, settings: Settings, read: Read) -> None:
    settings.LANGUAGE_CODE = "de"
    queue, dead = with_dead_letters
    dead.send("of nobody")
    fill(dead, queue.attributes["QueueArn"], 1)
    assert "Die Website verschiebt sie selbst" in read(dead.get("redrive"))
    text = read(dead.post(PAGE))
    assert "1 Nachricht wurde verschoben." in text
    assert "Sie sagt nicht, aus welcher Warteschlange sie kam." in text
