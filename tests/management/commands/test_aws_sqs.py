from __future__ import annotations

import json
import re
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.management.commands.aws_sqs import Command
from philo_aws.sqs.md5 import md5_of_body
from tests.running import Result
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxies, Proxy, Reply, refusal

Run = Callable[..., Result]

ACTIONS = [action.name for action in Command.actions]
# What a command does and no function under the same name.
COMMANDS = {"consume", "dead_letters", "doctor"}


@pytest.fixture(scope="module")
def proxies() -> Iterator[Proxies]:
    with Proxies() as running:
        yield running


@pytest.fixture
def proxy(aws: LocalAWS, settings: Settings, proxies: Proxies) -> Proxy:
    proxy = proxies.before(aws)
    settings.AWS = {**aws.settings, "endpoint_url": proxy.endpoint_url}
    return proxy


def bodies(queue_url: str) -> list[str]:
    return sorted(message["Body"] for message in sqs.receive_message(queue_url, 10)["Messages"])


class TestHelp:
    def test_every_service_function_is_an_action(self, run: Run) -> None:
        result = run("aws_sqs", "--help")

        # What gives one thing after the other has no action of its own.
        functions = {*ACTIONS, "receive_messages", "send_entries"} - COMMANDS
        assert sorted(functions) == sorted(sqs.__all__)
        assert result.code == 0
        for name in ACTIONS:
            assert f"    {name}" in result.out

    @pytest.mark.parametrize("action", ACTIONS)
    def test_of_an_action_shows_an_example(self, run: Run, action: str) -> None:
        result = run("aws_sqs", action, "--help")

        assert result.code == 0
        assert f"example:\n  manage.py aws_sqs {action}" in result.out
        assert "--format" in result.out

    def test_flags_are_also_spelled_with_dashes(self, aws: LocalAWS, run: Run) -> None:
        result = run("aws_sqs", "create-queue", "--queue-name", "x")
        assert result.code == 2

        result = run("aws_sqs", "create_queue", "--queue-name", f"q-{uuid.uuid4().hex}")
        assert (result.code, result.err) == (0, "")

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ([], "ACTION"),
            (["nothing"], "invalid choice: 'nothing'"),
            (["send_message"], "--queue_url or --queue_name, --message_body"),
            (
                ["purge_queue", "--queue_url", "x", "--queue_name", "y"],
                "--queue_url: not allowed with argument --queue_name",
            ),
            (["receive_message", "--queue_url", "x", "--wait_time_seconds", "long"], "invalid int"),
            (["list_queues", "--format", "xml"], "invalid choice: 'xml'"),
        ],
    )
    def test_usage_errors(self, run: Run, arguments: list[str], problem: str) -> None:
        result = run("aws_sqs", *arguments)

        assert (result.code, result.out) == (2, "")
        assert problem in result.err


