from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
from pytest_django import Settings

from philo_aws.exceptions import NotSupportedError, QueueNotFoundError
from philo_aws.sqs.directory import QueueName
from philo_aws.sqs.figures import (
    figures_of,
    oldest_message_age,
    read_figures,
    redrive_policy_of,
)
from tests.servers import LocalAWS


def queue(url: str, region: str = "us-east-1") -> QueueName:
    return QueueName(region=region, name=url.rpartition("/")[2])


def test_available_in_flight_and_delayed(aws: LocalAWS, queue_url: str) -> None:
    client = aws.client("sqs")
    for body in "abc":
        client.send_message(QueueUrl=queue_url, MessageBody=body)
    client.send_message(QueueUrl=queue_url, MessageBody="later", DelaySeconds=600)
    client.receive_message(QueueUrl=queue_url)

    found = read_figures(queue(queue_url))

    assert (found.available, found.in_flight, found.delayed) == (2, 1, 1)
    assert found.dead_letter_queue is None


def test_the_dead_letter_queue(aws: LocalAWS, make_queue: Callable[..., str]) -> None:
    dead = make_queue()
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "4"})

    assert read_figures(queue(make_queue(RedrivePolicy=policy))).dead_letter_queue == queue(dead)


def test_a_queue_that_is_gone(aws: LocalAWS) -> None:
    with pytest.raises(QueueNotFoundError):
        read_figures(QueueName(region="us-east-1", name="gone"))


@pytest.mark.parametrize(
    "policy", ["", "{", "[]", "null", "1", '{"deadLetterTargetArn": "a"}', '{"maxReceiveCount": 1}']
)
def test_a_policy_that_cannot_be_read_is_none(policy: str) -> None:
    assert redrive_policy_of({"RedrivePolicy": policy}) is None


def test_figures_that_are_no_numbers_are_none() -> None:
    assert figures_of({"ApproximateNumberOfMessages": "many"}).available == 0


class TestAge:
    def test_is_what_cloudwatch_measured_last(self, aws: LocalAWS, queue_url: str) -> None:
        assert oldest_message_age(queue(queue_url)) is None

        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        for minutes, value in ((5, 10.0), (2, 70.0)):
            aws.client("cloudwatch").put_metric_data(
                Namespace="AWS/SQS",
                MetricData=[
                    {
                        "MetricName": "ApproximateAgeOfOldestMessage",
                        "Dimensions": [{"Name": "QueueName", "Value": queue(queue_url).name}],
                        "Timestamp": now - dt.timedelta(minutes=minutes),
                        "Value": value,
                    }
                ],
            )

        found = oldest_message_age(queue(queue_url))
        assert found is not None
        assert found.seconds == 70
        assert now - dt.timedelta(minutes=4) < found.measured < now

    def test_with_an_endpoint_for_sqs_alone(
        self, aws: LocalAWS, settings: Settings, queue_url: str
    ) -> None:
        settings.AWS = {**settings.AWS, "endpoint_url": {"sqs": aws.endpoint_url}}
        with pytest.raises(NotSupportedError, match="CloudWatch has none"):
            oldest_message_age(queue(queue_url))
