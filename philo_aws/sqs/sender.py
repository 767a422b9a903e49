"""Sends the requests of a batch until every entry has its outcome."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..exceptions import (
    AWSError,
    InvalidRequestError,
    NetworkError,
    RegionError,
    ServiceError,
    translated,
)
from .entries import Entry, Requests

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Seconds: the first wait is at most twice the base, each further one twice as long, up to the cap.
BACKOFF_BASE = 0.1
BACKOFF_CAP = 5.0

# The limit of a request, and the default of a queue, before SQS raised both to 1 MiB: a request of
# less is never too long.
ALWAYS_ALLOWED_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one entry."""

    position: int
    """Its place among all entries, from 0."""
    successful: bool
    """Whether SQS has it."""
    record: Mapping[str, Any]
    """Boto's dict of it, from ``Successful`` or ``Failed``, under the caller's ``Id``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Boto's ``ResponseMetadata`` of the request it was in; empty where it was in none."""


def backoff(attempt: int) -> float:
    """Return the seconds to wait after the ``attempt``-th failure, the first being 1.

    Chance decides between nothing and a limit that doubles, so that many senders that failed
    together do not come back together.
    """
    return random.uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2**attempt))  # noqa: S311


class _StoppedError(Exception):
    """A request was refused for a reason that the requests after it share."""

    def __init__(self, error: AWSError, entries: list[Entry]) -> None:
        super().__init__(str(error))
        self.error = error
        self.entries = entries
        self.unsent: list[Entry] = []