class TestEveryAction:
    """The life of a queue, by the command alone."""

    def test_on_the_command_line(self, aws: LocalAWS, run: Run) -> None:
        def answer(action: str, **flags: object) -> Any:
            words = [word for name, value in flags.items() for word in (f"--{name}", value)]
            result = run("aws_sqs", action, *words, "--format", "json")
            assert (result.code, result.err) == (0, ""), result
            return json.loads(result.out)

        name = f"q-{uuid.uuid4().hex}"
        url = answer(
            "create_queue",
            queue_name=name,
            attributes='{"VisibilityTimeout": 77}',
            tags='{"a":"b"}',
        )["QueueUrl"]
        assert answer("get_queue_url", queue_name=name)["QueueUrl"] == url
        attributes = answer(
            "get_queue_attributes", queue_url=url, attribute_names="VisibilityTimeout"
        )
        assert attributes["Attributes"] == {"VisibilityTimeout": "77"}
        answer("set_queue_attributes", queue_url=url, attributes='{"VisibilityTimeout": 30}')
        sent = answer(
            "send_message", queue_url=url, message_body="hello", message_attributes='{"kind": "x"}'
        )
        received = answer("receive_message", queue_url=url, max_number_of_messages=10)
        assert [one["MessageId"] for one in received["Messages"]] == [sent["MessageId"]]
        handle = received["Messages"][0]["ReceiptHandle"]
        answer(
            "change_message_visibility", queue_url=url, receipt_handle=handle, visibility_timeout=0
        )
        handle = answer("receive_message", queue_url=url)["Messages"][0]["ReceiptHandle"]
        answer("delete_message", queue_url=url, receipt_handle=handle)
        answer("purge_queue", queue_url=url)
        answer("delete_queue", queue_url=url)
        gone = run("aws_sqs", "get_queue_url", "--queue_name", name)
        assert gone.code == 1
        assert f"There is no queue '{name}'" in gone.err
        assert "Traceback" not in gone.err

    def test_by_call_command(self, aws: LocalAWS) -> None:
        def answer(action: str, **flags: Any) -> Any:
            out = StringIO()
            call_command("aws_sqs", action, format="json", stdout=out, **flags)
            return json.loads(out.getvalue())

        url = answer(
            "create_queue", queue_name=f"q-{uuid.uuid4().hex}", attributes={"DelaySeconds": 0}
        )["QueueUrl"]
        answer("send_message", queue_url=url, message_body="a", message_attributes={"n": 1})
        answer("send_message_batch", queue_url=url, entries=["b", {"MessageBody": "c"}])
        received = answer("receive_message", queue_url=url, max_number_of_messages=10)
        assert sorted(one["Body"] for one in received["Messages"]) == ["a", "b", "c"]
        handle = received["Messages"][0]["ReceiptHandle"]
        answer("delete_message", queue_url=url, receipt_handle=handle, region="us-east-1")
        assert {row["QueueUrl"] for row in answer("list_queues", region="us-east-1")} >= {url}
        answer("delete_queue", queue_url=url)
        with pytest.raises(CommandError, match="There is no queue") as caught:
            call_command("aws_sqs", "purge_queue", queue_url=url)
        assert caught.value.returncode == 1

    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize(
        "arguments",
        [
            ("start_message_move_task", "--source_arn", "arn:aws:sqs:us-east-1:000000000000:d"),
            ("list_message_move_tasks", "--source_arn", "arn:aws:sqs:us-east-1:000000000000:d"),
            ("cancel_message_move_task", "--task_handle", "h"),
            ("list_dead_letter_source_queues", "--queue_url", "http://127.0.0.1/000000000000/q"),
        ],
        ids=lambda arguments: arguments[0],
    )
    def test_what_the_endpoint_has_not(
        self, aws: LocalAWS, run: Run, arguments: tuple[str, ...]
    ) -> None:
        result = run("aws_sqs", *arguments)

        assert (result.code, result.out) == (1, "")
        assert "This endpoint does not have the operation" in result.err

    @pytest.mark.aws_servers("moto")
    def test_dead_letter_sources_are_a_table(
        self, aws: LocalAWS, run: Run, make_queue: Callable[..., str]
    ) -> None:
        dead, url = make_queue(), make_queue()
        arn = sqs.get_queue_attributes(dead)["Attributes"]["QueueArn"]
        policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 3}
        sqs.set_queue_attributes(url, {"RedrivePolicy": policy})

        result = run("aws_sqs", "list_dead_letter_source_queues", "--queue_url", dead)

        assert result.code == 0
        assert f"| {url} |" in result.out


