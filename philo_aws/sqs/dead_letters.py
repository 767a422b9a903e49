"""Dead letters: what is in a dead-letter queue, with the reason where a consumer parked it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import whole_number
from ..conf import Purpose
from ..exceptions import InvalidRequestError
from ..sentences import Sentence
from .attributes import check_attribute
from .consumer import parking
from .holding import Holding


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A message that failed for good."""

    id: str
    """SQS's id of it in this queue."""
    body: str
    """The text that was sent."""
    is_parked: bool
    """Whether a consumer put it here; else SQS did, which gives no reason."""
    error: str
    """Why it failed: the class of the error and what it says; empty where nobody said."""
    traceback: str
    """Where it failed, at most the last 4 KiB; empty where nobody said."""
    attempts: int | None
    """How often its queue gave it out; ``None`` where nobody said."""
    source: str
    """The queue it failed in: an ARN, a URL or a name; empty where that is not known."""
    worker: str
    """The host and the process of the consumer."""
    failed_at: dt.datetime | None
    """When it was parked, in UTC."""
    sent_at: dt.datetime | None
    """When it was sent, in UTC: to its own queue, or of a parked one to this."""
    group: str | None
    """The message group."""
    attributes: Mapping[str, Mapping[str, Any]]
    """The attributes it was sent with, in boto's form."""
    fault: InvalidRequestError | None
    """Why those cannot be told."""
    raw: Mapping[str, Any] = field(repr=False)
    """boto's dict."""

    @property
    def error_class(self) -> str:
        """The class of the error, without its modules."""
        return self.error.partition(":")[0].strip()

    @property
    def task(self) -> str:
        """The path of the task that it is of; empty where the body is no envelope of a task."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        task = found.get("task") if isinstance(found, dict) else None
        return task if isinstance(task, str) else ""

    @property
    def since(self) -> dt.datetime | None:
        """Since when it is dead, or, where nobody said, when it was sent."""
        return self.failed_at or self.sent_at


def read_dead_letters(
    queue_url: str,
    region: str | None = None,
    *,
    most: int | None = None,
    on_hidden: Callable[[int], None] | None = None,
    purpose: Purpose = "commands",
) -> Generator[DeadLetter, None, None]:
    """Yield the messages of a dead-letter queue, all or the first ``most`` that come.

    Each is hidden from others until the generator ends or is closed, then all come back at once;
    their receive counts have risen by one. Of a FIFO queue that are, of each message group, those
    that SQS gives out in one receive. ``on_hidden`` is called at the end with the number of
    messages that SQS did not take back, if any: they come within minutes by themselves.

    Raises any :exc:`~philo_aws.exceptions.AWSError`.
    """
    if most is not None:
        whole_number("most", most, 1)
    holding = Holding(queue_url, region, purpose)
    try:
        while most is None or holding.held < most:
            messages = holding.receive(10 if most is None else most - holding.held)
            for raw in messages:
                holding.hold(raw)
            if not messages:
                return
            for raw in messages:
                yield decoded(raw)
    finally:
        hidden = holding.give_back()
        if hidden and on_hidden:
            on_hidden(hidden)


def decoded(raw: Mapping[str, Any]) -> DeadLetter:
    """Return what a message of a dead-letter queue tells; never raises for what it holds."""
    given: Mapping[str, Mapping[str, Any]] = raw.get("MessageAttributes") or {}
    system: Mapping[str, str] = raw.get("Attributes") or {}
    is_parked = bool(_text(given, parking.ERROR) or _text(given, parking.SOURCE))
    attempts = _text(given, parking.ATTEMPTS)
    fault = None
    attributes: Mapping[str, Mapping[str, Any]] = {}
    try:
        attributes = own_attributes(given) if is_parked else as_sent(given)
    except InvalidRequestError as error:
        fault = error
    return DeadLetter(
        id=str(raw.get("MessageId", "")),
        body=str(raw.get("Body", "")),
        is_parked=is_parked,
        error=_text(given, parking.ERROR),
        traceback=_text(given, parking.TRACEBACK),
        attempts=int(attempts) if attempts.isascii() and attempts.isdigit() else None,
        source=_text(given, parking.SOURCE) or system.get("DeadLetterQueueSourceArn", ""),
        worker=_text(given, parking.WORKER),
        failed_at=_time(_text(given, parking.FAILED_AT)),
        sent_at=_moment(system.get("SentTimestamp", "")),
        group=system.get("MessageGroupId"),
        attributes=attributes,
        fault=fault,
        raw=raw,
    )


def own_attributes(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the attributes that a parked message had before, checked as SQS would.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` where they cannot be told, as where
    somebody else wrote into them.
    """
    packed = given.get(parking.ORIGINAL)
    try:
        if packed is not None:
            # Else what cannot be read would be none.
            dict(json.loads(packed["StringValue"]))
        found: dict[str, dict[str, Any]] = parking.original_attributes(given)
        for name, value in found.items():
            check_attribute(name, value)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise InvalidRequestError(
            Sentence(
                gettext_noop(
                    "The attributes that the message had before it was parked cannot be read."
                )
            )
        ) from error
    return found


def as_sent(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the attributes of a message as they are given to be sent.

    What was received may hold empty lists besides.
    """
    kept = ("DataType", "StringValue", "BinaryValue")
    return {
        name: {key: value[key] for key in kept if value.get(key) is not None}
        for name, value in given.items()
    }


def _text(given: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(given.get(name, {}).get("StringValue") or "")


def _time(text: str) -> dt.datetime | None:
    with contextlib.suppress(ValueError, OverflowError):
        found = dt.datetime.fromisoformat(text)
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return None


def _moment(stamp: str) -> dt.datetime | None:
    if not (stamp.isascii() and stamp.isdigit()):
        return None
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return dt.datetime.fromtimestamp(int(stamp) / 1000, dt.UTC)
    return None
