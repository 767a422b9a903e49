"""``aws_sqs dead_letters``, ``requeue`` and ``doctor``, as people and programs see them."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import sqs
from tests.running import Result
from tests.servers import LocalAWS
from tests.sqs.graveyard import Graveyard, dig
from tests.sqs.proxy import Call, Forward, Proxies, Proxy, Reply, refusal

Run = Callable[..., Result]

# moto may give a message to two receives.
pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture(scope="module")
def proxies() -> Iterator[Proxies]:
    with Proxies() as running:
        yield running


@pytest.fixture
def proxy(aws: LocalAWS, settings: Settings, proxies: Proxies) -> Proxy:
    proxy = proxies.before(aws)
    settings.AWS = {**aws.settings, "endpoint_url": proxy.endpoint_url}
    return proxy


@pytest.fixture
def graveyard(aws: LocalAWS) -> Graveyard:
    return dig(aws)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


class TestDeadLetters:
    def test_a_table(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park("x" * 30 + "\u202e\n" + "x" * 100, KeyError("price"))
        result = run("aws_sqs", "dead_letters", "--queue_url", graveyard.dead)
        assert result.code == 0
        assert "KeyError: 'price'" in result.out
        assert "|    3     |" in result.out
        assert graveyard.url.rpartition("/")[2] in result.out
        assert "x" * 30 in result.out
        assert "x" * 61 not in result.out
        assert "Traceback" not in result.out
        assert "\u202e" not in result.out
        assert graveyard.counts() == (1, 0)

    def test_lines_for_programs(self, graveyard: Graveyard, run: Run) -> None:
        body = json.dumps({"task": "shop.ship"})
        attributes = {"raw": {"DataType": "Binary", "BinaryValue": b"\0\1"}}
        graveyard.park(body, KeyError("price"), attributes=attributes)
        result = run("aws_sqs", "dead_letters", "--queue_url", graveyard.dead, "--format", "jsonl")
        [record] = lines(result)
        assert record["Parked"] is True
        assert record["Error"] == "KeyError: 'price'"
        assert record["Traceback"].startswith("Traceback")
        assert record["Attempts"] == 3
        assert record["Source"] == graveyard.arn
        assert record["Task"] == "shop.ship"
        assert record["Body"] == body
        assert record["FailedAt"].endswith("+00:00")
        assert record["MessageAttributes"] == {"raw": {"DataType": "Binary", "BinaryValue": "AAE="}}

    def test_what_sqs_moved(self, graveyard: Graveyard, run: Run) -> None:
        sqs.send_message(graveyard.url, "poison")
        for _ in range(6):
            sqs.receive_message(graveyard.url, visibility_timeout=0)
        result = run("aws_sqs", "dead_letters", "--queue_url", graveyard.dead)
        assert "moved by SQS, which gives none" in result.out
        assert graveyard.url.rpartition("/")[2] in result.out

    def test_some_at_most(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park_many(13)
        arguments = ("--queue_url", graveyard.dead, "--max", "12", "--format", "jsonl")
        assert len(lines(run("aws_sqs", "dead_letters", *arguments))) == 12
        assert graveyard.counts() == (13, 0)

    def test_a_signal_gives_back_what_was_looked_at(
        self, graveyard: Graveyard, start_process: Callable[..., Any]
    ) -> None:
        graveyard.park_many(25)
        process = start_process(
            "aws_sqs", "dead_letters", "--queue_url", graveyard.dead, "--format", "jsonl"
        )
        assert "Body" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate()
        assert process.returncode in (0, 130)
        waiting, hidden = graveyard.counts()
        # At the moment of the signal one receive may be on its way, whose end nobody sees.
        assert waiting + hidden == 25
        assert hidden in (0, 5, 10)


class TestRequeue:
    def test_prints_each(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park_many(3)
        result = run("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--all")
        assert result.code == 0
        told = result.out.splitlines()
        assert len(told) == 3
        assert all(
            line.startswith("Moved ") and line.endswith(f" to {graveyard.url}") for line in told
        )
        assert "Moved: 3 messages." in result.err
        assert len(graveyard.bodies()) == 3

    def test_by_ids_for_programs(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park_many(3)
        shown = run("aws_sqs", "dead_letters", "--queue_url", graveyard.dead, "--format", "jsonl")
        ids = [record["MessageId"] for record in lines(shown)]
        result = run(
            *("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--format", "jsonl"),
            *("--ids", ids[0], ids[2], "not-there"),
        )
        assert result.code == 0
        assert {record["MessageId"] for record in lines(result)} == {ids[0], ids[2]}
        assert {record["Status"] for record in lines(result)} == {"Moved"}
        assert "Not found: not-there." in result.err
        assert graveyard.counts() == (1, 0)

    def test_as_one_list(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park_many(2)
        arguments = ("--queue_url", graveyard.dead, "--all", "--format", "json")
        assert len(json.loads(run("aws_sqs", "requeue", *arguments).out)) == 2

    def test_by_task_and_error(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park(json.dumps({"task": "shop.ship"}), KeyError("price"))
        graveyard.park(json.dumps({"task": "shop.bill"}))
        common = ("aws_sqs", "requeue", "--queue_url", graveyard.dead)
        assert run(*common, "--task", "shop.ship", "--error", "ValueError").code == 3
        moved = run(*common, "--task", "shop.ship")
        assert moved.code == 0
        assert "Given back, as not chosen: 1 message." in moved.err
        assert run(*common, "--error", "ValueError", "--max", "1").code == 0
        assert len(graveyard.bodies()) == 2

    def test_to_another_queue(self, aws: LocalAWS, graveyard: Graveyard, run: Run) -> None:
        other = aws.make_queue()
        graveyard.park("body")
        run("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--all", "--to", other)
        assert graveyard.bodies(other) == ["body"]

    def test_what_is_left_is_a_failure(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park("body", source="arn:aws:sqs:eu-west-9:999999999999:\u202e")
        graveyard.park("good")
        result = run("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--all")
        assert result.code == 1
        assert "Left " in result.out
        assert "no queue of this account and region" in result.out
        assert "\u202e" not in result.out
        assert "1 of 2 messages may still be in the queue" in result.err

    def test_where_nothing_is_chosen(self, graveyard: Graveyard, run: Run) -> None:
        graveyard.park_many(2)
        result = run("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--error", "KeyError")
        assert (result.code, result.out) == (3, "")
        assert "none was chosen of 2 messages" in result.err
        assert graveyard.counts() == (2, 0)

    @pytest.mark.parametrize("flags", [(), ("--all", "--error", "KeyError")])
    def test_a_choice_that_cannot_be(
        self, graveyard: Graveyard, run: Run, flags: tuple[str, ...]
    ) -> None:
        result = run("aws_sqs", "requeue", "--queue_url", graveyard.dead, *flags)
        assert result.code == 2
        assert "Say which messages: --ids, --task or --error, or --all." in result.err

    def test_an_interrupt_gives_back_what_was_not_moved(
        self, graveyard: Graveyard, start_process: Callable[..., Any]
    ) -> None:
        graveyard.park_many(300)
        process = start_process("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--all")
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 130
        waiting, hidden = graveyard.counts()
        # At the moment of the signal one request may be on its way, whose end nobody sees.
        assert hidden <= 10
        assert waiting > 0
        assert waiting + hidden + len(graveyard.take()) >= 300

    def test_what_the_identity_may_not_do(
        self, signed_aws: LocalAWS, settings: Settings, run: Run
    ) -> None:
        graveyard = dig(signed_aws)
        graveyard.park_many(12)
        owner = settings.AWS
        # The server wants the batches named; at AWS the actions without are for them too.
        actions = [
            "sqs:ReceiveMessage",
            *("sqs:SendMessage", "sqs:SendMessageBatch"),
            *("sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch"),
        ]
        user = signed_aws.make_user(*actions)
        settings.AWS = {**owner, "credentials": user}
        result = run("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--all")
        assert result.code == 1
        assert result.out.count("MayBeTwice") == 10
        settings.AWS = owner
        assert graveyard.counts()[0] == 2

        user = signed_aws.make_user(*actions, "sqs:DeleteMessage", "sqs:DeleteMessageBatch")
        settings.AWS = {**owner, "credentials": user}
        assert run("aws_sqs", "requeue", "--queue_url", graveyard.dead, "--all").code == 0


class TestDoctor:
    def test_finds_what_loses_messages(self, queue_url: str, run: Run) -> None:
        result = run("aws_sqs", "doctor", "--queue_url", queue_url)
        assert result.code == 1
        assert "It has no dead-letter queue" in result.out
        assert "RedrivePolicy" in result.out
        assert "1 thing will lose messages or stop the work." in result.err

    def test_is_content(self, graveyard: Graveyard, run: Run) -> None:
        sqs.set_queue_attributes(graveyard.dead, {"MessageRetentionPeriod": 1_209_600})
        result = run("aws_sqs", "doctor", "--queue_url", graveyard.url, "--format", "jsonl")
        assert result.code == 0, result.out
        assert {record["Severity"] for record in lines(result)} <= {"note"}
        assert "Nothing was found" in result.err

    def test_of_no_queue(self, queue_url: str, run: Run) -> None:
        result = run("aws_sqs", "doctor", "--queue_url", f"{queue_url}-gone")
        assert (result.code, result.out) == (1, "")
        assert "There is no queue" in result.err


def test_what_is_not_given_back_is_told(proxy: Proxy, graveyard: Graveyard, run: Run) -> None:
    def refuse(call: Call, forward: Forward) -> Reply:
        denied = call.action.startswith("ChangeMessageVisibility")
        return refusal("AccessDenied", 403) if denied else forward()

    graveyard.park_many(3)
    proxy.behaviour = refuse
    result = run("aws_sqs", "dead_letters", "--queue_url", graveyard.dead, "--format", "jsonl")
    assert result.code == 1
    assert len(result.out.splitlines()) == 3
    assert "Not given back: 3 messages. SQS does that by itself" in result.err


def test_a_refusal_is_a_sentence(proxy: Proxy, graveyard: Graveyard, run: Run) -> None:
    proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)
    for action in ("dead_letters", "requeue"):
        flags = ("--all",) if action == "requeue" else ()
        result = run("aws_sqs", action, "--queue_url", graveyard.dead, *flags)
        assert (result.code, result.out.replace("[]", "").strip()) == (1, "")
        assert "Traceback" not in result.err
