"""Any number of messages in one call, each accounted for."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from ..conf import Purpose
from ..exceptions import IncompleteError, InvalidRequestError, UsageError
from ..sentences import Sentence
from .channel import Channel
from .delivery import Deliverer
from .entries import BatchEntry, Reader, Requests
from .outcome import EntryOutcome
from .sender import Sender
from .urls import parse_queue_url


def send_message_batch(
    queue_url: str,
    entries: Iterable[Mapping[str, Any] | str],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Send any number of messages; return boto's dict, every entry in ``Successful`` or ``Failed``.

    ``entries`` are dicts of boto's form (``MessageBody``, and where wanted ``Id``,
    ``DelaySeconds``, ``MessageAttributes`` and so on) or plain strings, which are bodies. An ``Id``
    is any string that no other entry has; where there is none it is the entry's position, from 0.
    Both lists are in the order of the entries and always there; ``ResponseMetadata`` is the last
    request's, empty where there was none.

    Requests have 10 entries and 1 MiB at most; a queue that takes less is asked for its limit once
    that matters. What fails by the fault of SQS is sent again, after waits that grow and vary, as
    long as :mod:`philo_aws.patience` says. An entry that SQS could never take is in ``Failed``
    without having been sent, and so is one whose answer does not prove, by its ``MessageId`` and
    its MD5 digests, that SQS has it: that one was sent twice. On a FIFO queue a message is sent
    once the one before it in its group has arrived; when one fails for good, the rest of its group
    is not sent and is in ``Failed`` with the code ``PrecedingEntryFailed``. There an entry that SQS
    dropped as a duplicate of one before it has that one's ``Id`` as ``DuplicateOf``.

    Raises, before anything is sent, :exc:`~philo_aws.exceptions.UsageError` for what is no list,
    and :exc:`~philo_aws.exceptions.InvalidRequestError` for entries that are no messages or share
    an ``Id``; any :exc:`~philo_aws.exceptions.AWSError` that stops the first request, while nothing
    has arrived. When one stops a later request, the entries not sent are in ``Failed`` with its
    code. Where an entry may have arrived all the same, as after a network error, its message says
    so.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    """
    return collected(send_entries(queue_url, entries, region, purpose=purpose))


def collected(outcomes: Iterable[EntryOutcome]) -> dict[str, Any]:
    """Return boto's dict for ``outcomes`` that are yet to come.

    Raises :exc:`~philo_aws.exceptions.IncompleteError`, with that dict as its ``result``, where
    what comes behind some of them is no entry; where it is the first, what is wrong with it.
    """
    known: list[EntryOutcome] = []
    try:
        known.extend(outcomes)
    except InvalidRequestError as error:
        if not known:
            raise
        raise IncompleteError(
            Sentence(
                gettext_noop("{error} The result tells what became of the {count:,} before it."),
                error=error.message,
                count=len(known),
            ),
            result=merged(known),
            code=error.code,
        ) from error
    return merged(known)


def merged(outcomes: Iterable[EntryOutcome]) -> dict[str, Any]:
    """Return boto's dict for all ``outcomes``, which are in the order of the entries."""
    metadata: Mapping[str, Any] = {}
    answer: dict[str, Any] = {"Successful": [], "Failed": []}
    for outcome in outcomes:
        metadata = outcome.metadata or metadata
        answer["Successful" if outcome.successful else "Failed"].append(outcome.record)
    return {**answer, "ResponseMetadata": dict(metadata)}


def send_entries(
    queue_url: str,
    entries: Iterable[object],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> Generator[EntryOutcome, None, None]:
    """Send as :func:`send_message_batch` does, yielding each outcome as soon as it is known.

    A list is checked as a whole before anything is sent. Any other iterable is read as far as it is
    sent; an entry of it that is no message raises after those before it have been sent.
    """
    fifo = parse_queue_url(queue_url).is_fifo
    if isinstance(entries, str | bytes | Mapping) or not isinstance(entries, Iterable):
        raise UsageError(
            Sentence(
                gettext_noop("The entries are one {kind}, not a list of dicts or strings."),
                kind=type(entries).__name__,
            )
        )
    channel = Channel(queue_url, region, purpose)
    reader = Reader(channel.entry_shape, fifo=fifo, reserved=_ids(entries))
    read: Iterable[BatchEntry] = (reader.read(*pair) for pair in enumerate(entries))
    if isinstance(entries, Sequence):
        read = list(read)
    requests = Requests(iter(read), fifo=fifo)
    deliverer = Deliverer(channel, fifo=fifo, purpose=purpose)
    yield from Sender(channel, deliverer, requests, fifo=fifo).send()
    if requests.error:
        raise requests.error


def _ids(entries: Iterable[object]) -> Iterator[str]:
    """Yield the ids given; of entries that come one by one they cannot be known beforehand."""
    for entry in entries if isinstance(entries, Sequence) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("Id"), str):
            yield entry["Id"]