class TestListQueues:
    @pytest.fixture
    def two(self, proxy: Proxy, settings: Settings) -> Proxy:
        """An account with queues in two regions, and one region that fails."""
        settings.AWS = {**settings.AWS, "regions": ["eu-west-1", "us-west-2", "me-south-1"]}
        urls = {
            "eu-west-1": ["https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"],
            "us-west-2": [
                "https://us-west-2.queue.amazonaws.com/123456789012/a",
                "https://us-west-2.queue.amazonaws.com/123456789012/priority-list",
            ],
        }

        def reply(call: Call, forward: Forward) -> Reply:
            if call.region in urls:
                return Reply(200, {"QueueUrls": urls[call.region]})
            return refusal("AccessDenied", 403, "no sqs:ListQueues here")

        proxy.behaviour = reply
        return proxy

    def test_table(self, two: Proxy, settings: Settings, run: Run) -> None:
        settings.AWS = {**settings.AWS, "regions": ["eu-west-1", "us-west-2"]}

        result = run("aws_sqs", "list_queues")

        assert (result.code, result.err) == (0, "")
        assert result.out == (
            "+------------------------------------------------------------------+-----------+\n"
            "|                            Queue Url                             |   Region  |\n"
            "+------------------------------------------------------------------+-----------+\n"
            "|      https://sqs.eu-west-1.amazonaws.com/123456789012/jobs       | eu-west-1 |\n"
            "|       https://us-west-2.queue.amazonaws.com/123456789012/a       | us-west-2 |\n"
            "| https://us-west-2.queue.amazonaws.com/123456789012/priority-list | us-west-2 |\n"
            "+------------------------------------------------------------------+-----------+\n"
        )

    def test_a_failed_region_has_its_row_and_the_exit_code_says_so(
        self, two: Proxy, run: Run
    ) -> None:
        result = run("aws_sqs", "list_queues")

        assert result.code == 1
        assert "https://us-west-2.queue.amazonaws.com/123456789012/priority-list" in result.out
        (row,) = [line for line in result.out.splitlines() if "me-south-1" in line]
        assert "AWS denied access" in row
        assert "sqs:ListQueues" in result.out
        assert "1 of 3 regions could not be listed: me-south-1." in result.err

    def test_json(self, two: Proxy, run: Run) -> None:
        result = run("aws_sqs", "list_queues", "--format", "json")

        rows = json.loads(result.out)
        assert result.code == 1
        assert [row["Region"] for row in rows] == [
            "eu-west-1",
            "us-west-2",
            "us-west-2",
            "me-south-1",
        ]
        assert rows[0] == {
            "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
            "Region": "eu-west-1",
        }
        assert rows[3]["QueueUrl"] is None
        assert "AWS denied access" in rows[3]["Error"]

    def test_jsonl(self, two: Proxy, run: Run) -> None:
        result = run("aws_sqs", "list_queues", "--format", "jsonl")

        assert sorted(json.loads(line)["Region"] for line in result.out.splitlines()) == [
            "eu-west-1",
            "me-south-1",
            "us-west-2",
            "us-west-2",
        ]

    def test_one_region(self, two: Proxy, run: Run) -> None:
        result = run("aws_sqs", "list_queues", "--region", "us-west-2")

        assert result.code == 0
        assert "eu-west-1" not in result.out
        assert [call.region for call in two.calls] == ["us-west-2"]

    def test_the_same_trouble_everywhere_is_told_once(self, run: Run, settings: Settings) -> None:
        settings.AWS = {"regions": ["eu-west-1", "us-west-2", "sa-east-1"]}

        result = run("aws_sqs", "list_queues")

        assert (result.code, result.out) == (1, "")
        assert result.err.count("No AWS credentials were found") == 1
        assert "Traceback" not in result.err

    def test_no_queues_at_all(self, proxy: Proxy, run: Run) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, {})

        result = run("aws_sqs", "list_queues", "--region", "eu-west-1")

        assert result.code == 0
        assert result.out == (
            "+-----------+--------+\n| Queue Url | Region |\n+-----------+--------+\n"
            "+-----------+--------+\n"
        )


@pytest.mark.aws_servers("ministack")
def test_regions_are_told_as_they_answer(
    proxy: Proxy, settings: Settings, start_process: Callable[..., Any]
) -> None:
    settings.AWS = {**settings.AWS, "regions": ["eu-west-1", "us-west-2"]}
    told = threading.Event()

    def reply(call: Call, forward: Forward) -> Reply:
        if call.region == "eu-west-1":
            told.wait(60)
        return Reply(200, {"QueueUrls": [f"http://x/1/{call.region}"]})

    proxy.behaviour = reply
    process = start_process("aws_sqs", "list_queues", "--format", "jsonl")
    # The first line is there before the other region has answered.
    first = process.stdout.readline()
    told.set()
    out, err = process.communicate(timeout=30)

    assert json.loads(first)["Region"] == "us-west-2"
    assert [json.loads(line)["Region"] for line in out.splitlines()] == ["eu-west-1"]
    assert (process.returncode, err) == (0, "")


