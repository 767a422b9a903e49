"""More messages than one request brings."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings
from ..conf import Purpose, get_config
from ..exceptions import AWSError, IncompleteError, ServiceError, UsageError
from ..limits import MAX_VISIBILITY_TIMEOUT, MAX_WAIT_TIME
from ..patience import failures_noted
from ..sentences import Sentence
from .channel import Channel, Received
from .crew import MOST, Crew
from .limits import MAX_BATCH_ENTRIES, check_number
from .urls import parse_queue_url

MAX_IN_FLIGHT = 120_000
"""Messages of a queue that may be in flight at once.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""
EMPTY_ANSWERS = 3
"""Answers in a row without a message that say that there are none; where SQS did not wait for some,
it asks a part of its servers only. One that did wait is enough."""
WAITED = 0.9
"""Seconds that an answer took of which SQS waited."""


def receive_messages(
    queue_url: str,
    max_messages: int,
    region: str | None = None,
    *,
    wait_time_seconds: int | None = None,
    visibility_timeout: int | None = None,
    message_attribute_names: Sequence[str] = ("All",),
    message_system_attribute_names: Sequence[str] = ("All",),
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Receive up to ``max_messages``, 1 to 120,000, by as many requests as that takes.

    Requests go side by side as long as they come back full, those to a FIFO queue one after the
    other: it gives no more of a group of which messages are in flight. It ends with
    ``max_messages``, or once SQS has no more to give: after a request that waited
    ``wait_time_seconds`` (0 to 20, by default the queue's own) in vain, or three that did not wait.
    What is returned is as for :func:`~philo_aws.sqs.receive_message`. The messages are hidden from
    when they came, not from when this returns: ``visibility_timeout`` (0 to 43,200 seconds, by
    default the queue's own) has to be enough for all of them.

    Raises :exc:`~philo_aws.exceptions.UsageError` for numbers outside these limits, or a wait
    longer than the read timeout of the settings; any :exc:`~philo_aws.exceptions.AWSError` that
    stops the first request; and :exc:`~philo_aws.exceptions.IncompleteError`, with the answer so
    far as its ``result``, where one stops a later request.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    """
    answer: dict[str, Any] = {"Messages": []}
    damaged: list[dict[str, Any]] = []
    fault: ServiceError | None = None
    try:
        for received in received_by_requests(
            queue_url,
            max_messages,
            region,
            wait_time_seconds=wait_time_seconds,
            visibility_timeout=visibility_timeout,
            message_attribute_names=message_attribute_names,
            message_system_attribute_names=message_system_attribute_names,
            purpose=purpose,
        ):
            answer["Messages"] += received.messages
            damaged += received.damaged
            fault = received.fault or fault
            answer["ResponseMetadata"] = dict(received.metadata)
    except AWSError as error:
        if not answer["Messages"]:
            raise
        raise IncompleteError(
            Sentence(
                gettext_noop("{error} {count:,} messages had been received before."),
                error=error.message,
                count=len(answer["Messages"]),
            ),
            result={**answer, **({"Failed": damaged} if damaged else {})},
            code=error.code,
        ) from error
    if fault and not answer["Messages"]:
        raise all_damaged(fault)
    return {**answer, **({"Failed": damaged} if damaged else {})}


def received_by_requests(
    queue_url: str,
    max_messages: int,
    region: str | None = None,
    *,
    wait_time_seconds: int | None = None,
    visibility_timeout: int | None = None,
    message_attribute_names: Sequence[str] = ("All",),
    message_system_attribute_names: Sequence[str] = ("All",),
    purpose: Purpose = "commands",
) -> Generator[Received, None, None]:
    """Receive as :func:`receive_messages` does, yielding what each request brings.

    Where a request fails, what the others bring comes first, then the error is raised.
    """
    check_number("max_messages", max_messages, 1, MAX_IN_FLIGHT, gettext_noop("messages"))
    check_visibility(visibility_timeout)
    wait = wait_for(wait_time_seconds, purpose)
    of_users = list_of_strings("message_attribute_names", message_attribute_names)
    of_system = list_of_strings("message_system_attribute_names", message_system_attribute_names)
    channel = Channel(queue_url, region, purpose)

    def receive(most: int, failures: list[AWSError]) -> Received | AWSError:
        with failures_noted() as noted:
            try:
                return channel.receive(
                    most,
                    wait=wait,
                    visibility=visibility_timeout,
                    attribute_names=of_users,
                    system_attribute_names=of_system,
                )
            except AWSError as error:
                return error
            finally:
                failures += noted

    # Of a FIFO group of which messages are in flight there are no more: others would ask in vain.
    most = 1 if parse_queue_url(queue_url).is_fifo else MOST
    return _Receiver(receive, max_messages, most).answers()


class _Receiver:
    """Requests side by side: one more for each that comes back full, one less for others."""

    def __init__(self, receive: Any, wanted: int, most: int) -> None:
        self._receive = receive
        self._most = most
        self._left = wanted
        self._at_once = 1
        self._empty = 0

    def answers(self) -> Generator[Received, None, None]:
        """Yield what each request brings."""
        stop: AWSError | None = None
        crew: Crew[int, Received | AWSError]
        with Crew(self._receive) as crew:
            while True:
                while (
                    self._left
                    and stop is None
                    and self._empty < EMPTY_ANSWERS
                    and crew.in_flight < self._at_once
                    and crew.has_room
                ):
                    most = min(self._left, MAX_BATCH_ENTRIES)
                    self._left -= most
                    crew.begin(most)
                if not crew.in_flight:
                    break
                for most, received in crew.ended(wait=True):
                    if isinstance(received, AWSError):
                        stop = stop or received
                        continue
                    self._note(most, received, crew.seconds)
                    yield received
        if stop is not None:
            raise stop

    def _note(self, most: int, received: Received, seconds: float) -> None:
        number = len(received.messages) + len(received.damaged)
        self._left += max(0, most - number)
        wished = self._at_once + (1 if number >= most else -1)
        self._at_once = min(max(1, wished), self._most)
        if number:
            self._empty = 0
        else:
            self._empty += EMPTY_ANSWERS if seconds >= WAITED else 1


def wait_for(seconds: int | None, purpose: Purpose) -> int | None:
    """Return the seconds to wait; ``None`` for the queue's own, where the client can bear them.

    Raises :exc:`~philo_aws.exceptions.UsageError` for more than it can, and for what is none of 0
    to 20.
    """
    patience = get_config().timeouts.for_purpose(purpose).read
    if seconds is None:
        # A queue may be set to make every receive wait; a client that gives up before would lose
        # the messages it was about to get until their visibility timeout ends.
        return None if patience > MAX_WAIT_TIME else 0
    check_number("wait_time_seconds", seconds, 0, MAX_WAIT_TIME, gettext_noop("seconds"))
    if seconds >= patience:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "wait_time_seconds is {seconds}, but the client gives up after "
                    "{patience:g} seconds of silence. Wait less, or raise "
                    'settings.AWS["timeouts"]["{purpose}"]["read"].'
                ),
                seconds=seconds,
                patience=patience,
                purpose=purpose,
            )
        )
    return seconds


def check_visibility(seconds: int | None) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless it is 0 to 43,200, or left out."""
    if seconds is not None:
        check_number(
            "visibility_timeout", seconds, 0, MAX_VISIBILITY_TIMEOUT, gettext_noop("seconds")
        )


def all_damaged(fault: ServiceError) -> ServiceError:
    """Return the error for messages all of which changed on the way, the last by ``fault``."""
    return ServiceError(
        Sentence(
            gettext_noop(
                "{fault} It stays in the queue, and comes again after its visibility timeout."
            ),
            fault=fault.message,
        ),
        code=fault.code,
        kind=fault.kind,
    )
