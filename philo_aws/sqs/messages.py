"""Single messages: send, receive, delete, hold."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings, some_text
from ..aws_errors import translated
from ..conf import Purpose, get_config
from ..exceptions import AWSError, ServiceError, UsageError
from ..limits import MAX_VISIBILITY_TIMEOUT, MAX_WAIT_TIME
from ..patience import failures_noted
from ..sentences import Sentence
from .access import queue_client
from .limits import MAX_BATCH_ENTRIES, check_number
from .message import build
from .proof import fault_of_received, fault_of_sent
from .tries import MAX_UNPROVEN, Tries, may_have_arrived, unsure
from .urls import parse_queue_url

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)


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
        return _send(client, queue_url, request, Tries(purpose))


def _send(
    client: SQSClient, queue_url: str, request: dict[str, Any], tries: Tries
) -> dict[str, Any]:
    """Send until the answer proves that SQS has the message as it is."""
    for number in itertools.count(1):
        with failures_noted() as failures:
            try:
                with translated(queue=queue_url):
                    answer = dict(client.send_message(QueueUrl=queue_url, **request))
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
    if visibility_timeout is not None:
        check_number(
            "visibility_timeout",
            visibility_timeout,
            0,
            MAX_VISIBILITY_TIMEOUT,
            gettext_noop("seconds"),
        )
    request: dict[str, Any] = {
        "MaxNumberOfMessages": max_number_of_messages,
        "MessageAttributeNames": list_of_strings(
            "message_attribute_names", message_attribute_names
        ),
        "MessageSystemAttributeNames": list_of_strings(
            "message_system_attribute_names", message_system_attribute_names
        ),
        "WaitTimeSeconds": _wait(wait_time_seconds, purpose),
        "VisibilityTimeout": visibility_timeout,
    }
    given = {key: value for key, value in request.items() if value is not None}
    with queue_client(queue_url, region, purpose) as client:
        answer: dict[str, Any] = dict(client.receive_message(QueueUrl=queue_url, **given))
    everything = not {"All", ".*"}.isdisjoint(given["MessageAttributeNames"])
    good, damaged = _parted(answer.pop("Messages", []), all_attributes=everything)
    return {"Messages": good, **({"Failed": damaged} if damaged else {}), **answer}


def _parted(
    messages: Iterable[Any], *, all_attributes: bool
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Part the messages that are as SQS has them from those that changed on the way."""
    good, damaged = [], []
    fault = None
    for message in messages:
        fault = fault_of_received(message, all_attributes=all_attributes)
        if fault is None:
            good.append(message)
            continue
        logger.warning("A received message is not given out: %s", fault)
        damaged.append(
            {"MessageId": message.get("MessageId"), "Code": fault.code, "Message": str(fault)}
        )
    if fault and not good:
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "{fault} It stays in the queue, and comes again after its visibility timeout."
                ),
                fault=fault.message,
            ),
            code=fault.code,
            kind=fault.kind,
        )
    return good, damaged


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


def _wait(seconds: int | None, purpose: Purpose) -> int | None:
    """Return the seconds to wait; ``None`` for the queue's own, where the client can bear them."""
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