class TestReceiveMessage:
    def test_what_a_terminal_could_obey_is_escaped(
        self, proxy: Proxy, queue_url: str, run: Run
    ) -> None:
        # Such a body cannot be sent here; a server that is not AWS may let it through.
        hostile = "\x1b[2J\x07\u202eevil\u2028"
        digest = md5_of_body(hostile)
        message = {"Body": hostile, "MessageId": "1", "ReceiptHandle": "h", "MD5OfBody": digest}
        proxy.behaviour = lambda call, forward: Reply(200, {"Messages": [message]})

        for style in ("table", "json", "jsonl"):
            result = run("aws_sqs", "receive_message", "--queue_url", queue_url, "--format", style)

            assert result.code == 0
            assert result.out.replace("\n", "").isprintable()
            assert "evil" in result.out

    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize("style", ["table", "json", "jsonl"])
    def test_one_that_changed_is_not_shown(
        self, proxy: Proxy, queue_url: str, run: Run, style: str
    ) -> None:
        sqs.send_message_batch(queue_url, ["good", "bad"])

        def change(call: Call, forward: Forward) -> Reply:
            return Reply(200, forward().body.replace(b'"bad"', b'"worse"'))

        proxy.behaviour = change
        words = ("receive_message", "--queue_url", queue_url, "--max_number_of_messages", 10)

        result = run("aws_sqs", *words, "--format", style)

        assert result.code == 1
        assert "good" in result.out
        assert "worse" not in result.out
        assert "1 of the messages received are not shown." in result.err
        assert "They stay in the queue" in result.err

    def test_json_lines_are_messages(self, aws: LocalAWS, queue_url: str, run: Run) -> None:
        sqs.send_message_batch(queue_url, ["a", "b"])
        words = ("receive_message", "--queue_url", queue_url, "--max_number_of_messages", 10)

        result = run("aws_sqs", *words, "--format", "jsonl")
        none = run("aws_sqs", *words, "--format", "jsonl")

        received = [json.loads(line) for line in result.out.splitlines()]
        assert sorted(message["Body"] for message in received) == ["a", "b"]
        assert (none.code, none.out) == (0, "")

    def test_none(self, aws: LocalAWS, queue_url: str, run: Run) -> None:
        result = run("aws_sqs", "receive_message", "--queue_url", queue_url)

        assert (result.code, result.out) == (0, "Messages: none\n")

    def test_more_than_ten(self, aws: LocalAWS, queue_url: str, run: Run) -> None:
        sqs.send_message_batch(queue_url, [str(number) for number in range(25)])
        words = ("receive_message", "--queue_url", queue_url, "--max_number_of_messages", 25)

        result = run("aws_sqs", *words, "--visibility_timeout", 600)

        assert (result.code, result.err) == (0, "")
        assert result.out.count("- MessageId: ") == 25

    @pytest.mark.parametrize("style", ["table", "json", "jsonl"])
    def test_they_are_deleted_once_they_are_printed(
        self, aws: LocalAWS, queue_url: str, run: Run, style: str
    ) -> None:
        sqs.send_message_batch(queue_url, [str(number) for number in range(25)])
        words = ("--queue_url", queue_url, "--max_number_of_messages", 500, "--delete")

        result = run("aws_sqs", "receive_message", *words, "--format", style)

        assert (result.code, result.err) == (0, "")
        assert all(f"{number}" in result.out for number in range(25))
        figures = sqs.get_queue_attributes(queue_url)["Attributes"]
        assert figures["ApproximateNumberOfMessages"] == "0"
        assert figures["ApproximateNumberOfMessagesNotVisible"] == "0"

    @pytest.mark.aws_servers("ministack")
    def test_those_that_could_not_be_deleted_are_told(
        self, proxy: Proxy, queue_url: str, run: Run
    ) -> None:
        sqs.send_message_batch(queue_url, ["a", "b"])

        def refuse(call: Call, forward: Forward) -> Reply:
            if call.action != "DeleteMessageBatch":
                return forward()
            failed = {"SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": "Gone."}
            return Reply(200, {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", **failed}]})

        proxy.behaviour = refuse
        words = ("--queue_url", queue_url, "--max_number_of_messages", 10, "--delete")

        result = run("aws_sqs", "receive_message", *words, "--format", "jsonl")

        assert result.code == 1
        assert len(result.out.splitlines()) == 2
        assert "1 of 2 messages were printed but not deleted. Gone." in result.err

    def test_what_is_printed_is_sent_again_as_it_was(
        self, aws: LocalAWS, make_queue: Callable[..., str], run: Run
    ) -> None:
        first, second = (make_queue(FifoQueue="true") for _ in range(2))
        attributes = {
            "b": {"DataType": "Binary", "BinaryValue": b"\0\xff"},
            "n": {"DataType": "Number.float", "StringValue": "1.50"},
        }
        entries = [
            {
                "MessageBody": f"hällo {number}\n\u2028",
                "MessageAttributes": attributes,
                "MessageGroupId": f"g{number % 3}",
                "MessageDeduplicationId": f"d{number}",
            }
            for number in range(15)
        ]
        sqs.send_message_batch(first, entries)
        words = ("--max_number_of_messages", 500, "--delete", "--format", "jsonl")

        dump = run("aws_sqs", "receive_message", "--queue_url", first, *words)
        edited = dump.out.replace(" 7\\n", " seven\\n")
        given = ("--queue_url", second, "--entries", "-", "--format", "jsonl")
        sent = run("aws_sqs", "send_message_batch", *given, stdin=edited)

        assert (dump.code, sent.code, sent.err) == (0, 0, "")
        found: list[Any] = []
        # Of a group of which some are in flight there are no more.
        while messages := sqs.receive_message(second, 10)["Messages"]:
            found += messages
            sqs.delete_message_batch(second, messages)
        told = {
            one["Attributes"]["MessageDeduplicationId"]: (
                one["Body"],
                one["MessageAttributes"],
                one["Attributes"]["MessageGroupId"],
            )
            for one in found
        }
        wanted = {
            entry["MessageDeduplicationId"]: (
                str(entry["MessageBody"]).replace(" 7\n", " seven\n"),
                attributes,
                entry["MessageGroupId"],
            )
            for entry in entries
        }
        assert told == wanted

    @pytest.mark.parametrize("number", ["0", "120001"])
    def test_only_as_many_as_may_be_in_flight(
        self, aws: LocalAWS, queue_url: str, run: Run, number: str
    ) -> None:
        result = run(
            "aws_sqs",
            *("receive_message", "--queue_url", queue_url, "--max_number_of_messages", number),
        )

        assert (result.code, result.out) == (2, "")
        assert f"max_number_of_messages is {number}. Give a whole number" in result.err


class TestHandles:
    def test_printed_messages_are_hidden_and_deleted(
        self, aws: LocalAWS, queue_url: str, run: Run
    ) -> None:
        sqs.send_message_batch(queue_url, [str(number) for number in range(12)])
        words = ("--max_number_of_messages", 12, "--format", "jsonl")

        def receive() -> str:
            return run("aws_sqs", "receive_message", "--queue_url", queue_url, *words).out

        batch = ("--queue_url", queue_url, "--entries", "-", "--format", "jsonl")
        hidden = run(
            *("aws_sqs", "change_message_visibility_batch", "--visibility_timeout", 0, *batch),
            stdin=receive(),
        )
        deleted = run("aws_sqs", "delete_message_batch", *batch, stdin=receive())

        for result in (hidden, deleted):
            assert (result.code, result.err) == (0, "")
            told = [json.loads(line) for line in result.out.splitlines()]
            assert told == [{"Status": "Successful", "Id": str(number)} for number in range(12)]
        assert receive() == ""

    def test_one_that_fails_makes_the_exit_code_one(self, ministack: LocalAWS, run: Run) -> None:
        url = ministack.client("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex}")["QueueUrl"]

        result = run("aws_sqs", "delete_message_batch", "--queue_url", url, "--entries", '["h"]')

        assert result.code == 1
        assert re.search(
            r"^Failed:\n  - Id: .*\n(    .*\n)*    Code: +ReceiptHandleIsInvalid$",
            result.out,
            re.MULTILINE,
        )


class TestNames:
    def test_a_queue_is_found_by_its_name(self, aws: LocalAWS, run: Run) -> None:
        name = f"q-{uuid.uuid4().hex}"
        sqs.create_queue(name)

        sent = run("aws_sqs", "send_message", "--queue_name", name, "--message_body", "x")
        received = run("aws_sqs", "receive_message", "--queue-name", name)
        gone = run("aws_sqs", "purge_queue", "--queue_name", f"{name}-gone")

        assert (sent.code, received.code, gone.code) == (0, 0, 1)
        assert re.search(r"^    Body: +x$", received.out, re.MULTILINE)
        assert "There is no queue" in gone.err

    def test_the_list_of_those_that_begin_so(self, aws: LocalAWS, run: Run) -> None:
        name = f"q-{uuid.uuid4().hex}"
        for end in "ab":
            sqs.create_queue(f"{name}-{end}")
        words = ("--region", "us-east-1", "--format", "json", "--queue_name_prefix")

        result = run("aws_sqs", "list_queues", *words, name)
        one = run("aws_sqs", "list_queues", *words, f"{name}-b")

        assert [row["QueueUrl"][-2:] for row in json.loads(result.out)] == ["-a", "-b"]
        assert [row["QueueUrl"][-2:] for row in json.loads(one.out)] == ["-b"]

    def test_tags(self, aws: LocalAWS, run: Run) -> None:
        name = f"q-{uuid.uuid4().hex}"
        sqs.create_queue(name)

        run("aws_sqs", "tag_queue", "--queue_name", name, "--tags", '{"a": "1", "b": "2"}')
        run("aws_sqs", "untag_queue", "--queue_name", name, "--tag_keys", "a")
        result = run("aws_sqs", "list_queue_tags", "--queue_name", name)

        assert result.out == "Tags:\n  b: 2\n"


class TestWordsWithoutFlags:
    def test_a_queue_by_its_name_or_url(self, aws: LocalAWS, run: Run) -> None:
        name = f"q-{uuid.uuid4().hex}"
        made = run("aws_sqs", "create_queue", name)
        assert made.code == 0
        [url] = re.findall(r"^QueueUrl: (\S+)$", made.out, re.MULTILINE)

        assert run("aws_sqs", "send_message", name, "by name").code == 0
        assert run("aws_sqs", "send_message", "--queue_name", name, "by flag").code == 0
        assert run("aws_sqs", "send_message_batch", url, '["by URL"]').code == 0

        assert sorted(bodies(url)) == ["by URL", "by flag", "by name"]
        assert run("aws_sqs", "purge_queue", name) == Result(0, "", "Done.\n")
        assert run("aws_sqs", "delete_queue", url, "--quiet") == Result(0, "", "")

    def test_a_url_by_its_flag_is_no_name(self, run: Run) -> None:
        result = run("aws_sqs", "purge_queue", "--queue_url", "jobs")
        assert (result.code, result.out) == (2, "")
        assert "'jobs' is no queue URL" in result.err

    def test_a_flag_that_there_is_not(self, run: Run) -> None:
        result = run("aws_sqs", "send_message", "jobs", "x", "--delay_second", "5", "--entries=[]")
        assert result.code == 2
        assert "--entries is a flag of send_message_batch" in result.err
        assert result.err.startswith("usage: manage.py aws_sqs send_message ")


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "code", "problem"),
        [
            (("purge_queue", "--queue_url", "jobs"), 2, "'jobs' is no queue URL"),
            (("create_queue", "--queue_name", "a b"), 2, "'a b' is no possible queue name"),
            (
                ("create_queue", "--queue_name", "a", "--attributes", "{"),
                2,
                "--attributes is not JSON",
            ),
            (("create_queue", "--queue_name", "a", "--attributes", "[]"), 2, "is no JSON object"),
            (
                ("create_queue", "--queue_name", "a", "--tags", "@/none"),
                1,
                "no file or folder '/none'",
            ),
            (
                (
                    *("purge_queue", "--region", "us-west-2", "--queue_url"),
                    "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
                ),
                1,
                "is in region 'eu-west-1', not 'us-west-2'",
            ),
        ],
    )
    def test_are_one_sentence(
        self, proxy: Proxy, run: Run, arguments: tuple[str, ...], code: int, problem: str
    ) -> None:
        result = run("aws_sqs", *arguments)

        assert (result.code, result.out) == (code, "")
        assert problem in result.err
        assert len(result.err.splitlines()) == 1
        assert proxy.calls == []

    def test_an_unknown_region(self, run: Run, settings: Settings) -> None:
        settings.AWS = {"credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"}}

        result = run("aws_sqs", "create_queue", "--queue_name", "x", "--region", "eu-wset-1")

        assert result.code == 1
        assert "Did you mean 'eu-west-1'?" in result.err

    def test_a_wrong_secret(self, signed_aws: LocalAWS, settings: Settings, run: Run) -> None:
        wrong = {**signed_aws.credentials, "aws_secret_access_key": "x" * 40}
        settings.AWS = {**signed_aws.settings, "credentials": wrong}

        result = run("aws_sqs", "create_queue", "--queue_name", "x")

        assert (result.code, result.out) == (1, "")
        assert "the secret access key does not belong to the access key id" in result.err
        assert "x" * 40 not in result.err

    def test_traceback_on_request(self, aws: LocalAWS, run: Run) -> None:
        result = run("aws_sqs", "purge_queue", "--queue_url", "jobs", "--traceback")

        assert result.code == 1
        assert "Traceback" in result.err
        assert "UsageError" in result.err


