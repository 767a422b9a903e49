"""Single messages: send, receive, delete, hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings, some_text
from ..aws_errors import translated
from ..conf import Purpose
from ..exceptions import AWSError
from ..limits import MAX_VISIBILITY_TIMEOUT
from ..patience import failures_noted
from .access import queue_client
from .channel import Channel
from .limits import MAX_BATCH_ENTRIES, check_number
from .message import build
from .proof import fault_of_sent
from .receiving import all_damaged, check_visibility, wait_for
from .tries import MAX_UNPROVEN, Tries, may_have_arrived, unsure
from .urls import parse_queue_url


def send_message(
    queue_url: str,
    message_body: str,
    region: str | None = None,
    *,
    delay_seconds: int | None = None,
    message_attributes: Mapping[str, Any] | None = None,
    message_group_id: str | None = None,
    message_deduplication_id: str | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Send one message and return boto's dict (``MessageId``, ``MD5OfMessageBody``, …).

    ``message_body`` has 1 character to 1 MiB in UTF-8, its attributes counted.
    ``delay_seconds`` is 0 to 900, for standard queues only; ``message_attributes`` maps at most 10
    names to strings, numbers, bytes or boto's dicts; FIFO queues need a ``message_group_id``, and
    a ``message_deduplication_id`` unless they deduplicate by content. A standard queue may have a
    ``message_group_id`` too: it then keeps the backlog of one group from delaying the others.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html

    Raises :exc:`~philo_aws.exceptions.UsageError` before anything is sent for what SQS does not
    take, :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any other
    :exc:`~philo_aws.exceptions.AWSError`. The MD5 digests of the answer are compared; where they
    differ the message is sent once more, then :exc:`~philo_aws.exceptions.ServiceError` is raised.
    The sentence says so where the message may have arrived all the same, as after a network error;
    a FIFO queue recognises it when it is sent again with the same deduplication id.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    """
    request = build(
        message_body,
        fifo=parse_queue_url(queue_url).is_fifo,
        delay_seconds=delay_seconds,
        attributes=message_attributes,
        group_id=message_group_id,
        deduplication_id=message_deduplication_id,
    )
    with queue_client(queue_url, region, purpose) as client:

        def ask() -> Mapping[str, Any]:
            with translated(queue=queue_url):
                return client.send_message(QueueUrl=queue_url, **request)

        return _send(ask, request, Tries(purpose))


def send_by(channel: Channel, request: Mapping[str, Any], purpose: Purpose) -> dict[str, Any]:
    """Send one message as :func:`send_message` does, by a channel that is kept.

    ``request`` is what :func:`.message.build` makes. For what is sent often: it costs a part of
    what botocore does. Raises the same.
    """
    return _send(lambda: channel.send_one(request), request, Tries(purpose))


def _send(
    ask: Callable[[], Mapping[str, Any]], request: Mapping[str, Any], tries: Tries
) -> dict[str, Any]:
    """Ask until the answer proves that SQS has the message as it is."""
    for number in itertools.count(1):
        with failures_noted() as failures:
            try:
                answer = dict(ask())
            except AWSError as error:
                if number > 1 or may_have_arrived([*failures, error]):
                    raise unsure(error) from error
                raise
        fault = fault_of_sent(request, answer)
        if fault is None:
            break
        if number == MAX_UNPROVEN or not tries.another(fault.kind):
            raise unsure(fault)
    return answer


def receive_message(
    queue_url: str,
    max_number_of_messages: int = 1,
    region: str | None = None,
    *,
    wait_time_seconds: int | None = None,
    visibility_timeout: int | None = None,
    message_attribute_names: Sequence[str] = ("All",),
    message_system_attribute_names: Sequence[str] = ("All",),
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Receive up to ``max_number_of_messages`` and return boto's dict.

    ``Messages`` is always there, ``[]`` when none came. ``max_number_of_messages`` is 1 to 10; SQS
    may give fewer than there are. ``wait_time_seconds`` is 0 to 20, by default the queue's own;
    ``visibility_timeout`` is 0 to 43,200 seconds (12 hours), by default the queue's own. Received
    messages stay in the queue, hidden for that time: delete them with :func:`delete_message`.

    A message whose MD5 digests say that it changed on the way is not among ``Messages`` but, with
    its ``MessageId``, a ``Code`` and a ``Message``, in ``Failed``, which is there only then; it
    stays in the queue and comes again. Where all of them are such,
    :exc:`~philo_aws.exceptions.ServiceError` is raised.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for numbers outside these limits, or a
    wait longer than the read timeout of the settings, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    """
    check_number(
        "max_number_of_messages",
        max_number_of_messages,
        1,
        MAX_BATCH_ENTRIES,
        gettext_noop("messages"),
    )
    check_visibility(visibility_timeout)
    of_users = list_of_strings("message_attribute_names", message_attribute_names)
    of_system = list_of_strings("message_system_attribute_names", message_system_attribute_names)
    wait = wait_for(wait_time_seconds, purpose)
    received = Channel(queue_url, region, purpose).receive(
        max_number_of_messages,
        wait=wait,
        visibility=visibility_timeout,
        attribute_names=of_users,
        system_attribute_names=of_system,
    )
    if received.fault and not received.messages:
        raise all_damaged(received.fault)
    return {
        "Messages": received.messages,
        **({"Failed": received.damaged} if received.damaged else {}),
        "ResponseMetadata": dict(received.metadata),
    }


def delete_message(
    queue_url: str, receipt_handle: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> dict[str, Any]:
    """Delete the message that was received with ``receipt_handle``; return boto's dict.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for what is no receipt handle, and any
    other :exc:`~philo_aws.exceptions.AWSError`. A message that is deleted already is no error.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
    """
    some_text("receipt_handle", receipt_handle)
    with queue_client(queue_url, region, purpose) as client:
        return dict(client.delete_message(QueueUrl=queue_url, ReceiptHandle=receipt_handle))


def change_message_visibility(
    queue_url: str,
    receipt_handle: str,
    region: str | None = None,
    *,
    visibility_timeout: int,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Hide a received message for ``visibility_timeout`` seconds from now; return boto's dict.

    0 gives it back at once; 43,200 (12 hours) is the most, counted from when it was received.
    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for a number outside these limits, a
    handle of no message, or a message that is not in flight, and any other
    :exc:`~philo_aws.exceptions.AWSError`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
    """
    some_text("receipt_handle", receipt_handle)
    check_number(
        "visibility_timeout", visibility_timeout, 0, MAX_VISIBILITY_TIMEOUT, gettext_noop("seconds")
    )
    with queue_client(queue_url, region, purpose) as client:
        return dict(
            client.change_message_visibility(
                QueueUrl=queue_url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=visibility_timeout,
            )
        )