class Sender:
    """Sends the entries of one call."""

    def __init__(
        self,
        client: SQSClient,
        queue_url: str,
        requests: Requests,
        *,
        fifo: bool,
        attempts: int,
    ) -> None:
        self._client = client
        self._queue_url = queue_url
        self._requests = requests
        self._fifo = fifo
        self._attempts = attempts
        self._closed_groups: set[str] = set()
        self._asked = False
        self._accepted = False

    def send(self) -> Iterator[Outcome]:
        """Yield the outcome of each entry, as soon as it is known."""
        while request := self._requests.next():
            if self._is_over_limit(request):
                self._requests.put_back(request)
                continue
            try:
                yield from self._send_good(request)
            except _StoppedError as stop:
                yield from self._stopped(stop)

    def _is_over_limit(self, request: list[Entry]) -> bool:
        total = sum(entry.size for entry in request)
        if self._asked or len(request) == 1 or total <= ALWAYS_ALLOWED_BYTES:
            return False
        self._asked = True
        limit = min(self._requests.max_bytes, self._ask_limit(self._requests.max_bytes))
        self._requests.max_bytes = limit
        return total > limit

    def _ask_limit(self, default: int) -> int:
        try:
            with translated(queue=self._queue_url):
                answer = self._client.get_queue_attributes(
                    QueueUrl=self._queue_url, AttributeNames=["MaximumMessageSize"]
                )
            return int(answer["Attributes"]["MaximumMessageSize"])
        except (AWSError, KeyError, ValueError):
            # Who may send need not be allowed to ask; a request that is too long is halved.
            return default

    def _send_good(self, request: list[Entry]) -> Iterator[Outcome]:
        good = []
        for entry in request:
            if entry.fault:
                yield self._failed(entry, entry.fault.code, str(entry.fault), by_sender=True)
            elif self._fifo and entry.group in self._closed_groups:
                yield _held_back(entry)
            else:
                good.append(entry)
        yield from self._deliver(good)

    def _deliver(self, entries: list[Entry]) -> Iterator[Outcome]:
        for attempt in range(1, self._attempts + 1):
            if not entries:
                return
            # The ids on the wire are ours, so that the caller's may be any strings.
            wire: list[Any] = [
                {**entry.message, "Id": str(number)} for number, entry in enumerate(entries)
            ]
            try:
                with translated(queue=self._queue_url):
                    answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=wire)
            except AWSError as error:
                if _is_untried_throttling(error) and attempt < self._attempts:
                    time.sleep(backoff(attempt))
                    continue
                yield from self._refused(entries, error)
                return
            again = []
            for entry, outcome in self._outcomes(entries, answer):
                if outcome.successful or attempt == self._attempts or _is_senders(outcome):
                    yield self._settled(entry, outcome)
                else:
                    again.append(entry)
            entries = again
            if entries:
                time.sleep(backoff(attempt))

    def _outcomes(
        self, entries: list[Entry], answer: Mapping[str, Any]
    ) -> Iterator[tuple[Entry, Outcome]]:
        records = {
            record["Id"]: (successful, record)
            for successful, key in ((True, "Successful"), (False, "Failed"))
            for record in answer.get(key, [])
        }
        missing = {
            "SenderFault": False,
            "Code": "NotInAnswer",
            "Message": "The answer does not say what became of this entry.",
        }
        for number, entry in enumerate(entries):
            successful, record = records.get(str(number), (False, missing))
            yield (
                entry,
                Outcome(
                    position=entry.position,
                    successful=successful,
                    record={**record, "Id": entry.id},
                    metadata=answer.get("ResponseMetadata", {}),
                ),
            )

    def _settled(self, entry: Entry, outcome: Outcome) -> Outcome:
        if outcome.successful:
            self._accepted = True
        else:
            self._closed_groups.add(entry.group)
        return outcome

    def _refused(self, entries: list[Entry], error: AWSError) -> Iterator[Outcome]:
        """Find out which entry a refusal of the whole request is about, if it is about entries."""
        if not _is_about_entries(error):
            raise _StoppedError(error, entries)
        if len(entries) == 1:
            yield self._failed(entries[0], error.code, str(error), by_sender=True)
            return
        first, second = entries[: len(entries) // 2], entries[len(entries) // 2 :]
        try:
            yield from self._deliver(first)
        except _StoppedError as stop:
            stop.unsent += second
            raise
        yield from self._deliver(second)

    def _stopped(self, stop: _StoppedError) -> Iterator[Outcome]:
        error, unsure = stop.error, ""
        if isinstance(error, NetworkError | ServiceError):
            unsure = " The messages of this request may have arrived all the same."
        if not self._accepted and not unsure:
            raise error
        if not self._accepted:
            raise type(error)(
                f"{error}{unsure}", code=error.code, request_id=error.request_id
            ) from error
        code = error.code or type(error).__name__
        for entry in stop.entries:
            yield self._failed(entry, code, f"{error}{unsure}", by_sender=False)
        for entry in itertools.chain(stop.unsent, self._requests.rest()):
            yield self._failed(entry, code, f"Not sent. {error}", by_sender=False)

    def _failed(self, entry: Entry, code: str, message: str, *, by_sender: bool) -> Outcome:
        self._closed_groups.add(entry.group)
        return _failure(entry, code, message, by_sender=by_sender)


def _failure(entry: Entry, code: str, message: str, *, by_sender: bool) -> Outcome:
    return Outcome(
        position=entry.position,
        successful=False,
        record={"Id": entry.id, "SenderFault": by_sender, "Code": code, "Message": message},
    )


def _held_back(entry: Entry) -> Outcome:
    return _failure(
        entry,
        "PrecedingEntryFailed",
        f"Not sent, to keep the order: an entry before it in group {entry.group!r} failed.",
        by_sender=False,
    )


def _is_senders(outcome: Outcome) -> bool:
    # SQS may call it the sender's fault to have been too fast.
    return bool(outcome.record["SenderFault"]) and "Throttl" not in str(outcome.record["Code"])


def _is_untried_throttling(error: AWSError) -> bool:
    # Boto tries again what SQS throttles, but not what the key service behind the queue throttles.
    return error.code.startswith(("KMS.", "Kms")) and "Throttl" in error.code


def _is_about_entries(error: AWSError) -> bool:
    return (
        isinstance(error, InvalidRequestError)
        and not isinstance(error, RegionError)
        and not error.code.startswith(("KMS.", "Kms"))
    )
