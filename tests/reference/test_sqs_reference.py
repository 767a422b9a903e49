"""The SQS examples of the reference, each call with our module and command names.

They run in the reference's account and region, 523525905522 and us-west-2, on both servers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from tests.running import Result
from tests.servers import LocalAWS
from tests.sqs import proxy as proxies
from tests.sqs.proxy import Reply

Run = Callable[..., Result]

ACCOUNT = "523525905522"
KEYS = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "your_secret_key"}
URL = f"https://us-west-2.queue.amazonaws.com/{ACCOUNT}/new_test_queue"


@pytest.fixture(autouse=True)
def account(aws: LocalAWS, settings: Settings) -> Iterator[None]:
    """The account of the reference, with its queue; ministack takes the account from the key."""
    settings.AWS = {"credentials": KEYS, "endpoint_url": aws.endpoint_url}
    client = aws.client("sqs", "us-west-2", credentials=KEYS)
    names = ("new_test_queue", "existing_sqs_queue")
    urls = [client.create_queue(QueueName=name)["QueueUrl"] for name in names]
    yield
    for url in [*urls, *client.list_queues(QueueNamePrefix="my_test_queue").get("QueueUrls", [])]:
        try:
            client.delete_queue(QueueUrl=url)
        except client.exceptions.QueueDoesNotExist:
            assert url.endswith("existing_sqs_queue")


def test_send_message() -> None:
    from philo_aws.sqs import receive_message, send_message

    queue_url = URL
    message_body = "My new test message"
    region = "us-west-2"
    data = send_message(queue_url, message_body, region)

    assert data["MessageId"]
    assert receive_message(queue_url)["Messages"][0]["Body"] == message_body


def test_send_message_on_the_command_line(run: Run) -> None:
    result = run(
        "aws_sqs",
        "send_message",
        "--queue_url",
        URL,
        "--message_body",
        "New Queue Message",
        "--region",
        "us-west-2",
    )

    assert (result.code, result.err) == (0, "")
    data = ast.literal_eval(result.out)
    assert list(data) == ["MD5OfMessageBody", "MessageId", "ResponseMetadata"]
    assert data["MD5OfMessageBody"] == "0ff14a859b7243d32b52126afe82eb68"
    metadata = data["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (200, 0)
    assert metadata.keys() >= {"RequestId", "HTTPHeaders"}
    lines = result.out.splitlines()
    assert lines[0] == "{"
    assert re.fullmatch(r"  'MD5OfMessageBody': '[0-9a-f]{32}',", lines[1])
    assert re.fullmatch(r"  'MessageId': '[0-9a-f-]{36}',", lines[2])
    assert lines[3] == "  'ResponseMetadata': {"
    assert "    'HTTPStatusCode': 200," in lines
    assert "    'HTTPHeaders': {" in lines
    assert lines[-2:] == ["  }", "}"]


def test_send_message_batch() -> None:
    from philo_aws.sqs import receive_message, send_message_batch

    url = URL
    region = "us-west-2"
    message_batch = [
        {"Id": "1", "MessageBody": "Test Message One"},
        {"Id": "2", "MessageBody": "Test Message Two"},
    ]

    data = send_message_batch(queue_url=url, entries=message_batch, region=region)

    assert [entry["Id"] for entry in data["Successful"]] == ["1", "2"]
    assert len(receive_message(url, 10, region)["Messages"]) == 2


def test_receive_message(capsys: pytest.CaptureFixture[str]) -> None:
    from philo_aws.sqs import receive_message, send_message

    url = URL
    region_name = "us-west-2"
    send_message(url, "My new test message", region_name)

    retrieved_messages = receive_message(queue_url=url, region=region_name)
    print("Body of message retrieved :", retrieved_messages["Messages"][0]["Body"])  # noqa: T201

    assert capsys.readouterr().out == "Body of message retrieved : My new test message\n"


def test_receive_more_than_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    from philo_aws.sqs import receive_message, send_message

    url = URL
    region_name = "us-west-2"
    send_message(url, "Test Message One", region_name)
    send_message(url, "Test Message Two", region_name)

    retrieved_messages = receive_message(
        queue_url=url, region=region_name, max_number_of_messages=2
    )

    print("Messages : ")  # noqa: T201
    for message in retrieved_messages["Messages"]:
        print(message["Body"])  # noqa: T201

    assert capsys.readouterr().out == "Messages : \nTest Message One\nTest Message Two\n"


def test_list_queues(capsys: pytest.CaptureFixture[str]) -> None:
    from philo_aws.sqs import list_queues

    queues_by_region = list_queues()
    queue_url_list = queues_by_region["us-west-2"]["QueueUrls"]

    print("Queue URLs :")  # noqa: T201
    for queue_url in queue_url_list:
        print(queue_url)  # noqa: T201

    heading, *urls = capsys.readouterr().out.splitlines()
    assert heading == "Queue URLs :"
    assert sum(url.endswith("/new_test_queue") for url in urls) == 1


def test_list_queues_on_the_command_line(aws: LocalAWS, run: Run, settings: Settings) -> None:
    # The reference's queues are on AWS's hosts, which no local server puts into its URLs.
    urls = [
        f"https://us-west-2.queue.amazonaws.com/{ACCOUNT}/{name}"
        for name in ("test_queue", "new_test_queue", "my-priority-list")
    ]
    with proxies.running(aws.endpoint_url) as proxy:
        proxy.behaviour = lambda call, forward: (
            Reply(200, {"QueueUrls": urls if call.region == "us-west-2" else []})
            if call.action == "ListQueues"
            else forward()
        )
        settings.AWS = {**settings.AWS, "endpoint_url": proxy.endpoint_url}

        result = run("aws_sqs", "list_queues")

    assert (result.code, result.err) == (0, "")
    # The reference's rows were edited after they were printed; the form is prettytable's.
    assert result.out == (
        "+---------------------------------------------------------------------+-----------+\n"
        "|                              Queue Url                              |   Region  |\n"
        "+---------------------------------------------------------------------+-----------+\n"
        "|    https://us-west-2.queue.amazonaws.com/523525905522/test_queue    | us-west-2 |\n"
        "|  https://us-west-2.queue.amazonaws.com/523525905522/new_test_queue  | us-west-2 |\n"
        "| https://us-west-2.queue.amazonaws.com/523525905522/my-priority-list | us-west-2 |\n"
        "+---------------------------------------------------------------------+-----------+\n"
    )


def test_create_queue() -> None:
    from philo_aws.sqs import create_queue, receive_message, send_message

    region_name = "us-west-2"
    new_queue = create_queue("my_test_queue", region_name)
    sqs_url = new_queue["QueueUrl"]

    data = send_message(sqs_url, "Queue_item 1", region_name)

    assert data["MessageId"]
    assert receive_message(sqs_url, 1, region_name)["Messages"][0]["Body"] == "Queue_item 1"


def test_purge_queue() -> None:
    from philo_aws.sqs import purge_queue, receive_message, send_message

    sqs_url = f"https://us-west-2.queue.amazonaws.com/{ACCOUNT}/existing_sqs_queue"
    region_name = "us-west-2"
    send_message(sqs_url, "to be purged", region_name)
    purge_queue(queue_url=sqs_url, region=region_name)

    assert receive_message(sqs_url)["Messages"] == []


def test_delete_queue() -> None:
    from philo_aws.exceptions import QueueNotFoundError
    from philo_aws.sqs import delete_queue, receive_message

    sqs_url = f"https://us-west-2.queue.amazonaws.com/{ACCOUNT}/existing_sqs_queue"
    region_name = "us-west-2"
    delete_queue(queue_url=sqs_url, region=region_name)

    with pytest.raises(QueueNotFoundError):
        receive_message(sqs_url)
