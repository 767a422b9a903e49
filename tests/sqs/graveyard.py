"""A queue with its dead-letter queue, and messages that failed in it, made as a consumer does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from philo_aws import sqs
from philo_aws.sqs.consumer.message import Message
from philo_aws.sqs.consumer.parking import park
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.settling import reason_of
from philo_aws.sqs.consumer.source import Source
from tests.servers import LocalAWS


def raised(error: Exception) -> Exception:
    """The error, with a traceback."""
    try:
        raise error  # noqa: TRY301
    except Exception as caught:  # noqa: BLE001 - whatever the test gives
        return caught


def _handle(message: Message) -> None:
    pass


@dataclass(frozen=True)
class Graveyard:
    """The two queues."""

    aws: LocalAWS
    url: str
    dead: str

    @property
    def arn(self) -> str:
        return str(sqs.get_queue_attributes(self.url)["Attributes"]["QueueArn"])

    def park(
        self,
        body: str,
        error: Exception | None = None,
        *,
        attributes: Mapping[str, Any] | None = None,
        group: str | None = None,
        source: str | None = None,
    ) -> None:
        """Put a message into the dead-letter queue as the consumer does."""
        origin = Source(Handler(queue=self.url, function=_handle))
        origin.arn = self.arn if source is None else source
        system = {"ApproximateReceiveCount": "3"}
        raw = {
            "MessageId": str(uuid.uuid4()),
            "ReceiptHandle": "none",
            "Body": body,
            "MessageAttributes": attributes or {},
            "Attributes": system | ({"MessageGroupId": group} if group else {}),
        }
        message = Message(origin, raw, begun=0, lease=30)
        failure = raised(error or ValueError("no such order"))
        park(message, self.dead, failure, reason_of(failure))

    def park_many(self, number: int) -> None:
        """The same of many, with less about each."""
        reason = {"DataType": "String", "StringValue": "ValueError: no such order"}
        attributes = {
            "philo.error": reason,
            "philo.source": {"DataType": "String", "StringValue": self.arn},
        }
        sqs.send_message_batch(
            self.dead,
            [
                {"MessageBody": f"message {place}", "MessageAttributes": attributes}
                for place in range(number)
            ],
        )

    def counts(self) -> tuple[int, int]:
        """The messages in the dead-letter queue that can be received, and those hidden."""
        found = sqs.get_queue_attributes(self.dead)["Attributes"]
        return (
            int(found["ApproximateNumberOfMessages"]),
            int(found["ApproximateNumberOfMessagesNotVisible"]),
        )

    def take(self, url: str = "") -> list[dict[str, Any]]:
        """All messages of the queue, which is empty then."""
        found: list[dict[str, Any]] = []
        while got := sqs.receive_message(url or self.url, 10)["Messages"]:
            for message in got:
                sqs.delete_message(url or self.url, message["ReceiptHandle"])
            found += got
        return found

    def bodies(self, url: str = "") -> list[str]:
        return sorted(message["Body"] for message in self.take(url))


def dig(aws: LocalAWS, *, fifo: bool = False) -> Graveyard:
    """A queue and its dead-letter queue; SQS would move what was received five times."""
    options = {"FifoQueue": "true"} if fifo else {}
    dead = aws.make_queue(**options)
    arn = sqs.get_queue_attributes(dead)["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    return Graveyard(aws, aws.make_queue(**options, RedrivePolicy=policy), dead)
