"""One request of a batch, until each of its entries has an outcome or has to be sent otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_noop

from ..conf import Purpose
from ..exceptions import RETRIED, AWSError, Kind, ServiceError
from ..patience import failures_noted
from ..sentences import Sentence
from .channel import Channel
from .entries import BatchEntry, Request
from .outcome import EntryOutcome, failed, held_back, kind_of_failure
from .proof import fault_of_sent
from .refusals import is_about_entries, limit_told
from .tries import MAX_UNPROVEN, UNSURE, Tries, may_have_arrived

OVERTAKEN = "It is not sent again, to keep the order: entries behind it in its group have arrived."


@dataclass(kw_only=True)
class Delivered:
    """What became of a request."""

    outcomes: list[EntryOutcome] = field(default_factory=list)
    """Those of its entries that have one."""
    put_back: Request = field(default_factory=list)
    """Those that are to be sent in other requests."""
    closed: set[str] = field(default_factory=set)
    """The groups of a FIFO queue of which nothing more is to be sent."""
    limit: int | None = None
    """The bytes that a request may have, where that was told."""
    some_failed: bool = False
    """Whether an entry failed that others shared the request with."""
    stop: AWSError | None = None
    """Why it was refused, where the requests after it would be too."""
    stopped: Request = field(default_factory=list)
    """The entries that it was refused with."""
    unsent: Request = field(default_factory=list)
    """Those that were not sent because of that."""


class Deliverer:
    """Sends the requests of one call, several at a time; an entry is in one of them at a time."""

    def __init__(self, channel: Channel, *, fifo: bool, purpose: Purpose) -> None:
        self._channel = channel
        self._fifo = fifo
        self._purpose = purpose
        # Positions of entries on their way: how often answers proved nothing, what may be there.
        self._unproven: dict[int, int] = {}
        self._unsure: set[int] = set()

    def deliver(self, request: Request, failures: list[AWSError]) -> Delivered:
        """Send a request; what is tried again is added to ``failures``."""
        done = Delivered()
        self._deliver(request, done, failures)
        return done

    def is_unsure(self, entry: BatchEntry) -> bool:
        """Say whether an entry that has no outcome may have arrived all the same."""
        return entry.position in self._unsure

    def failed(
        self,
        entry: BatchEntry,
        record: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
    ) -> EntryOutcome:
        """Return the outcome of an entry that failed; it says so where it may have arrived."""
        self._unproven.pop(entry.position, None)
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

    def _deliver(self, entries: Request, done: Delivered, failures: list[AWSError]) -> None:
        tries = Tries(self._purpose)
        while entries:
            answer = self._request(entries, failures)
            if isinstance(answer, AWSError):
                self._refused(entries, answer, done, failures)
                return
            again = self._settle(entries, answer, done)
            if not again:
                return
            kind = again[0][2]
            failures.append(AWSError(Sentence(gettext_noop("Some entries failed.")), kind=kind))
            if not tries.another(kind):
                for entry, outcome, _ in again:
                    self._fail(entry, outcome, done)
                return
            entries = [entry for entry, *_ in again]

    def _request(self, entries: Request, failures: list[AWSError]) -> Mapping[str, Any] | AWSError:
        # The ids on the wire are ours, so that the caller's may be any strings.
        wire: list[Any] = [
            {"Id": str(number), **entry.message} for number, entry in enumerate(entries)
        ]
        answer: Mapping[str, Any] | AWSError
        with failures_noted() as noted:
            try:
                answer = self._channel.send(wire)
            except AWSError as error:
                answer = error
                noted.append(error)
        if noted:
            failures += noted
            if may_have_arrived(noted):
                self._unsure.update(entry.position for entry in entries)
        return answer

    def _settle(
        self, entries: Request, answer: Mapping[str, Any], done: Delivered
    ) -> list[tuple[BatchEntry, EntryOutcome, Kind]]:
        """Note what the answer settles, and return what is to be sent again by this request."""
        told = list(self._outcomes(entries, answer))
        if all(kind is None for _, _, kind in told):
            for entry, outcome, _ in told:
                self._arrived(entry)
                done.outcomes.append(outcome)
            return []
        done.some_failed = done.some_failed or len(entries) > 1
        last = {entry.group: entry.position for entry, _, kind in told if kind is None}
        waiting: set[str] = set()
        again = []
        for entry, outcome, kind in told:
            if kind is None:
                self._arrived(entry)
                done.outcomes.append(outcome)
            elif self._fifo and entry.group in done.closed:
                done.outcomes.append(held_back(entry))
            elif self._fifo and entry.group in waiting:
                done.put_back.append(entry)
            elif kind not in RETRIED:
                self._fail(entry, outcome, done)
            elif self._fifo and last.get(entry.group, -1) > entry.position:
                # Sent again, it would come behind those that it was before.
                message = f"{outcome.record.get('Message') or 'It failed.'} {OVERTAKEN}"
                record = {**outcome.record, "Message": message}
                self._fail(entry, replace(outcome, record=record), done)
            else:
                again.append((entry, outcome, kind))
                waiting.add(entry.group)
        return again

    def _fail(self, entry: BatchEntry, outcome: EntryOutcome, done: Delivered) -> None:
        done.closed.add(entry.group)
        done.outcomes.append(self.failed(entry, outcome.record, outcome.metadata))

    def _arrived(self, entry: BatchEntry) -> None:
        if self._unproven or self._unsure:
            self._unproven.pop(entry.position, None)
            self._unsure.discard(entry.position)

    def _outcomes(
        self, entries: Request, answer: Mapping[str, Any]
    ) -> Iterator[tuple[BatchEntry, EntryOutcome, Kind | None]]:
        """Yield what the answer says of each entry; the kind is that of its failure."""
        good = {record.get("Id"): record for record in answer.get("Successful") or ()}
        bad = {record.get("Id"): record for record in answer.get("Failed") or ()}
        metadata = answer.get("ResponseMetadata", {})
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
                metadata=metadata,
            )
            yield entry, outcome, kind

    def _unproved(self, entry: BatchEntry, fault: ServiceError) -> tuple[Kind, Mapping[str, Any]]:
        times = self._unproven[entry.position] = self._unproven.get(entry.position, 0) + 1
        self._unsure.add(entry.position)
        kind = fault.kind if times < MAX_UNPROVEN else Kind.PERMANENT
        return kind, failed(fault.code, str(fault))

    def _refused(
        self, entries: Request, error: AWSError, done: Delivered, failures: list[AWSError]
    ) -> None:
        """Find out which entry a refusal of the whole request is about, if it is about entries."""
        if not is_about_entries(error):
            done.stop = error
            done.stopped += entries
            return
        if len(entries) == 1:
            done.closed.add(entries[0].group)
            record = failed(error.code, str(error), by_sender=True)
            done.outcomes.append(self.failed(entries[0], record))
            return
        total = sum(entry.size for entry in entries)
        limit = limit_told(error, total)
        done.limit = min(done.limit or limit, limit)
        if total > limit:
            done.put_back += entries
            return
        first, second = entries[: len(entries) // 2], entries[len(entries) // 2 :]
        self._deliver(first, done, failures)
        if done.stop:
            done.unsent += second
        else:
            self._deliver(self._still_to_send(second, done), done, failures)

    def _still_to_send(self, entries: Request, done: Delivered) -> Request:
        """Return those of ``entries`` whose groups go on after what was sent before them."""
        if not self._fifo:
            return entries
        waiting = {entry.group for entry in done.put_back}
        chosen = []
        for entry in entries:
            if entry.group in done.closed:
                done.outcomes.append(held_back(entry))
            elif entry.group in waiting:
                done.put_back.append(entry)
            else:
                chosen.append(entry)
        return chosen
