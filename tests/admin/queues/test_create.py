from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.admin.queues.conftest import ROOT, Console

Read = Callable[[Any], str]
History = Callable[[str], list[str]]
ADD = f"{ROOT}add/"


def form(**fields: str) -> dict[str, str]:
    return {
        "confirm": "yes",
        "region": "us-east-1",
        "kind": "standard",
        "dead_letter": "none",
        "max_receive_count": "5",
        "visibility_timeout": "30",
        "retention": "345600",
        "delay": "0",
        "wait": "0",
        "largest": "1048576",
        **fields,
    }


@pytest.fixture
def name() -> str:
    return f"q-{uuid.uuid4().hex[:16]}"


def test_a_standard_queue_in_a_chosen_region(
    console: Console, name: str, read: Read, history: History
) -> None:
    data = form(name=name, region="eu-west-1", visibility_timeout="77", wait="5")
    response = console.client.post(ADD, data, follow=True)

    made = console.of(console.url.replace(console.name, name), "eu-west-1")
    assert response.redirect_chain == [(made.path("change"), 302)]
    assert f"The queue “{name}” was created." in read(response)
    url = made.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    attributes = console.of(url, "eu-west-1").attributes
    assert attributes["VisibilityTimeout"] == "77"
    assert attributes["ReceiveMessageWaitTimeSeconds"] == "5"
    assert history(made.id) == ["Created."]


def test_a_fifo_queue_with_a_new_dead_letter_queue(
    console: Console, name: str, history: History
) -> None:
    data = form(
        name=name,
        kind="fifo",
        content_based_deduplication="on",
        dead_letter="new",
        max_receive_count="3",
    )
    console.client.post(ADD, data)

    made, dead = (
        console.of(console.sqs.get_queue_url(QueueName=each)["QueueUrl"])
        for each in (f"{name}.fifo", f"{name}-dead.fifo")
    )
    assert made.attributes["ContentBasedDeduplication"] == "true"
    assert dead.attributes["FifoQueue"] == "true"
    assert dead.attributes["MessageRetentionPeriod"] == "1209600"
    policy = json.loads(made.attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == dead.attributes["QueueArn"]
    assert int(policy["maxReceiveCount"]) == 3
    assert history(made.id) == history(dead.id) == ["Created."]


def test_an_existing_dead_letter_queue(console: Console, name: str) -> None:
    data = form(name=name, dead_letter="existing", dead_letter_queue=console.name)
    console.client.post(ADD, data)

    made = console.of(console.sqs.get_queue_url(QueueName=name)["QueueUrl"])
    policy = json.loads(made.attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == console.attributes["QueueArn"]


def test_a_name_that_is_taken_is_not_called_created(
    console: Console, read: Read, history: History
) -> None:
    text = read(console.client.post(ADD, form(name=console.name), follow=True))

    assert f"There is a queue '{console.name}' in us-east-1 already." in text
    assert history(console.id) == []


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "a b"}, "Write 1 to 80 letters"),
        ({"name": "a" * 81}, "Write 1 to 80 letters"),
        ({"name": "a" * 76, "kind": "fifo"}, "Write 1 to 80 letters"),
        ({"name": "a.fifo"}, "Only the name of a FIFO queue ends in .fifo."),
        ({"name": "a" * 78, "dead_letter": "new"}, "longer than 80 characters"),
        ({"name": "a", "region": "ap-south-1"}, "Select a valid choice"),
        ({"name": "a", "retention": "59"}, "greater than or equal to 60"),
        ({"name": "a", "dead_letter": "existing"}, "This is no queue name."),
        (
            {"name": "a", "dead_letter": "existing", "dead_letter_queue": "b.fifo"},
            "A queue and its dead-letter queue are of one type",
        ),
        (
            {"name": "a", "dead_letter": "new", "max_receive_count": ""},
            "A dead-letter queue needs this number.",
        ),
        (
            {"name": "a-new-one", "dead_letter": "existing", "dead_letter_queue": "not-there"},
            "There is no queue",
        ),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(
    console: Console, fields: dict[str, str], sentence: str, read: Read, history: History
) -> None:
    assert sentence in read(console.client.post(ADD, form(**fields), follow=True))
    assert history(f"us-east-1/{fields['name']}") == []


@pytest.mark.aws_servers("ministack")
def test_a_dead_letter_queue_that_a_person_may_not_see(
    console: Console, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "philo_aws.admin.QueueAdmin.has_view_permission",
        lambda self, request, obj=None: not (obj and obj.name == console.id),
    )
    data = form(name=name, dead_letter="existing", dead_letter_queue=console.name)

    assert console.client.post(ADD, data).status_code == 403
    with pytest.raises(ClientError):
        console.sqs.get_queue_url(QueueName=name)