class TestEntries:
    @pytest.fixture
    def send(self, queue_url: str, run: Run) -> Run:
        def send(entries: str, *more: str, stdin: str | bytes = "") -> Result:
            words = ("send_message_batch", "--queue_url", queue_url, "--entries", entries)
            return run("aws_sqs", *words, "--format", "json", *more, stdin=stdin)

        return send

    @pytest.mark.parametrize(
        ("entries", "sent"),
        [
            ('["a", {"Id": "x", "MessageBody": "b"}]', ["a", "b"]),
            ('{"MessageBody": "one"}', ["one"]),
            ('"text"', ["text"]),
            ('["ä 🎈"]', ["ä 🎈"]),
        ],
    )
    def test_as_json(
        self, aws: LocalAWS, queue_url: str, send: Run, entries: str, sent: list[str]
    ) -> None:
        result = send(entries)

        assert (result.code, result.err) == (0, "")
        assert len(json.loads(result.out)["Successful"]) == len(sent)
        assert bodies(queue_url) == sent

    def test_from_a_file(self, aws: LocalAWS, queue_url: str, send: Run, tmp_path: Path) -> None:
        path = tmp_path / "entries.json"
        path.write_text(json.dumps(["a", {"MessageBody": "b" * 200_000}]))

        result = send(f"@{path}")

        assert (result.code, result.err) == (0, "")
        assert bodies(queue_url) == ["a", "b" * 200_000]

    def test_from_standard_input_line_by_line(
        self, aws: LocalAWS, queue_url: str, send: Run
    ) -> None:
        result = send("-", stdin='"a"\n\n{"Id": "x", "MessageBody": "b"}\r\n  "c"')

        answer = json.loads(result.out)
        assert (result.code, result.err) == (0, "")
        assert [one["Id"] for one in answer["Successful"]] == ["0", "x", "2"]
        assert bodies(queue_url) == ["a", "b", "c"]

    def test_json_lines_come_as_they_are_known(
        self, aws: LocalAWS, queue_url: str, send: Run
    ) -> None:
        result = send('["a", {"Id": "empty", "MessageBody": ""}]', "--format", "jsonl")

        records = {(record := json.loads(line))["Id"]: record for line in result.out.splitlines()}
        assert result.code == 1
        assert records["0"].keys() >= {"Status", "MessageId", "MD5OfMessageBody"}
        assert records["0"]["Status"] == "Successful"
        assert records["empty"]["Status"] == "Failed"
        assert records["empty"]["Code"] == "MissingParameter"

    def test_one_that_fails_makes_the_exit_code_one(
        self, aws: LocalAWS, queue_url: str, send: Run
    ) -> None:
        result = send('["a", "", "b"]')

        answer = json.loads(result.out)
        assert result.code == 1
        assert [one["Id"] for one in answer["Failed"]] == ["1"]
        assert "1 of 3 entries failed" in result.err
        assert bodies(queue_url) == ["a", "b"]

    @pytest.mark.aws_servers("ministack")
    def test_duplicates_are_remarked(
        self, aws: LocalAWS, make_queue: Callable[..., str], run: Run
    ) -> None:
        queue_url = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
        entries = json.dumps([{"MessageBody": "x", "MessageGroupId": "g"}] * 3)
        words = ("send_message_batch", "--queue_url", queue_url, "--entries", entries)

        result = run("aws_sqs", *words, "--format", "jsonl")

        told = [json.loads(line).get("DuplicateOf") for line in result.out.splitlines()]
        assert (result.code, told) == (0, [None, "0", "0"])
        assert "2 of the messages are not in the queue a second time" in result.err

    @pytest.mark.parametrize("entries", [{"MessageBody": "a"}, ({"MessageBody": "a"},)])
    def test_python_values(self, aws: LocalAWS, queue_url: str, entries: Any) -> None:
        call_command("aws_sqs", "send_message_batch", queue_url=queue_url, entries=entries)

        assert bodies(queue_url) == ["a"]

    @pytest.mark.parametrize(
        ("action", "flags"),
        [
            ("get_queue_attributes", {"attribute_names": "All"}),
            ("receive_message", {"max_number_of_messages": 120_001}),
            ("delete_message", {"receipt_handle": 5}),
            ("send_message", {"message_body": b"x"}),
            ("send_message", {"message_body": "x", "message_attributes": {"a": float("nan")}}),
            ("send_message", {"message_body": "x", "message_attributes": ["a"]}),
            ("send_message", {"message_body": "x", "message_group_id": "a b"}),
            ("set_queue_attributes", {"attributes": {"FifoQueue": True}}),
        ],
    )
    def test_python_values_that_cannot_be(
        self, proxy: Proxy, queue_url: str, action: str, flags: dict[str, Any]
    ) -> None:
        with pytest.raises(CommandError) as caught:
            call_command("aws_sqs", action, queue_url=queue_url, **flags)

        assert caught.value.returncode == 2
        assert proxy.calls == []

    @pytest.mark.parametrize("entries", ["[]", "-"])
    def test_none(self, proxy: Proxy, send: Run, entries: str) -> None:
        result = send(entries, stdin="\n")

        assert (result.code, result.out) == (3, "")
        assert "There are no entries: nothing was sent." in result.err
        assert proxy.calls == []

    @pytest.mark.parametrize(
        ("entries", "code", "problem"),
        [
            ("hello", 2, "--entries is not JSON: Expecting value at line 1, column 1."),
            ("", 2, "--entries is not JSON"),
            ('["a"', 2, "--entries is not JSON"),
            ("[" * 100_000, 2, "--entries is nested too deeply"),
            ("7", 1, "Entry 1 is a int, neither a dict nor a string"),
            ('["a", ["b"]]', 1, "Entry 2 is a list, neither a dict nor a string"),
            ('["a", {"MessageBdy": "b"}]', 1, 'Unknown parameter in input: "MessageBdy"'),
            (
                '[{"Id":"1","MessageBody":"a"},{"Id":"1","MessageBody":"b"}]',
                1,
                "Entry 2 has the Id '1'",
            ),
            ("@/no/such/file", 1, "There is no file or folder '/no/such/file'"),
            ("@/", 1, "is a folder"),
        ],
    )
    def test_what_cannot_be_read_sends_nothing(
        self, proxy: Proxy, send: Run, entries: str, code: int, problem: str
    ) -> None:
        result = send(entries)

        assert (result.code, result.out) == (code, "")
        assert problem in result.err
        assert "Traceback" not in result.err
        assert proxy.calls == []

    def test_a_file_of_json_lines_gets_a_hint(
        self, proxy: Proxy, send: Run, tmp_path: Path
    ) -> None:
        path = tmp_path / "entries.jsonl"
        path.write_text('"a"\n"b"\n')

        result = send(f"@{path}")

        assert result.code == 1
        assert "Give a file of JSON lines on the standard input, with - for the file" in result.err
        assert proxy.calls == []

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (b"oops", "Line 3 of the standard input is not JSON: Expecting value"),
            (b'"\xff"', "Line 3 of the standard input is not UTF-8 (byte 2)"),
            (b"5", "Entry 3 is a int"),
            (b'{"Id": "0", "MessageBody": "x"}', "Entry 3 has the Id '0'"),
        ],
    )
    def test_a_bad_line_ends_it_and_those_before_are_accounted_for(
        self, aws: LocalAWS, queue_url: str, send: Run, line: bytes, problem: str
    ) -> None:
        result = send("-", stdin=b'"a"\n"b"\n' + line + b'\n"c"\n')

        answer = json.loads(result.out)
        assert result.code == 1
        assert problem in result.err
        assert [one["Id"] for one in answer["Successful"]] == ["0", "1"]
        assert bodies(queue_url) == ["a", "b"]


