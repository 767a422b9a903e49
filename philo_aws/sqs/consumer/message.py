"""A message as a handler gets it, and as the consumer holds it."""

from __future__ import annotations

import datetime
import functools
import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from .outcomes import Reject

if TYPE_CHECKING:
    from .source import Source

State = Literal["waiting", "running", "settling", "gone"]
"""Where a message is: held for a thread, with its handler, with an answer to SQS due, or let go."""


class Message:
    """A message that was received; a handler gets it, and need not say what became of it.

    It is deleted when the handler returns. Its lease is renewed as long as the handler runs.
    """

    def __init__(self, source: Source, raw: Mapping[str, Any], *, begun: float, lease: float):
        """``begun`` is when the receive began, by the monotonic clock, ``lease`` its seconds."""
        self.source = source
        """The queue it came from, and what handles it."""
        self.raw = raw
        """boto's dict."""
        self.lease = lease
        """Seconds of a lease."""
        self.received_at = begun
        """When it was received, by the monotonic clock."""
        self.deadline = begun + lease
        """Until when it is hidden from others, by the monotonic clock."""
        self.state: State = "waiting"
        self.max_attempts: int | None = None
        """Receives after which a failure of this one is the last; ``None`` means its queue's."""
        self.delay: float | None = None
        """Seconds until it comes again if it fails; ``None`` means the backoff's."""
        self.renewals: list[Callable[[], object]] = []
        """Called each time when the lease was renewed."""
        self.is_duplicate = False
        """Whether its work was found done already."""
        self.is_at_its_end = False
        """Whether SQS will not hide it any longer."""
        self.lost = threading.Event()
        """Set when the lease was lost: another consumer may have the message by now."""

    def __repr__(self) -> str:
        return f"<Message {self.id} of {self.queue}>"

    @property
    def id(self) -> str:
        """SQS's id of it, the same at each receive."""
        return str(self.raw.get("MessageId", ""))

    @property
    def queue(self) -> str:
        """The queue's name or URL, as the handler names it."""
        return self.source.name

    @property
    def receipt_handle(self) -> str:
        """What SQS knows this receive by."""
        return str(self.raw["ReceiptHandle"])

    @property
    def body(self) -> str:
        """The text that was sent."""
        return str(self.raw["Body"])

    def json(self) -> Any:
        """Return the body read as JSON.

        Raises :exc:`~philo_aws.sqs.consumer.Reject` for another text: it would fail each time.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Reject(f"The body is no JSON: {error}") from error

    @functools.cached_property
    def attributes(self) -> dict[str, str | bytes | int | float | Decimal]:
        """The message attributes as plain values; numbers that a float would change are decimal."""
        given = self.raw.get("MessageAttributes") or {}
        return {name: _plain(value) for name, value in given.items()}

    @property
    def system_attributes(self) -> Mapping[str, str]:
        """What SQS says of the message, by its names (``SentTimestamp``, …)."""
        found: Mapping[str, str] = self.raw.get("Attributes") or {}
        return found

    @property
    def attempt(self) -> int:
        """How often it was received, this time included: 1 at first.

        A receive counts also where its handler never ran.
        """
        count = self.system_attributes.get("ApproximateReceiveCount", "1")
        return int(count) if count.isascii() and count.isdigit() else 1

    @property
    def is_last_attempt(self) -> bool:
        """Whether it will not be tried again if it fails now."""
        most, of_queue = self.max_attempts or self.source.max_attempts, self.source.max_receives
        # SQS itself moves it away where it was received as often as its queue allows.
        return any(0 < limit <= self.attempt for limit in (most, of_queue))

    @property
    def group(self) -> str | None:
        """The message group."""
        return self.system_attributes.get("MessageGroupId")

    @property
    def deduplication_id(self) -> str | None:
        """The deduplication id of a FIFO queue's message."""
        return self.system_attributes.get("MessageDeduplicationId")

    @property
    def sent_at(self) -> datetime.datetime | None:
        """When it was sent, in UTC."""
        stamp = self.system_attributes.get("SentTimestamp", "")
        if not (stamp.isascii() and stamp.isdigit()):
            return None
        return datetime.datetime.fromtimestamp(int(stamp) / 1000, datetime.UTC)

    @property
    def trace(self) -> dict[str, str]:
        """The headers of a distributed trace that came with it: ``traceparent``, X-Ray's."""
        found = {}
        if header := self.system_attributes.get("AWSTraceHeader"):
            found["AWSTraceHeader"] = header
        parent = self.attributes.get("traceparent")
        if isinstance(parent, str):
            found["traceparent"] = parent
        return found


def _plain(value: Mapping[str, Any]) -> str | bytes | int | float | Decimal:
    kind = str(value.get("DataType", "String")).partition(".")[0]
    if kind == "Binary":
        return bytes(value.get("BinaryValue", b""))
    text = str(value.get("StringValue", ""))
    if kind != "Number":
        return text
    for make in (int, float):
        try:
            made: int | float = make(text)
        except ValueError:
            continue
        if Decimal(repr(made)) == Decimal(text):
            return made
    try:
        return Decimal(text)
    except ArithmeticError:
        return text
