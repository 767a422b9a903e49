from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import Console
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Read = Callable[[Any], str]
History = Callable[[str], list[str]]


class MoveTasks:
    """AWS's message-move tasks before a server that lacks them, as the answers of AWS look."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []

    def __call__(self, call: Call, forward: Forward) -> Reply:
        answer = getattr(self, call.action, None)
        return answer(call.body) if answer else forward()

    def StartMessageMoveTask(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        task = {
            "TaskHandle": "handle",
            "Status": "RUNNING",
            "SourceArn": body["SourceArn"],
            "ApproximateNumberOfMessagesMoved": 5,
            "ApproximateNumberOfMessagesToMove": 20,
            "StartedTimestamp": 1_700_000_000_000,
        }
        destination = {k: v for k, v in body.items() if k == "DestinationArn"}
        self.tasks.insert(0, task | destination)
        return Reply(200, {"TaskHandle": "handle"})

    def ListMessageMoveTasks(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        return Reply(200, {"Results": self.tasks})

    def CancelMessageMoveTask(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        if body["TaskHandle"] != "handle":
            return refusal("ResourceNotFoundException", 404)
        self.tasks[0].update(Status="CANCELLED", TaskHandle=None)
        del self.tasks[0]["TaskHandle"]
        return Reply(200, {"ApproximateNumberOfMessagesMoved": 7})


@pytest.fixture
def tasks(proxy: Proxy) -> MoveTasks:
    # Of the servers here only LocalStack has the operations, and it is not installed everywhere.
    proxy.behaviour = tasks = MoveTasks()
    return tasks


def test_an_endpoint_without_move_tasks_says_so(
    with_dead_letters: tuple[Console, Console], read: Read
) -> None:
    queue, dead = with_dead_letters
    response = dead.get("redrive")
    text = read(response)

    assert f"This queue receives the failed messages of {queue.name}" in text
    assert "This endpoint has no message-move tasks" in text
    assert "Start redrive" not in text
    refused = read(dead.post("redrive"))
    assert "does not have the operation" in refused or "does not seem to have it" in refused
    answer = dead.client.get(dead.path("redrive/tasks"))
    assert answer.status_code == 502


@pytest.mark.aws_servers("ministack")
class TestMoves:
    def test_start_back_to_the_sources(
        self,
        tasks: MoveTasks,
        proxy: Proxy,
        with_dead_letters: tuple[Console, Console],
        read: Read,
        history: History,
    ) -> None:
        _, dead = with_dead_letters
        assert "Start redrive" in read(dead.get("redrive"))

        text = read(dead.post("redrive", {"destination": "", "rate": "10"}))

        assert "The redrive has started." in text
        assert "Running 5 of 20 moved Where they came from" in text
        assert "Start redrive" not in text
        [call] = proxy.actions("StartMessageMoveTask")
        assert call.body == {
            "SourceArn": dead.attributes["QueueArn"],
            "MaxNumberOfMessagesPerSecond": 10,
        }
        assert history(dead.id) == ["Started a redrive to where the messages came from."]

    def test_start_to_another_queue(
        self,
        tasks: MoveTasks,
        proxy: Proxy,
        with_dead_letters: tuple[Console, Console],
        read: Read,
        history: History,
    ) -> None:
        queue, dead = with_dead_letters
        text = read(dead.post("redrive", {"destination": queue.name, "rate": ""}))

        assert f"5 of 20 moved {queue.name}" in text
        [call] = proxy.actions("StartMessageMoveTask")
        assert call.body["DestinationArn"] == queue.attributes["QueueArn"]
        assert history(dead.id) == [f"Started a redrive to {queue.name}."]

    def test_progress_for_the_script(
        self, tasks: MoveTasks, with_dead_letters: tuple[Console, Console]
    ) -> None:
        _, dead = with_dead_letters
        dead.post("redrive")
        tasks.tasks[0]["ApproximateNumberOfMessagesMoved"] = 11

        answer = dead.client.get(dead.path("redrive/tasks")).json()
        assert answer["tasks"] == [
            {"label": "Running", "active": True, "moved": 11, "total": 20, "text": "11 of 20 moved"}
        ]

    def test_large_figures_are_grouped(
        self, tasks: MoveTasks, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        _, dead = with_dead_letters
        dead.post("redrive")
        figures = {"Moved": 412_000, "ToMove": 1_280_000}
        tasks.tasks[0].update(
            {f"ApproximateNumberOfMessages{name}": number for name, number in figures.items()}
        )
        tasks.tasks.append({"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 1_500})

        text = read(dead.get("redrive"))

        assert "412,000 of 1,280,000 moved" in text
        assert "1,500 messages moved" in text
        answer = dead.client.get(dead.path("redrive/tasks")).json()
        assert answer["tasks"][0]["text"] == "412,000 of 1,280,000 moved"

    def test_cancel_asks_first(
        self,
        tasks: MoveTasks,
        with_dead_letters: tuple[Console, Console],
        read: Read,
        history: History,
    ) -> None:
        _, dead = with_dead_letters
        dead.post("redrive")
        assert dead.path("redrive/cancel") in dead.get("redrive").content.decode()
        assert "stay where they are" in read(dead.get("redrive/cancel"))
        assert tasks.tasks[0]["Status"] == "RUNNING"

        text = read(dead.post("redrive/cancel"))

        assert "The redrive was cancelled after 7 messages." in text
        assert "Cancelled 5 of 20 moved" in text
        assert "Start redrive" in text
        assert history(dead.id)[-1] == "Cancelled a redrive after 7 messages."

    def test_cancel_when_it_has_ended(
        self, tasks: MoveTasks, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        _, dead = with_dead_letters
        tasks.tasks.append({"Status": "COMPLETED"})
        assert "No redrive is running any more." in read(dead.post("redrive/cancel"))

    def test_why_one_failed_is_text(
        self, tasks: MoveTasks, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        _, dead = with_dead_letters
        reason = "<b>CouldNotDetermineMessageSource</b>"
        tasks.tasks.append({"Status": "FAILED", "FailureReason": reason})
        response = dead.get("redrive")

        assert reason not in response.content.decode()
        assert f"Failed {reason}" in read(response)

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"destination": "self"}, "The messages are in this queue already."),
            ({"destination": "a.fifo"}, "are of one type"),
            ({"destination": "arn:aws:sqs:us-east-1:999999999999:theirs"}, "no queue name"),
            ({"destination": "not-there"}, "There is no queue"),
            ({"rate": "501"}, "less than or equal to 500"),
        ],
    )
    def test_what_cannot_be_is_said(
        self,
        tasks: MoveTasks,
        proxy: Proxy,
        with_dead_letters: tuple[Console, Console],
        fields: dict[str, str],
        sentence: str,
        read: Read,
    ) -> None:
        _, dead = with_dead_letters
        if fields.get("destination") == "self":
            fields = {"destination": dead.name}

        assert sentence in read(dead.post("redrive", fields))
        assert proxy.actions("StartMessageMoveTask") == []

    def test_what_aws_refuses_is_said(
        self, proxy: Proxy, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        _, dead = with_dead_letters
        said = "Source queue must be configured as a Dead Letter Queue."

        def refuse(call: Call, forward: Forward) -> Reply:
            if call.action == "ListMessageMoveTasks":
                return Reply(200, {"Results": []})
            if call.action == "StartMessageMoveTask":
                return refusal("InvalidParameterValue", 400, said)
            return forward()

        proxy.behaviour = refuse
        assert said in read(dead.post("redrive"))


@pytest.mark.aws_servers("ministack")
def test_the_arn_is_of_the_queue_in_the_address(
    tasks: MoveTasks, proxy: Proxy, with_dead_letters: tuple[Console, Console]
) -> None:
    _, dead = with_dead_letters
    dead.post("redrive", {"SourceArn": "arn:aws:sqs:us-east-1:999999999999:theirs"})
    [call] = proxy.actions("StartMessageMoveTask")
    assert call.body["SourceArn"] == dead.attributes["QueueArn"]
