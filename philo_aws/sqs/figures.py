"""The figures of a queue: messages that wait, are in flight or delayed, and how old they are."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from ..aws_errors import translated
from ..clients import get_client, has_own_endpoint
from ..conf import Purpose
from ..exceptions import NotSupportedError
from ..sentences import Sentence
from .directory import QueueName, queue_of_arn, queue_url
from .queues import get_queue_attributes

ATTRIBUTES = (
    "QueueArn",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "RedrivePolicy",
)
AGE_WINDOW = dt.timedelta(minutes=15)
"""How far back CloudWatch is asked; it keeps no figures of a queue that is idle for six hours."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What SQS says of a queue right now; approximate, by its own word."""

    available: int
    """Messages that can be received."""
    in_flight: int
    """Messages received and not deleted yet."""
    delayed: int
    """Messages that cannot be received yet."""
    dead_letter_queue: QueueName | None = None
    """Where its failed messages go, when that is a queue of the same account."""


@dataclass(frozen=True, kw_only=True)
class RedrivePolicy:
    """When and where failed messages go."""

    target_arn: str
    """The ARN of the dead-letter queue."""
    max_receive_count: int
    """Receives after which a message goes there."""


@dataclass(frozen=True, kw_only=True)
class Age:
    """The age of the oldest message, as CloudWatch last measured it."""

    seconds: int
    """How old it was."""
    measured: dt.datetime
    """When that was, in UTC."""


def read_figures(queue: QueueName, *, purpose: Purpose = "commands") -> Figures:
    """Return the figures of one queue, by one call (two for the first queue of a region)."""
    url = queue_url(queue, purpose=purpose)
    answer = get_queue_attributes(url, queue.region, attribute_names=ATTRIBUTES, purpose=purpose)
    return figures_of(answer["Attributes"])


def figures_of(attributes: Mapping[Any, str]) -> Figures:
    """Return the figures among the attributes of a queue."""
    policy = redrive_policy_of(attributes)
    own_arn = attributes.get("QueueArn", "")
    return Figures(
        available=_number(attributes, "ApproximateNumberOfMessages"),
        in_flight=_number(attributes, "ApproximateNumberOfMessagesNotVisible"),
        delayed=_number(attributes, "ApproximateNumberOfMessagesDelayed"),
        dead_letter_queue=queue_of_arn(policy.target_arn, own_arn) if policy else None,
    )


def redrive_policy_of(attributes: Mapping[Any, str]) -> RedrivePolicy | None:
    """Return the redrive policy among the attributes of a queue, if it has one that can be read."""
    try:
        policy = json.loads(attributes.get("RedrivePolicy") or "null")
        return RedrivePolicy(
            target_arn=str(policy["deadLetterTargetArn"]),
            max_receive_count=int(policy["maxReceiveCount"]),
        )
    except (ValueError, TypeError, KeyError):
        return None


def oldest_message_age(queue: QueueName, *, purpose: Purpose = "commands") -> Age | None:
    """Return the age of the oldest message, or ``None`` when there is no recent measurement.

    SQS itself does not tell it, CloudWatch does, some minutes late; it needs the permission
    ``cloudwatch:GetMetricStatistics``. Raises :exc:`~philo_aws.exceptions.NotSupportedError` where
    SQS has an endpoint of its own and CloudWatch has none.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    if has_own_endpoint("sqs") and not has_own_endpoint("cloudwatch"):
        raise NotSupportedError(
            Sentence(gettext_noop("SQS has an endpoint of its own, and CloudWatch has none."))
        )
    with translated(queue=queue.name, region=queue.region):
        client: Any = get_client("cloudwatch", queue.region, purpose=purpose)  # type: ignore[call-overload]
        now = dt.datetime.now(dt.UTC)
        answer = client.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": queue.name}],
            StartTime=now - AGE_WINDOW,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
    points = answer.get("Datapoints", [])
    if not points:
        return None
    latest = max(points, key=lambda point: point["Timestamp"])
    return Age(seconds=int(latest["Maximum"]), measured=latest["Timestamp"])


def _number(attributes: Mapping[Any, str], name: str) -> int:
    try:
        return int(attributes.get(name, 0))
    except ValueError:
        return 0