@pytest.mark.aws_servers("ministack")
def test_an_interrupt_tells_what_was_sent(
    proxy: Proxy, queue_url: str, start_process: Callable[..., Any]
) -> None:
    waiting, done = threading.Event(), threading.Event()

    def hold_the_second(call: Call, forward: Forward) -> Reply:
        if len(proxy.calls) > 1:
            waiting.set()
            done.wait(30)
        return forward()

    proxy.behaviour = hold_the_second
    entries = json.dumps([str(number) for number in range(15)])
    words = ("send_message_batch", "--queue_url", queue_url, "--entries", entries)
    process = start_process("aws_sqs", *words, "--format", "json")
    assert waiting.wait(30)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    done.set()

    assert process.returncode == 130
    assert [one["Id"] for one in json.loads(out)["Successful"]] == [
        str(number) for number in range(10)
    ]
    assert "An entry that is not listed was not sent, or its answer, or that of one before" in err
    assert "Interrupted." in err
    assert "Traceback" not in err


def test_a_process_of_its_own(aws: LocalAWS, queue_url: str, run_process: Run) -> None:
    words = ("send_message_batch", "--queue_url", queue_url, "--entries", "-")
    result = run_process("aws_sqs", *words, "--format", "jsonl", stdin='"a"\n"b"\n')

    assert (result.code, result.err) == (0, "")
    assert [json.loads(line)["Id"] for line in result.out.splitlines()] == ["0", "1"]
    assert bodies(queue_url) == ["a", "b"]
