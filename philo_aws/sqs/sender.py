"""Sends the requests of a batch until every entry has its outcome."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..aws_errors import translated
from ..conf import Purpose
from ..exceptions import RETRIED, AWSError, Kind, ServiceError
from ..patience import failures_noted
from .entries import BatchEntry, Requests
from .outcome import EntryOutcome, failed, held_back, kind_of_failure
from .proof import fault_of_sent
from .refusals import ALWAYS_ALLOWED_BYTES, is_about_entries, limit_told
from .tries import MAX_UNPROVEN, UNSURE, Tries, may_have_arrived, unsure

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REMEMBERED_MESSAGES = 10_000
"""The latest messages of a FIFO queue among which a duplicate is recognised."""


class _StoppedError(Exception):
    """A request was refused for a reason that the requests after it share."""

    def __init__(self, error: AWSError, entries: list[BatchEntry]) -> None:
        super().__init__(str(error))
        self.error = error
        self.entries = entries
        self.unsent: list[BatchEntry] = []


class Sender:
    """Sends the entries of one call."""

    def __init__(
        self,
        client: SQSClient,
        queue_url: str,
        requests: Requests,
        *,
        fifo: bool,
        purpose: Purpose,
    ) -> None:
        self._client = client
        self._queue_url = queue_url
        self._requests = requests
        self._fifo = fifo
        self._purpose = purpose
        self._closed_groups: set[str] = set()
        self._asked = False
        self._accepted = False
        # Positions of entries on their way: how often answers proved nothing, what may be there.
        self._unproven: dict[int, int] = {}
        self._unsure: set[int] = set()
        self._messages: OrderedDict[str, str] = OrderedDict()

    def send(self) -> Iterator[EntryOutcome]:
        """Yield the outcome of each entry, as soon as it is known."""
        while request := self._requests.next():
            if self._is_over_limit(request):
                self._requests.put_back(request)
                continue
            try:
                yield from self._send_good(request)
            except _StoppedError as stop:
                yield from self._stopped(stop)

    def _is_over_limit(self, request: list[BatchEntry]) -> bool:
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

    def _send_good(self, request: list[BatchEntry]) -> Iterator[EntryOutcome]:
        good = []
        for entry in request:
            if entry.fault:
                record = failed(entry.fault.code, str(entry.fault), by_sender=True)
                yield self._failed(entry, record)
            elif entry.group in self._closed_groups:
                yield held_back(entry)
            else:
                good.append(entry)
        yield from self._deliver(good)

    def _deliver(self, entries: list[BatchEntry]) -> Iterator[EntryOutcome]:
        tries = Tries(self._purpose)
        while entries:
            answer = self._request(entries)
            if isinstance(answer, AWSError):
                yield from self._refused(entries, answer)
                return
            again = []
            for entry, outcome, kind in self._outcomes(entries, answer):
                if kind in RETRIED:
                    again.append((entry, outcome, kind))
                else:
                    yield self._settled(entry, outcome)
            if again and not tries.another(again[0][2]):
                for entry, outcome, _ in again:
                    yield self._settled(entry, outcome)
                return
            entries = [entry for entry, *_ in again]

    def _request(self, entries: list[BatchEntry]) -> Mapping[str, Any] | AWSError:
        # The ids on the wire are ours, so that the caller's may be any strings.
        wire: list[Any] = [
            {**entry.message, "Id": str(number)} for number, entry in enumerate(entries)
        ]
        answer: Mapping[str, Any] | AWSError
        with failures_noted() as failures:
            try:
                with translated(queue=self._queue_url):
                    answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=wire)
            except AWSError as error:
                answer = error
                failures.append(error)
        if may_have_arrived(failures):
            self._unsure.update(entry.position for entry in entries)
        return answer

    def _outcomes(
        self, entries: list[BatchEntry], answer: Mapping[str, Any]
    ) -> Iterator[tuple[BatchEntry, EntryOutcome, Kind | None]]:
        """Yield what the answer says of each entry; the kind is that of its failure."""
        good = {record.get("Id"): record for record in answer.get("Successful") or ()}
        bad = {record.get("Id"): record for record in answer.get("Failed") or ()}
        for number, entry in enumerate(entries):
            record: Mapping[str, Any] = bad.get(str(number)) or {}
            kind: Kind | None = None
            if record:
                kind = kind_of_failure(record)
            else:
                record = good.get(str(number)) or {}
                fault = fault_of_sent(entry.message, record)
                if fault:
                    kind, record = self._unproved(entry, fault)
            outcome = EntryOutcome(
                position=entry.position,
                successful=kind is None,
                record={**record, "Id": entry.id},
                metadata=answer.get("ResponseMetadata", {}),
            )
            yield entry, outcome, kind

    def _unproved(self, entry: BatchEntry, fault: ServiceError) -> tuple[Kind, Mapping[str, Any]]:
        times = self._unproven[entry.position] = self._unproven.get(entry.position, 0) + 1
        self._unsure.add(entry.position)
        kind = fault.kind if times < MAX_UNPROVEN else Kind.PERMANENT
        return kind, failed(fault.code, str(fault))

    def _settled(self, entry: BatchEntry, outcome: EntryOutcome) -> EntryOutcome:
        self._unproven.pop(entry.position, None)
        if not outcome.successful:
            return self._failed(entry, outcome.record, outcome.metadata)
        self._accepted = True
        self._unsure.discard(entry.position)
        first = self._first_of(outcome) if self._fifo else None
        if first is not None:
            return replace(outcome, record={**outcome.record, "DuplicateOf": first})
        return outcome

    def _first_of(self, outcome: EntryOutcome) -> str | None:
        """Return the ``Id`` of the entry that SQS took this one for, and remember this one."""
        message = outcome.record["MessageId"]
        first = self._messages.get(message)
        self._messages.setdefault(message, outcome.record["Id"])
        self._messages.move_to_end(message)
        if len(self._messages) > REMEMBERED_MESSAGES:
            self._messages.popitem(last=False)
        return first

    def _refused(self, entries: list[BatchEntry], error: AWSError) -> Iterator[EntryOutcome]:
        """Find out which entry a refusal of the whole request is about, if it is about entries."""
        if not is_about_entries(error):
            raise _StoppedError(error, entries)
        if len(entries) == 1:
            yield self._failed(entries[0], failed(error.code, str(error), by_sender=True))
            return
        total = sum(entry.size for entry in entries)
        limit = limit_told(error, total)
        self._requests.max_bytes = min(self._requests.max_bytes, limit)
        if total > limit:
            self._requests.put_back(entries)
            return
        first, second = entries[: len(entries) // 2], entries[len(entries) // 2 :]
        try:
            yield from self._deliver(first)
        except _StoppedError as stop:
            stop.unsent += second
            raise
        yield from self._deliver(second)

    def _stopped(self, stop: _StoppedError) -> Iterator[EntryOutcome]:
        error = stop.error
        if not self._accepted:
            arrived = any(entry.position in self._unsure for entry in stop.entries)
            raise unsure(error, "Messages of this request") if arrived else error
        code = error.code or type(error).__name__
        for entry in stop.entries:
            yield self._failed(entry, failed(code, str(error)))
        for entry in itertools.chain(stop.unsent, self._requests.rest()):
            yield self._failed(entry, failed(code, f"Not sent. {error}"))

    def _failed(
        self,
        entry: BatchEntry,
        record: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
    ) -> EntryOutcome:
        if self._fifo:
            self._closed_groups.add(entry.group)
        message = str(record.get("Message") or "SQS does not say why.")
        if entry.position in self._unsure:
            self._unsure.discard(entry.position)
            message = f"{message} The message {UNSURE}"
        return EntryOutcome(
            position=entry.position,
            successful=False,
            record={**record, "Id": entry.id, "Message": message},
            metadata=metadata or {},
        )
