"""A queue that is consumed: where it is, what is known of it, and how polling it goes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from ...conf import Purpose, get_config
from ...exceptions import AWSError
from ..channel import Channel
from ..queues import get_queue_attributes, get_queue_url
from ..urls import is_queue_name, parse_queue_url
from .registry import Handler


class Source:
    """One queue with its handler."""

    def __init__(
        self, handler: Handler, dead_letter: str | None = None, max_attempts: int = 0
    ) -> None:
        """``dead_letter`` is the queue for what fails for good where this one names none.

        ``max_attempts`` are those of handlers that do not say it, 0 where the queue says it.
        """
        self.handler = handler
        """What handles its messages."""
        self.name = handler.queue
        """The queue's name or URL, as the handler has it."""
        self.is_fifo = handler.queue.endswith(".fifo")
        """Whether it keeps the order."""
        self.max_attempts = handler.max_attempts or max_attempts
        """Receives after which a failure is the last; 0 where the queue says it."""
        self.arn = ""
        """Its ARN, once known."""
        self.max_receives = 0
        """Receives after which SQS itself moves a message away; 0 where that is not known."""
        self.answered_at = time.monotonic()
        """When a receive was last answered."""
        self.failures = 0
        """Receives in a row that failed."""
        self.fault = ""
        """Why the last one did."""
        self._dead_letter = dead_letter
        self._dead_letter_url: str | None = None
        self._url = ""
        self._channels: dict[Purpose, Channel] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The queue's URL; of a name it is asked for once, and again after :meth:`forget_url`.

        Raises :exc:`~philo_aws.exceptions.AWSError`.
        """
        with self._lock:
            if not self._url:
                self._url = url_of(self.name, self.handler.region)
            return self._url

    def forget_url(self) -> None:
        """Have the URL looked up again: the queue is gone, or not the identity's any more."""
        with self._lock:
            self._url = ""
            self._channels.clear()

    def channel(self, purpose: Purpose) -> Channel:
        """Return what sends its requests: ``poll`` and ``ack`` have connections of their own.

        Else receives that rest would leave none for answers that are due. Raises
        :exc:`~philo_aws.exceptions.AWSError`.
        """
        made = self._channels.get(purpose)
        if made is None:
            made = self._channels[purpose] = Channel(self.url, self.handler.region, purpose)
        return made

    @property
    def region(self) -> str | None:
        """The region that it is asked in."""
        return self.handler.region or parse_queue_url(self.url).region

    def answered(self) -> None:
        """Note that a receive was answered."""
        self.answered_at = time.monotonic()
        self.failures, self.fault = 0, ""

    def failed(self, fault: str) -> int:
        """Note that a receive failed, and return how many in a row did."""
        self.failures += 1
        self.fault = fault
        return self.failures

    def learn(self) -> dict[str, str]:
        """Ask for the queue's attributes, keep what matters, and return them.

        Raises :exc:`~philo_aws.exceptions.AWSError`.
        """
        answer = get_queue_attributes(self.url, region=self.handler.region, purpose="ack")
        found: dict[str, str] = answer["Attributes"]
        self.arn = found.get("QueueArn", "")
        policy = redrive_policy(found)
        self.max_receives = int(policy.get("maxReceiveCount") or 0)
        target = str(policy.get("deadLetterTargetArn") or "")
        name = target.rpartition(":")[2]
        if name and target.rpartition(":")[0] == self.arn.rpartition(":")[0]:
            self._dead_letter_url = self.url.rpartition("/")[0] + "/" + name
        return found

    def dead_letter_url(self) -> str | None:
        """Return the URL of the queue for what failed for good, ``None`` where there is none.

        It is the one that the queue's redrive policy names, else that of the settings. Raises
        :exc:`~philo_aws.exceptions.AWSError` where that cannot be found.
        """
        if self._dead_letter_url is None and self._dead_letter:
            self._dead_letter_url = url_of(self._dead_letter, self.handler.region)
        return self._dead_letter_url


def url_of(queue: str, region: str | None = None) -> str:
    """Return the URL of a queue given by URL or name: ``AWS["queues"]``'s, else as SQS says.

    Raises :exc:`~philo_aws.exceptions.AWSError`.
    """
    if not is_queue_name(queue):
        return parse_queue_url(queue).url
    for entry in get_config().queues:
        if not is_queue_name(entry):
            try:
                known = parse_queue_url(entry)
            except AWSError:
                continue
            if known.name == queue and region in (None, known.region):
                return entry
    return str(get_queue_url(queue, region, purpose="ack")["QueueUrl"])


def redrive_policy(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Return the redrive policy among a queue's attributes; empty where there is none."""
    try:
        found = json.loads(attributes.get("RedrivePolicy", "") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
