from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.exceptions import (
    ConflictError,
    InvalidRequestError,
    QueueNotFoundError,
    UsageError,
)
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy

# What a type checker would not let through.
any_sqs: Any = sqs


@pytest.fixture
def name() -> str:
    return f"q-{uuid.uuid4().hex}"


class TestCreateQueue:
    def test_in_a_region(self, aws: LocalAWS, name: str) -> None:
        queue_url = sqs.create_queue(name, "us-west-2")["QueueUrl"]

        assert aws.client("sqs", "us-west-2").get_queue_url(QueueName=name)["QueueUrl"] == queue_url
        with pytest.raises(QueueNotFoundError):
            sqs.get_queue_url(name)

    def test_fifo_by_its_name(self, aws: LocalAWS, name: str) -> None:
        queue_url = sqs.create_queue(f"{name}.fifo")["QueueUrl"]

        assert sqs.get_queue_attributes(queue_url)["Attributes"]["FifoQueue"] == "true"

    def test_attributes_of_any_type_and_tags(self, aws: LocalAWS, name: str) -> None:
        dead = sqs.create_queue(f"{name}-dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(dead)["Attributes"]["QueueArn"]
        policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 3}

        queue_url = sqs.create_queue(
            name,
            attributes={"VisibilityTimeout": 77, "RedrivePolicy": policy},
            tags={"team": "a"},
        )["QueueUrl"]

        attributes = sqs.get_queue_attributes(queue_url)["Attributes"]
        assert attributes["VisibilityTimeout"] == "77"
        assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == arn
        assert aws.client("sqs").list_queue_tags(QueueUrl=queue_url)["Tags"] == {"team": "a"}

    def test_again_with_the_same_attributes_gives_the_same(self, aws: LocalAWS, name: str) -> None:
        assert sqs.create_queue(name)["QueueUrl"] == sqs.create_queue(name)["QueueUrl"]

    def test_again_with_others_is_a_conflict(self, aws: LocalAWS, name: str) -> None:
        sqs.create_queue(name)

        with pytest.raises(ConflictError, match=f"The queue '{name}' exists with other attributes"):
            sqs.create_queue(name, attributes={"DelaySeconds": 9})

    @pytest.mark.parametrize("bad", ["", "a b", "x" * 81, "a.b", ".fifo", "a/b", None])
    def test_names_that_cannot_be(self, proxy: Proxy, bad: str) -> None:
        with pytest.raises(InvalidRequestError, match="no possible queue name: 1 to 80 letters"):
            sqs.create_queue(bad)

        assert proxy.calls == []


class TestGetQueueUrl:
    def test_by_name(self, aws: LocalAWS, queue_url: str) -> None:
        found = sqs.get_queue_url(queue_url.rpartition("/")[2])

        assert found["QueueUrl"] == queue_url

    def test_missing(self, aws: LocalAWS, name: str) -> None:
        with pytest.raises(QueueNotFoundError, match=f"There is no queue '{name}'"):
            sqs.get_queue_url(name)

    def test_another_accounts(self, proxy: Proxy, name: str) -> None:
        with pytest.raises(QueueNotFoundError):
            sqs.get_queue_url(name, queue_owner_aws_account_id="123456789012")

        assert proxy.calls[0].body["QueueOwnerAWSAccountId"] == "123456789012"


class TestAttributes:
    def test_all_or_those_named(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message(queue_url, "x")

        everything = sqs.get_queue_attributes(queue_url)["Attributes"]
        one = sqs.get_queue_attributes(queue_url, attribute_names=["ApproximateNumberOfMessages"])[
            "Attributes"
        ]

        assert {"QueueArn", "VisibilityTimeout"} <= everything.keys()
        assert one == {"ApproximateNumberOfMessages": "1"}

    def test_are_set(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.set_queue_attributes(queue_url, {"DelaySeconds": 5, "VisibilityTimeout": "9"})

        attributes = sqs.get_queue_attributes(queue_url)["Attributes"]
        assert (attributes["DelaySeconds"], attributes["VisibilityTimeout"]) == ("5", "9")

    def test_fifo_queue_is_sent_only_where_sqs_takes_it(self, proxy: Proxy) -> None:
        names = [f"q-{uuid.uuid4().hex}{suffix}" for suffix in ("", ".fifo")]
        for name in names:
            fifo = name.endswith(".fifo")
            url = sqs.create_queue(name, attributes={"FifoQueue": fifo})["QueueUrl"]
            sqs.set_queue_attributes(url, {"FifoQueue": fifo, "DelaySeconds": 1})

        plain, ordered = proxy.actions("CreateQueue")
        assert plain.body["Attributes"] == {}
        assert ordered.body["Attributes"] == {"FifoQueue": "true"}
        assert [call.body["Attributes"] for call in proxy.actions("SetQueueAttributes")] == [
            {"DelaySeconds": "1"}
        ] * 2


class TestRefusedBeforeAnythingIsSent:
    @pytest.mark.parametrize(
        ("call", "problem"),
        [
            (
                lambda url: any_sqs.create_queue("q", attributes={"a": None}),
                "attribute 'a' is None",
            ),
            (lambda url: any_sqs.create_queue("q", attributes={"FifoQueue": True}), "FifoQueue is"),
            (lambda url: any_sqs.create_queue("q.fifo", attributes={"FifoQueue": "false"}), "Fifo"),
            (lambda url: any_sqs.create_queue("q", attributes=[("a", "b")]), "no dict"),
            (lambda url: any_sqs.create_queue("q", tags={"a": 1}), "The tag 'a' is 1"),
            (lambda url: any_sqs.create_queue(5), "no possible queue name"),
            (lambda url: any_sqs.get_queue_url("q", queue_owner_aws_account_id=1), "12 digits"),
            (lambda url: any_sqs.get_queue_url("q", queue_owner_aws_account_id=""), "12 digits"),
            (lambda url: any_sqs.get_queue_attributes(url, attribute_names="All"), "Give a list"),
            (lambda url: any_sqs.set_queue_attributes(url, {}), "no attribute to set"),
            (lambda url: any_sqs.set_queue_attributes(url, {"FifoQueue": False}), "no attribute"),
            (lambda url: any_sqs.set_queue_attributes(url, None), "no attribute to set"),
        ],
    )
    def test_is_what_sqs_would_not_take(
        self, proxy: Proxy, queue_url: str, call: Callable[[str], object], problem: str
    ) -> None:
        with pytest.raises(UsageError, match=problem):
            call(queue_url)

        assert proxy.calls == []


class TestPurgeQueue:
    def test_empties_it(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message(queue_url, "x")

        sqs.purge_queue(queue_url, "us-east-1")

        assert sqs.receive_message(queue_url)["Messages"] == []

    @pytest.mark.aws_servers("moto")
    def test_twice_in_a_minute(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.purge_queue(queue_url)

        with pytest.raises(ConflictError, match="purged less than 60 seconds ago"):
            sqs.purge_queue(queue_url)


class TestDeleteQueue:
    def test_is_gone(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.delete_queue(queue_url, "us-east-1")

        with pytest.raises(QueueNotFoundError):
            sqs.receive_message(queue_url)

    @pytest.mark.parametrize("function", [sqs.delete_queue, sqs.purge_queue])
    def test_what_is_no_queue_url(self, proxy: Proxy, function: Callable[[str], object]) -> None:
        with pytest.raises(InvalidRequestError, match="'jobs' is no queue URL"):
            function("jobs")

        assert proxy.calls == []
